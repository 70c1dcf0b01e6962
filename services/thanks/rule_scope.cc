#include "services/thanks/rule_scope.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/civil.h"

namespace gratis::thanks {
namespace {

bool Names(const std::vector<std::string>& list, std::string_view text) {
  return list.empty() || std::find(list.begin(), list.end(), text) != list.end();
}

// The minute of the day at which it ends; of one that goes over midnight, of the next day.
int32_t EndMinuteOf(const RuleScope& scope) {
  return scope.until_minute == 0 ? 1'440 : scope.until_minute;
}

bool GoesOverMidnight(const RuleScope& scope) { return scope.from_minute >= EndMinuteOf(scope); }

// What is empty says nothing.
template <class T>
bool NoneInCommon(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.empty() || b.empty()) return false;
  const std::set<T> among(b.begin(), b.end());
  return std::none_of(a.begin(), a.end(), [&](const T& one) { return among.count(one) > 0; });
}

bool MayMeetInTime(const RuleScope& a, const RuleScope& b) {
  if (a.from >= b.until || b.from >= a.until) return false;
  if (GoesOverMidnight(a) || GoesOverMidnight(b)) return true;
  return a.from_minute < EndMinuteOf(b) && b.from_minute < EndMinuteOf(a) &&
         !NoneInCommon(a.weekdays, b.weekdays);
}

bool FitsTime(const RuleScope& scope, absl::Time at, absl::CivilSecond local) {
  if (at < scope.from || at >= scope.until) return false;
  const int32_t minute = local.hour() * 60 + local.minute();
  const int32_t until = EndMinuteOf(scope);
  absl::CivilDay day(local);
  if (!GoesOverMidnight(scope)) {
    if (minute < scope.from_minute || minute >= until) return false;
  } else if (minute < until) {
    --day;  // it began the evening before
  } else if (minute < scope.from_minute) {
    return false;
  }
  const int32_t weekday = static_cast<int32_t>(absl::GetWeekday(day)) + 1;
  return scope.weekdays.empty() ||
         std::find(scope.weekdays.begin(), scope.weekdays.end(), weekday) != scope.weekdays.end();
}

}  // namespace

absl::CivilSecond LocalTimeOf(const EarningRule& rule, const OrderKey& order, absl::Time at,
                              const absl::TimeZone& zone) {
  const auto own = rule.store_zones.find(StoreOf(order));
  if (own == rule.store_zones.end()) return absl::ToCivilSecond(at, zone);
  return absl::ToCivilSecond(at, base::LoadZone(own->second).value_or(zone));
}

bool FitsPurchase(const RuleScope& scope, const Basket& basket, absl::CivilSecond local) {
  const auto paid_with = [&](const std::string& tender) {
    return std::any_of(basket.payments.begin(), basket.payments.end(),
                       [&](const Payment& payment) { return payment.tender == tender; });
  };
  return Names(scope.stores, StoreOf(basket.order)) && Names(scope.channels, basket.channel) &&
         Names(scope.currency_codes, basket.total.currency_code) &&
         Names(scope.tiers, basket.tier) && FitsTime(scope, basket.at, local) &&
         (scope.tenders.empty() ||
          std::any_of(scope.tenders.begin(), scope.tenders.end(), paid_with));
}

bool FitsLine(const RuleScope& scope, const Basket& basket, size_t line) {
  if (basket.lines.empty()) return scope.skus.empty() && scope.categories.empty();
  return Names(scope.skus, basket.lines[line].sku) &&
         Names(scope.categories, basket.lines[line].category);
}

bool MayMeet(const RuleScope& a, const RuleScope& b) {
  return !NoneInCommon(a.skus, b.skus) && !NoneInCommon(a.categories, b.categories) &&
         !NoneInCommon(a.stores, b.stores) && !NoneInCommon(a.channels, b.channels) &&
         !NoneInCommon(a.currency_codes, b.currency_codes) && !NoneInCommon(a.tiers, b.tiers) &&
         MayMeetInTime(a, b);
}

bool LooksAtTiers(const EarningRule& rule) {
  return std::any_of(rule.rules.begin(), rule.rules.end(),
                     [](const PurchaseRule& one) { return !one.scope.tiers.empty(); });
}

}  // namespace gratis::thanks
