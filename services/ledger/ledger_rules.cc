#include "services/ledger/ledger_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
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
constexpr size_t kMaxStoreLength = 40;
constexpr int32_t kMaxCallsPerSecond = 100'000;
constexpr int32_t kMaxBurstSeconds = 600;
constexpr absl::Duration kMaxOverlap = absl::Hours(24 * 30);
constexpr size_t kMinCodeLength = 2;
constexpr size_t kMaxCodeLength = 40;
constexpr int32_t kDefaultPartitions = 8;
constexpr size_t kMaxUnitCodeLength = 32;
constexpr int32_t kMaxExpiryMonths = 120;
constexpr int32_t kMaxHoldHours = 366 * 24;
constexpr int32_t kMaxGraceDays = 366;

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

bool IsStoreName(std::string_view store) {
  return store.size() <= kMaxStoreLength &&
         std::all_of(store.begin(), store.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
         });
}

absl::Status CheckUnitCode(std::string_view code) {
  if (code.empty()) return FieldError(Reason::kFieldMissing, "unit.code", "a unit needs a code");
  const bool good = code.size() >= kMinCodeLength && code.size() <= kMaxUnitCodeLength &&
                    absl::ascii_islower(static_cast<unsigned char>(code.front())) &&
                    std::all_of(code.begin(), code.end(), [](unsigned char c) {
                      return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
                    });
  if (good) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "unit.code",
                    "a unit's code is 2 to 32 of a-z, 0-9 and _, and starts with a letter");
}

absl::Status CheckRange(std::string_view field, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, field, absl::StrCat(least, " to ", most));
}

// A day of the calendar that comes at least in leap years.
absl::Status CheckCalendarDay(int32_t month, int32_t day) {
  constexpr int kLeapYear = 2000;
  RETURN_IF_ERROR(CheckRange("unit.expiry.calendar.month", month, 1, 12));
  const absl::CivilMonth in(kLeapYear, month);
  return CheckRange("unit.expiry.calendar.day", day, 1,
                    absl::CivilDay(in + 1) - absl::CivilDay(in));
}

absl::Status CheckExpiry(const ledger::Unit& unit) {
  switch (unit.expiry) {
    case ledger::ExpiryKind::kNever:
      return absl::OkStatus();
    case ledger::ExpiryKind::kRollingMonths:
      return CheckRange("unit.expiry.rolling_months", unit.expiry_months, 1, kMaxExpiryMonths);
    case ledger::ExpiryKind::kInactivity:
      return CheckRange("unit.expiry.inactivity_months", unit.expiry_months, 1, kMaxExpiryMonths);
    case ledger::ExpiryKind::kCalendarDay:
      RETURN_IF_ERROR(CheckCalendarDay(unit.expiry_month, unit.expiry_day));
      return CheckRange("unit.expiry.calendar.after_months", unit.expiry_months, 0,
                        kMaxExpiryMonths);
  }
  return FieldError(Reason::kFieldInvalid, "unit.expiry", "there is no such rule");
}

bool MayHaveAllPrograms(house::Role role) {
  return role == house::Role::kAdmin || role == house::Role::kAuditor;
}

}  // namespace

absl::Status CheckLength(std::string_view field, std::string_view text, size_t max) {
  if (base::CodePoints(text) <= max) return absl::OkStatus();
  return FieldError(Reason::kFieldTooLong, field, absl::StrCat("at most ", max, " characters"));
}

absl::Duration StatablePast(house::Role role) {
  const bool brings_history = role == house::Role::kAdmin || role == house::Role::kImport;
  return brings_history ? absl::InfiniteDuration() : ledger::kClockTolerance;
}

absl::StatusOr<absl::Time> EffectiveTime(std::optional<absl::Time> stated, absl::Duration past,
                                         absl::Time now) {
  const absl::Time effective_at = stated.value_or(now);
  RETURN_IF_ERROR(InField(ledger::CheckEffectiveTime(effective_at, now, past), "effective_at"));
  return effective_at;
}

absl::Status CheckSource(std::string_view source) {
  return CheckLength("source", source, kMaxSourceLength);
}

absl::Status CheckReason(std::string_view reason) {
  if (reason.empty()) {
    return FieldError(Reason::kFieldMissing, "reason", "what is done by hand says why");
  }
  return CheckLength("reason", reason, kMaxSourceLength);
}

bool MayChooseClawback(house::Role role) {
  return role == house::Role::kAdmin || role == house::Role::kBackend ||
         role == house::Role::kSupport;
}

