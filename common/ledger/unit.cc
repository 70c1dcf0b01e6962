#include "common/ledger/unit.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "common/base/civil.h"

namespace gratis::ledger {
namespace {

constexpr int64_t kLastYear = 9998;

// The day so many months on; a month that has no such day ends earlier.
absl::CivilDay AddMonths(absl::CivilDay day, int32_t months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (day.day() - 1), last);
}

// The first such day of the calendar that is not before `from`.
absl::CivilDay NextSuchDay(absl::CivilDay from, int32_t month, int32_t day) {
  for (int64_t year = from.year();; ++year) {
    const absl::CivilDay such(year, month, 1);
    const absl::CivilDay last = absl::CivilDay(absl::CivilMonth(such) + 1) - 1;
    const absl::CivilDay wanted = std::min(such + (day - 1), last);
    if (wanted >= from) return wanted;
  }
}

}  // namespace

absl::Time ExpiryOf(const Unit& unit, absl::Time earned_at, const absl::TimeZone& zone) {
  if (unit.expiry == ExpiryKind::kNever || earned_at == absl::InfinitePast()) {
    return absl::InfiniteFuture();
  }
  absl::CivilDay last = AddMonths(base::DayOf(earned_at, zone), unit.expiry_months);
  if (unit.expiry == ExpiryKind::kCalendarDay) {
    last = NextSuchDay(last, unit.expiry_month, unit.expiry_day);
  }
  if (last.year() > kLastYear) return absl::InfiniteFuture();
  return base::StartOfDay(last + 1, zone);
}

int64_t RoundPoints(const Unit& unit, int64_t milli_points) {
  const int64_t whole = milli_points / 1000;
  const int64_t rest = milli_points % 1000;
  switch (unit.rounding) {
    case Rounding::kHalfUp:
      return whole + (rest >= 500 ? 1 : 0);
    case Rounding::kUp:
      return whole + (rest > 0 ? 1 : 0);
    case Rounding::kDown:
      break;
  }
  return whole;
}

}  // namespace gratis::ledger
