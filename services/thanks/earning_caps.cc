#include "services/thanks/earning_caps.h"

#include <algorithm>
#include <string>

#include "services/thanks/return_rules.h"
#include "services/thanks/rule_scope.h"

namespace gratis::thanks {
namespace {

absl::CivilDay FirstDayOf(CapPeriod per, absl::CivilDay day) {
  switch (per) {
    case CapPeriod::kDay:
      return day;
    case CapPeriod::kWeek:
      return absl::PrevWeekday(day + 1, absl::Weekday::monday);
    case CapPeriod::kMonth:
      return absl::CivilDay(absl::CivilMonth(day));
    case CapPeriod::kPurchase:
    case CapPeriod::kEver:
      break;
  }
  return absl::CivilDay();
}

// What has come back of the points that a cap bounds.
int64_t TakenUnder(const CapTrace& cap, const Undone& undone) {
  int64_t taken = 0;
  for (const int32_t line : cap.lines) taken += undone.line_points[static_cast<size_t>(line)];
  return taken;
}

}  // namespace

CapWindow WindowOf(std::string_view rule, CapPeriod per, absl::CivilSecond local) {
  return {.rule = std::string(rule), .per = per, .since = FirstDayOf(per, absl::CivilDay(local))};
}

std::vector<CapWindow> WindowsOf(const EarningRule& rule, const OrderKey& order, absl::Time at,
                                 const absl::TimeZone& zone) {
  std::vector<CapWindow> windows;
  for (const PurchaseRule& one : rule.rules) {
    const auto* cap = std::get_if<CapRule>(&one.does);
    if (cap == nullptr || cap->per == CapPeriod::kPurchase) continue;
    windows.push_back(WindowOf(one.code, cap->per, LocalTimeOf(rule, order, at, zone)));
  }
  return windows;
}

int64_t RoomUnder(const CapRule& cap, const CapWindow& window, absl::Span<const CapCount> counted) {
  for (const CapCount& count : counted) {
    if (count.window == window) return std::max<int64_t>(0, cap.points - count.kept());
  }
  return cap.points;
}

int64_t PointsUnder(const CapTrace& cap, absl::Span<const LineTrace> traces) {
  int64_t points = 0;
  for (const int32_t line : cap.lines) points += traces[static_cast<size_t>(line)].points;
  return points;
}

std::vector<CapCount> CountsOf(const Purchase& purchase) {
  const Undone undone = UndoneBy(purchase, purchase.returned);
  std::vector<CapCount> counts;
  for (const CapTrace& cap : purchase.caps) {
    if (cap.window.per == CapPeriod::kPurchase) continue;
    counts.push_back({.window = cap.window,
                      .earned = PointsUnder(cap, purchase.traces),
                      .taken = TakenUnder(cap, undone)});
  }
  return counts;
}

std::vector<CapCount> TakenSince(const Purchase& purchase, const Returned& before) {
  const Undone was = UndoneBy(purchase, before);
  const Undone is = UndoneBy(purchase, purchase.returned);
  std::vector<CapCount> counts;
  for (const CapTrace& cap : purchase.caps) {
    if (cap.window.per == CapPeriod::kPurchase) continue;
    counts.push_back({.window = cap.window, .taken = TakenUnder(cap, is) - TakenUnder(cap, was)});
  }
  return counts;
}

}  // namespace gratis::thanks
