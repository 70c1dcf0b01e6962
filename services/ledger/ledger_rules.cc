#include "services/ledger/ledger_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

constexpr size_t kMaxSourceLength = 128;
constexpr size_t kMaxNameLength = 100;
constexpr size_t kMinCodeLength = 2;
constexpr size_t kMaxCodeLength = 40;
constexpr int32_t kDefaultPartitions = 8;

absl::Status CheckLength(std::string_view field, std::string_view text, size_t max) {
  if (base::CodePoints(text) <= max) return absl::OkStatus();
  return FieldError(Reason::kFieldTooLong, field, absl::StrCat("at most ", max, " characters"));
}

absl::Status CheckCode(std::string_view code) {
  if (code.empty()) return FieldError(Reason::kFieldMissing, "code", "a program needs a code");
  const bool good = code.size() >= kMinCodeLength && code.size() <= kMaxCodeLength &&
                    absl::ascii_islower(static_cast<unsigned char>(code.front())) &&
                    std::all_of(code.begin(), code.end(), [](unsigned char c) {
                      return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
                    });
  if (good) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "code",
                    "a code is 2 to 40 of a-z, 0-9 and -, and starts with a letter");
}

bool MayHaveAllPrograms(house::Role role) {
  return role == house::Role::kAdmin || role == house::Role::kAuditor;
}

}  // namespace

absl::Duration StatablePast(house::Role role) {
  const bool brings_history = role == house::Role::kAdmin || role == house::Role::kImport;
  return brings_history ? absl::InfiniteDuration() : ledger::kClockTolerance;
}

absl::Status CheckSource(std::string_view source) {
  return CheckLength("source", source, kMaxSourceLength);
}

absl::StatusOr<ProgramDraft> CompleteProgram(ProgramDraft draft) {
  RETURN_IF_ERROR(CheckCode(draft.code));
  if (draft.display_name.empty()) draft.display_name = draft.code;
  RETURN_IF_ERROR(CheckLength("display_name", draft.display_name, kMaxNameLength));
  if (draft.currency_code.empty()) draft.currency_code = "USD";
  RETURN_IF_ERROR(InField(base::CurrencyExponent(draft.currency_code).status(), "currency_code"));
  if (draft.time_zone.empty()) draft.time_zone = "UTC";
  RETURN_IF_ERROR(InField(base::LoadZone(draft.time_zone).status(), "time_zone"));
  if (draft.partitions == 0) draft.partitions = kDefaultPartitions;
  if (draft.partitions < 1 || draft.partitions > ledger::kMaxPartitions) {
    return FieldError(Reason::kFieldInvalid, "partition_count",
                      absl::StrCat("a program has 1 to ", ledger::kMaxPartitions, " partitions"));
  }
  return draft;
}

absl::Status CheckKey(const KeyDraft& draft, std::optional<int32_t> maker_bound_to) {
  if (draft.role < house::Role::kAdmin || draft.role > house::Role::kImport) {
    return FieldError(Reason::kFieldInvalid, "role", "no key can have this role");
  }
  RETURN_IF_ERROR(CheckLength("label", draft.label, kMaxNameLength));
  if (maker_bound_to && draft.program != maker_bound_to) {
    return FieldError(Reason::kProgramNotFound, "program",
                      "a key that is bound to a program makes keys of that program only");
  }
  if (!draft.program && !MayHaveAllPrograms(draft.role)) {
    return FieldError(Reason::kFieldMissing, "program",
                      "only keys of the roles admin and auditor are for all programs");
  }
  if (draft.program == ledger::kHouseProgram) {
    return FieldError(Reason::kProgramNotFound, "program", "the house is not a program of members");
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
