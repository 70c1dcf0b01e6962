#pragma once

#include <cstddef>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/thanks/earning_rules.h"

// Whether a rule is about a purchase, and about which of its lines. Pure.
namespace gratis::thanks {

// A moment where the store of an order is; of stores that say none, in `zone`.
absl::CivilSecond LocalTimeOf(const EarningRule& rule, const OrderKey& order, absl::Time at,
                              const absl::TimeZone& zone);

// What a scope says of purchases; `local`: when it was made, where the store is.
bool FitsPurchase(const RuleScope& scope, const Basket& basket, absl::CivilSecond local);

// What it says of lines. A mere total is one line that has neither sku nor category.
bool FitsLine(const RuleScope& scope, const Basket& basket, size_t line);

// Whether some line of some purchase may fit both, for all that can be told of them. Tenders say
// nothing (two may pay for one purchase), nor do weekdays and hours where one goes over midnight.
bool MayMeet(const RuleScope& a, const RuleScope& b);

// Whether any rule asks in which tier the buyer is.
bool LooksAtTiers(const EarningRule& rule);

}  // namespace gratis::thanks
