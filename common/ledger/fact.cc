#include "common/ledger/fact.h"

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

const absl::Time kEarliest = absl::FromUnixSeconds(-2'208'988'800);  // 1900-01-01

}  // namespace

std::vector<int16_t> NumbersOf(absl::Span<const FactKind> kinds) {
  std::vector<int16_t> numbers;
  numbers.reserve(kinds.size());
  for (const FactKind kind : kinds) numbers.push_back(static_cast<int16_t>(kind));
  return numbers;
}

absl::Status CheckPoints(int64_t points) {
  if (points < 1) {
    return FieldError(Reason::kPointsNotPositive, "points",
                      absl::StrCat("points must be at least 1, not ", points));
  }
  if (points > kMaxPoints) {
    return FieldError(Reason::kPointsOverflow, "points",
                      absl::StrCat("at most ", kMaxPoints, " points in one posting, not ", points));
  }
  return absl::OkStatus();
}

absl::Status CheckEffectiveTime(absl::Time effective_at, absl::Time now, absl::Duration past) {
  if (effective_at > now + kClockTolerance) {
    return Error(Reason::kEffectiveTimeInvalid,
                 absl::StrCat(base::FormatTime(effective_at),
                              " is more than five minutes ahead of now, ", base::FormatTime(now)));
  }
  if (effective_at < kEarliest) {
    return Error(Reason::kEffectiveTimeInvalid, "a fact cannot take effect before the year 1900");
  }
  if (effective_at < now - past) {
    return Error(
        Reason::kEffectiveTimeInvalid,
        absl::StrCat(base::FormatTime(effective_at),
                     " is further back than this key's role "
                     "may state (",
                     absl::FormatDuration(past), "); history is brought in with the role import"));
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger
