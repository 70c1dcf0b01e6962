#include "services/thanks/earning_caps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/status/reasons.h"
#include "services/thanks/policy_json.h"
#include "services/thanks/purchase_json.h"
#include "services/thanks/return_rules.h"

namespace gratis::thanks {
namespace earning_caps_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Saturday, 28 November 2026, 12:00 UTC.
const absl::Time kNoon = absl::FromCivil(absl::CivilSecond(2026, 11, 28, 12), absl::UTCTimeZone());

Line Of(const std::string& category, int64_t price, int64_t quantity = 1) {
  return {.category = category, .quantity = quantity, .unit_price_minor = price};
}

EarningRule Capped(std::vector<PurchaseRule> caps) {
  return {.rates = {{"USD", 1}}, .rules = std::move(caps)};
}

// A member who buys and brings back under one rule, with what caps have counted of them.
struct Shopper {
  const EarningRule& rule;
  std::map<CapWindow, CapCount> counts = {};

  void Count(const std::vector<CapCount>& more) {
    for (const CapCount& one : more) {
      CapCount& count = counts[one.window];
      count.window = one.window;
      count.earned += one.earned;
      count.taken += one.taken;
    }
  }

  absl::StatusOr<Purchase> TryToBuy(std::vector<Line> lines, absl::Time at = kNoon,
                                    const std::string& store = "zurich") {
    Purchase purchase{.order = {.source = "pos", .order_id = "1", .store = store},
                      .total = {"USD", 0},
                      .purchased_at = at,
                      .lines = std::move(lines)};
    std::vector<CapCount> counted;
    for (const CapWindow& window : WindowsOf(rule, purchase.order, at, absl::UTCTimeZone())) {
      if (const auto found = counts.find(window); found != counts.end()) {
        counted.push_back(found->second);
      }
    }
    absl::StatusOr<Earned> earned = EarnPoints(rule,
                                               {.order = purchase.order,
                                                .total = purchase.total,
                                                .lines = purchase.lines,
                                                .channel = "store",
                                                .at = at,
                                                .counted = counted},
                                               absl::UTCTimeZone());
    if (!earned.ok()) return earned.status();
    purchase.earning = earned->earning;
    purchase.traces = earned->traces;
    purchase.caps = earned->caps;
    purchase.returned = SumOf(purchase, {});
    Count(CountsOf(purchase));
    return purchase;
  }

  Purchase Buy(std::vector<Line> lines, absl::Time at = kNoon,
               const std::string& store = "zurich") {
    absl::StatusOr<Purchase> bought = TryToBuy(std::move(lines), at, store);
    EXPECT_TRUE(bought.ok()) << bought.status();
    return bought.ok() ? *std::move(bought) : Purchase{};
  }

