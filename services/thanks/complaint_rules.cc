#include "services/thanks/complaint_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/trigger_rules.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxReference = 128;

}  // namespace

std::string_view NameOf(ComplaintOutcome outcome) {
  constexpr std::string_view kNames[] = {"", "mended", "apologized", "declined", "withdrawn"};
  return kNames[static_cast<size_t>(outcome)];
}

absl::Status CheckComplaint(const Complaint& complaint) {
  RETURN_IF_ERROR(CheckCode("topic", complaint.topic));
  if (base::CodePoints(complaint.reference) > kMaxReference) {
    return FieldError(Reason::kFieldTooLong, "reference",
                      absl::StrCat("at most ", kMaxReference, " characters"));
  }
  return absl::OkStatus();
}

absl::Status CheckOutcome(ComplaintOutcome outcome) {
  if (outcome >= ComplaintOutcome::kMended && outcome <= ComplaintOutcome::kWithdrawn) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldMissing, "outcome", "how did it end?");
}

std::string OpenedFigures(const Complaint& complaint) {
  std::string json = absl::StrCat("{\"complaint\":", base::JsonString(complaint.id.ToString()),
                                  ",\"topic\":", base::JsonString(complaint.topic));
  if (!complaint.purchase.IsNil()) {
    absl::StrAppend(&json, ",\"purchase\":", base::JsonString(complaint.purchase.ToString()));
  }
  return json + "}";
}

std::string ResolvedFigures(const Complaint& complaint) {
  return absl::StrCat("{\"complaint\":", base::JsonString(complaint.id.ToString()),
                      ",\"outcome\":", base::JsonString(NameOf(complaint.outcome)), "}");
}

}  // namespace gratis::thanks
