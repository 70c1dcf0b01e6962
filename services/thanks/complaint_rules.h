#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"

// Complaints: that something is wrong, and that it was mended. The numbers of the enum are stored
// and are those of the contract.
namespace gratis::thanks {

struct ComplaintTag {
  static constexpr std::string_view kPrefix = "cmp";
};
using ComplaintId = base::Id<ComplaintTag>;

enum class ComplaintOutcome : int16_t {
  kNone = 0,  // it is open
  kMended = 1,
  kApologized = 2,
  kDeclined = 3,
  kWithdrawn = 4,
};
// "mended".
std::string_view NameOf(ComplaintOutcome outcome);

// What was said is not kept: no words about people in the books.
struct Complaint {
  ComplaintId id;
  MemberId member;
  std::string topic;      // in the shop's own codes
  PurchaseId purchase;    // it is about; nil for none
  std::string reference;  // its number in the shop's own system
  absl::Time opened_at;
  std::optional<absl::Time> resolved_at;
  ComplaintOutcome outcome = ComplaintOutcome::kNone;

  bool open() const { return !resolved_at; }
  friend bool operator==(const Complaint&, const Complaint&) = default;
};

// How far back a complaint may be noted.
inline constexpr absl::Duration kComplaintPast = absl::Hours(24 * 30);

// What is told when one is opened. Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG.
absl::Status CheckComplaint(const Complaint& complaint);
// How one may end. Errors: FIELD_MISSING.
absl::Status CheckOutcome(ComplaintOutcome outcome);

// The details of the facts.
std::string OpenedFigures(const Complaint& complaint);
std::string ResolvedFigures(const Complaint& complaint);

}  // namespace gratis::thanks