absl::Status CheckAdjustment(int64_t points) {
  if (points == 0) {
    return FieldError(Reason::kPointsNotPositive, "points", "an adjustment gives or takes points");
  }
  const bool fits = points >= -ledger::kMaxPoints && points <= ledger::kMaxPoints;
  return fits ? absl::OkStatus() : ledger::CheckPoints(ledger::kMaxPoints + 1);
}

std::string AdjustmentDetail(int64_t points) { return absl::StrCat("{\"points\":", points, "}"); }

std::optional<int64_t> PointsOfAdjustment(std::string_view detail) {
  absl::string_view text = base::Abs(detail);
  int64_t points = 0;
  const bool is_one = absl::ConsumePrefix(&text, "{\"points\":") &&
                      absl::ConsumeSuffix(&text, "}") && absl::SimpleAtoi(text, &points);
  if (!is_one || !CheckAdjustment(points).ok()) return std::nullopt;
  return points;
}

std::string ResolutionDetail(std::string_view requested_by, std::string_view why) {
  std::string detail = absl::StrCat("{\"requested_by\":", base::JsonString(requested_by));
  if (!why.empty()) absl::StrAppend(&detail, ",\"why\":", base::JsonString(why));
  return detail + "}";
}

bool MayRejectOthers(house::Role role) {
  return role == house::Role::kAdmin || role == house::Role::kFinance;
}

absl::StatusOr<ledger::Unit> CompleteUnit(ledger::Unit draft) {
  RETURN_IF_ERROR(CheckUnitCode(draft.code));
  if (draft.display_name.empty()) draft.display_name = draft.code;
  RETURN_IF_ERROR(CheckLength("unit.display_name", draft.display_name, kMaxNameLength));
  RETURN_IF_ERROR(CheckExpiry(draft));
  RETURN_IF_ERROR(
      CheckRange("unit.adjust_limit_points", draft.adjust_limit, 0, ledger::kMaxPoints));
  if (draft.max_hold_hours == 0) draft.max_hold_hours = ledger::Unit().max_hold_hours;
  RETURN_IF_ERROR(CheckRange("unit.max_hold_hours", draft.max_hold_hours, 1, kMaxHoldHours));
  RETURN_IF_ERROR(CheckRange("unit.return_grace_days", draft.return_grace_days, 0, kMaxGraceDays));
  return draft;
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

absl::StatusOr<house::CallLimit> CompleteLimit(house::CallLimit draft) {
  if (draft.calls_per_second < 0 || draft.calls_per_second > kMaxCallsPerSecond) {
    return FieldError(Reason::kFieldInvalid, "rate_limit.calls_per_second",
                      absl::StrCat("a key may call 1 to ", kMaxCallsPerSecond,
                                   " times a second, or without limit (0)"));
  }
  if (draft.burst_calls == 0) draft.burst_calls = 2 * draft.calls_per_second;
  if (draft.burst_calls < draft.calls_per_second ||
      draft.burst_calls > kMaxBurstSeconds * draft.calls_per_second) {
    return FieldError(Reason::kFieldInvalid, "rate_limit.burst_calls",
                      "a burst is at least a second's calls, and at most ten minutes'");
  }
  return draft;
}

absl::StatusOr<absl::Duration> OverlapOf(int32_t seconds) {
  const absl::Duration overlap = absl::Seconds(seconds);
  if (overlap < absl::ZeroDuration() || overlap > kMaxOverlap) {
    return FieldError(Reason::kFieldInvalid, "overlap_seconds",
                      "a replaced secret works for 0 seconds to 30 days");
  }
  return overlap;
}

absl::Status CheckLabel(std::string_view label) {
  return CheckLength("label", label, kMaxNameLength);
}

absl::Status CheckKey(const KeyDraft& draft, std::optional<int32_t> maker_bound_to) {
  if (draft.role < house::Role::kAdmin || draft.role > house::Role::kImport) {
    return FieldError(Reason::kFieldInvalid, "role", "no key can have this role");
  }
  RETURN_IF_ERROR(CheckLabel(draft.label));
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
  if (!draft.store.empty() && !draft.program) {
    return FieldError(Reason::kFieldMissing, "program", "a store is one of a program");
  }
  if (!draft.store.empty() && !IsStoreName(draft.store)) {
    return FieldError(Reason::kFieldInvalid, "store",
                      "a store is named as its orders' source: 1 to 40 of a-z, 0-9, - and _");
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