  void BringBack(Purchase& purchase, const Returning& returning) {
    const Returned before = purchase.returned;
    const absl::StatusOr<Returned> after = Plus(purchase, before, returning);
    ASSERT_TRUE(after.ok()) << after.status();
    purchase.returned = *after;
    Count(TakenSince(purchase, before));
  }
};

TEST(CapWindow, IsTheDayTheWeekFromMondayTheMonthOrAllThereEverAre) {
  const auto since = [](CapPeriod per, absl::CivilSecond local) {
    return WindowOf("cap", per, local).since;
  };
  const absl::CivilSecond sunday(2026, 11, 29, 23, 59, 59);
  EXPECT_EQ(since(CapPeriod::kDay, sunday), absl::CivilDay(2026, 11, 29));
  EXPECT_EQ(since(CapPeriod::kWeek, sunday), absl::CivilDay(2026, 11, 23));
  EXPECT_EQ(since(CapPeriod::kWeek, absl::CivilSecond(2026, 11, 30)), absl::CivilDay(2026, 11, 30));
  EXPECT_EQ(since(CapPeriod::kWeek, absl::CivilSecond(2027, 1, 1)), absl::CivilDay(2026, 12, 28));
  EXPECT_EQ(since(CapPeriod::kMonth, sunday), absl::CivilDay(2026, 11, 1));
  EXPECT_EQ(since(CapPeriod::kEver, sunday),
            since(CapPeriod::kEver, absl::CivilSecond(1999, 1, 1)));
}

TEST(Caps, OverADayClipWhatTheDayHasNoRoomForAndSayHowMuch) {
  const EarningRule rule = Capped({{"a-day", {}, CapRule{100, CapAction::kClip, CapPeriod::kDay}}});
  Shopper shopper{rule};
  const Purchase first = shopper.Buy({Of("a", 8'000)});
  EXPECT_EQ(first.earning.points, 80);
  EXPECT_THAT(first.traces[0].rules, IsEmpty());
  const CapWindow today{"a-day", CapPeriod::kDay, absl::CivilDay(2026, 11, 28)};
  EXPECT_THAT(first.caps, ElementsAre(CapTrace{today, 0, {0}}));
  const Purchase second = shopper.Buy({Of("a", 4'000), Of("b", 4'000)});
  EXPECT_EQ(second.earning.points, 20);
  EXPECT_THAT(second.caps, ElementsAre(CapTrace{today, 60, {0, 1}}));
  EXPECT_THAT(second.traces[1].rules, ElementsAre("a-day"));
  EXPECT_EQ(PointsUnder(second.caps[0], second.traces), 20);
  EXPECT_EQ(shopper.Buy({Of("a", 8'000)}).earning.points, 0);
  // The next day, and one that is told late, each have their own.
  EXPECT_EQ(shopper.Buy({Of("a", 8'000)}, kNoon + absl::Hours(12)).earning.points, 80);
  EXPECT_EQ(shopper.Buy({Of("a", 8'000)}, kNoon - absl::Hours(24)).earning.points, 80);
  EXPECT_EQ(shopper.counts.at(today), (CapCount{today, 100, 0}));
}

TEST(Caps, ADayIsThatOfTheStore) {
  EarningRule rule = Capped({{"a-day", {}, CapRule{100, CapAction::kClip, CapPeriod::kDay}}});
  rule.store_zones = {{"tokyo", "Asia/Tokyo"}};
  Shopper shopper{rule};
  EXPECT_EQ(shopper.Buy({Of("a", 8'000)}).earning.points, 80);
  // 00:30 of the next day there.
  EXPECT_EQ(shopper.Buy({Of("a", 8'000)}, kNoon + absl::Minutes(210), "tokyo").earning.points, 80);
  EXPECT_EQ(shopper.Buy({Of("a", 8'000)}, kNoon + absl::Minutes(210)).earning.points, 20);
}

TEST(Caps, OverSeveralPurchasesRefuseWhatIsAbove) {
  const EarningRule rule =
      Capped({{"ever", {}, CapRule{100, CapAction::kRefuse, CapPeriod::kEver}}});
  Shopper shopper{rule};
  shopper.Buy({Of("a", 6'000)});
  const absl::Status refused = shopper.TryToBuy({Of("a", 4'100)}).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kEarningCapExceeded);
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"rule", "ever"}, {"points", "41"}}));
  EXPECT_EQ(shopper.Buy({Of("a", 4'000)}, kNoon + absl::Hours(24 * 900)).earning.points, 40);
}

TEST(Caps, CountWhatStandsAfterAllClippingAndInScopeOnly) {
  const EarningRule rule =
      Capped({{"wine", {.categories = {"wine"}}, CapRule{100, CapAction::kClip, CapPeriod::kMonth}},
              {"each", {}, CapRule{30, CapAction::kClip}}});
  Shopper shopper{rule};
  const Purchase first = shopper.Buy({Of("wine", 4'000), Of("tea", 2'000)});
  EXPECT_EQ(first.earning.points, 30);
  const CapWindow month{"wine", CapPeriod::kMonth, absl::CivilDay(2026, 11, 1)};
  EXPECT_EQ(shopper.counts.at(month).earned, 20);
  EXPECT_EQ(first.caps[1].clipped, 30);
  EXPECT_EQ(shopper.counts.size(), 1u);  // what one purchase is bounded by counts nowhere
  // Tea alone has nothing to do with it.
  EXPECT_EQ(shopper.Buy({Of("tea", 3'000)}).caps.size(), 0u);
}

TEST(Caps, OfALaterVersionThatLetsLessThroughLeaveNoRoom) {
  const EarningRule before =
      Capped({{"cap", {}, CapRule{100, CapAction::kClip, CapPeriod::kWeek}}});
  const EarningRule after = Capped({{"cap", {}, CapRule{50, CapAction::kClip, CapPeriod::kWeek}}});
  Shopper shopper{before};
  shopper.Buy({Of("a", 8'000)});
  Shopper later{after, shopper.counts};
  EXPECT_EQ(later.Buy({Of("a", 1'000)}).earning.points, 0);
}

TEST(Caps, WhatReturnsTookIsFreeAgainInItsOwnPeriod) {
  const EarningRule rule = Capped({{"a-day", {}, CapRule{100, CapAction::kClip, CapPeriod::kDay}}});
  Shopper shopper{rule};
  Purchase first = shopper.Buy({Of("a", 1'000, 10)});
  EXPECT_EQ(shopper.Buy({Of("b", 5'000)}).earning.points, 0);
  shopper.BringBack(first, {.lines = {{1, 3, 0}}});
  EXPECT_EQ(shopper.Buy({Of("b", 5'000)}).earning.points, 30);
  shopper.BringBack(first, {.everything = true});
  EXPECT_EQ(shopper.Buy({Of("b", 5'000)}, kNoon + absl::Hours(24)).earning.points, 50);
  EXPECT_EQ(shopper.Buy({Of("b", 50'000)}).earning.points, 70);
}

// What a member's purchases of a window earned and kept, reckoned from the lines alone.
int64_t KeptOf(const std::vector<Purchase>& purchases, const std::string& category,
               std::optional<absl::CivilDay> day) {
  int64_t kept = 0;
  for (const Purchase& purchase : purchases) {
    if (day && absl::ToCivilDay(purchase.purchased_at, absl::UTCTimeZone()) != *day) continue;
    const Undone undone = UndoneBy(purchase, purchase.returned);
    for (size_t i = 0; i < purchase.lines.size(); ++i) {
      if (!category.empty() && purchase.lines[i].category != category) continue;
      kept += purchase.traces[i].points - undone.line_points[i];
    }
  }
  return kept;
}

std::vector<Line> AnyLines() {
  std::vector<Line> lines(*rc::gen::inRange<size_t>(1, 4));
  for (Line& line : lines) {
    line = Of(*rc::gen::arbitrary<bool>() ? "wine" : "tea", *rc::gen::inRange<int64_t>(1, 5'000),
              *rc::gen::inRange<int64_t>(1, 4));
  }
  return lines;
}

TEST(Caps, AreNeverExceededByWhatIsKeptWhateverIsBoughtAndBroughtBack) {
  EarningRule rule = Capped(
      {{"half-more", {.categories = {"wine"}}, MultiplierRule{150}},
       {"wine-a-day", {.categories = {"wine"}}, CapRule{60, CapAction::kClip, CapPeriod::kDay}},
       {"ever", {}, CapRule{250, CapAction::kClip, CapPeriod::kEver}}});
  rule.rounding = Rounding::kHalfUp;
  EXPECT_TRUE(rc::check([&] {
    Shopper shopper{rule};
    std::vector<Purchase> purchases;
    for (int step = 0; step < 14; ++step) {
      Purchase* const some =
          purchases.empty() ? nullptr : &purchases[*rc::gen::inRange<size_t>(0, purchases.size())];
      if (some == nullptr || *rc::gen::arbitrary<bool>()) {
        purchases.push_back(
            shopper.Buy(AnyLines(), kNoon + absl::Hours(24) * *rc::gen::inRange(0, 3)));
      } else if (!some->returned.whole) {
        int64_t left = 0;
        const std::vector<int64_t> minor = ReturnedMinor(*some, some->returned);
        for (size_t i = 0; i < minor.size(); ++i) left += some->traces[i].paid_minor - minor[i];
        shopper.BringBack(*some, {.amount_minor = *rc::gen::inRange<int64_t>(1, left + 1),
                                  .currency_code = "USD"});
      }
      RC_ASSERT(KeptOf(purchases, "", std::nullopt) <= 250);
      for (const auto& [window, count] : shopper.counts) {
        const bool ever = window.per == CapPeriod::kEver;
        const int64_t kept =
            ever ? KeptOf(purchases, "", std::nullopt) : KeptOf(purchases, "wine", window.since);
        RC_ASSERT(count.kept() == kept);
        RC_ASSERT(ever || kept <= 60);
      }
    }
    // Whatever the order and split of returns was: when all is back, all is free.
    for (Purchase& purchase : purchases) {
      if (!purchase.returned.whole) shopper.BringBack(purchase, {.everything = true});
    }
    for (const auto& [window, count] : shopper.counts) RC_ASSERT(count.kept() == 0);
  }));
}

TEST(Caps, AreKeptWithThePurchaseAndWithThePolicy) {
  const EarningRule rule = Capped({{"gold", {.tiers = {"gold"}}, MultiplierRule{150}},
                                   {"a-day", {}, CapRule{10, CapAction::kClip, CapPeriod::kDay}},
                                   {"each", {}, CapRule{5, CapAction::kClip}}});
  Shopper shopper{rule};
  Purchase bought = shopper.Buy({Of("a", 8'000), Of("b", 100)});
  bought.earning.tier = "gold";
  Purchase read;
  ASSERT_TRUE(ReadMore(MoreOf(bought), read).ok());
  EXPECT_EQ(read.caps, bought.caps);
  EXPECT_EQ(read.earning.tier, "gold");

  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = rule.rules;
  const absl::StatusOr<Policy> kept = ReadPolicyBody(BodyOf(policy));
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(RulesJson(kept->earning), RulesJson(rule));
  EXPECT_THAT(kept->earning.rules[0].scope.tiers, ElementsAre("gold"));
  EXPECT_EQ(std::get<CapRule>(kept->earning.rules[1].does).per, CapPeriod::kDay);
}

TEST(Caps, OfAPolicyThatWasKeptBeforeTheyHadPeriodsAreOfOnePurchase) {
  std::string body = BodyOf([] {
    Policy policy = DefaultPolicy("USD");
    policy.earning.rules = {{"cap", {}, CapRule{5, CapAction::kRefuse}}};
    return policy;
  }());
  const size_t per = body.find(R"("per":1,)");
  ASSERT_NE(per, std::string::npos) << body;
  body.erase(per, std::string(R"("per":1,)").size());
  const absl::StatusOr<Policy> policy = ReadPolicyBody(body);
  ASSERT_TRUE(policy.ok()) << policy.status();
  const auto& cap = std::get<CapRule>(policy->earning.rules[0].does);
  EXPECT_EQ(cap.per, CapPeriod::kPurchase);
  EXPECT_EQ(cap.action, CapAction::kRefuse);
}

}  // namespace
}  // namespace earning_caps_test
}  // namespace gratis::thanks
