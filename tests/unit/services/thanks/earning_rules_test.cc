#include "services/thanks/earning_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;

// Saturday, 28 November 2026, 12:00 UTC.
const absl::Time kNoon = absl::FromCivil(absl::CivilSecond(2026, 11, 28, 12), absl::UTCTimeZone());

EarningRule OnePerUnit(Rounding rounding = Rounding::kDown) {
  return {.rates = {{"USD", 1}}, .rounding = rounding};
}

Line Product(const std::string& category, int64_t price, int64_t quantity = 1) {
  return {.sku = category + "-1",
          .category = category,
          .quantity = quantity,
          .unit_price_minor = price};
}

// A purchase to be told in tests.
struct Bought {
  OrderKey order{.source = "webshop", .order_id = "1"};
  base::Money total{"USD", 0};
  std::vector<Line> lines;
  std::vector<Payment> payments;
  std::string channel;
  absl::Time at = kNoon;
  bool tax_on_top = false;
  bool own_sale = false;
  int64_t position = 1;
  bool position_new = true;
  std::string tier;

  absl::StatusOr<Earned> By(const EarningRule& rule) const {
    return EarnPoints(rule,
                      {.order = order,
                       .total = total,
                       .lines = lines,
                       .payments = payments,
                       .channel = channel,
                       .at = at,
                       .tax_on_top = tax_on_top,
                       .own_sale = own_sale,
                       .position = position,
                       .position_new = position_new,
                       .tier = tier},
                      absl::UTCTimeZone());
  }
  int64_t PointsBy(const EarningRule& rule) const {
    const absl::StatusOr<Earned> earned = By(rule);
    EXPECT_TRUE(earned.ok()) << earned.status();
    return earned.ok() ? earned->earning.points : -1;
  }
};

std::vector<int64_t> PointsOfLines(const absl::StatusOr<Earned>& earned) {
  EXPECT_TRUE(earned.ok()) << earned.status();
  std::vector<int64_t> points;
  if (!earned.ok()) return points;
  for (const LineTrace& trace : earned->traces) points.push_back(trace.points);
  return points;
}

int64_t PointsFor(Rounding rounding, int64_t rate, const base::Money& total) {
  const EarningRule rule{.rates = {{"USD", rate}, {"JPY", rate}, {"KWD", rate}},
                         .rounding = rounding};
  return Bought{.total = total}.PointsBy(rule);
}

TEST(EarnPoints, PartOfAUnitCountsAsTheRuleSays) {
  struct Case {
    int64_t cents, down, half_up, up;
  };
  for (const Case& c : {Case{0, 0, 0, 0}, Case{1, 0, 0, 1}, Case{49, 0, 0, 1}, Case{50, 0, 1, 1},
                        Case{99, 0, 1, 1}, Case{100, 1, 1, 1}, Case{1177, 11, 12, 12},
                        Case{1150, 11, 12, 12}, Case{1149, 11, 11, 12}}) {
    EXPECT_EQ(PointsFor(Rounding::kDown, 1, {"USD", c.cents}), c.down) << c.cents;
    EXPECT_EQ(PointsFor(Rounding::kHalfUp, 1, {"USD", c.cents}), c.half_up) << c.cents;
    EXPECT_EQ(PointsFor(Rounding::kUp, 1, {"USD", c.cents}), c.up) << c.cents;
  }
}

TEST(EarnPoints, ABudgetPaysWhatACapLeavesOfItsBonus) {
  EarningRule rule = OnePerUnit();
  rule.rules = {
      {"tea-bonus", {.categories = {"tea"}}, BonusRule{.points = 100, .budget = {Uuid{{1}}}}},
      {"tea-cap", {.categories = {"tea"}}, CapRule{.points = 10}}};
  const Bought bought{.lines = {Product("coats", 100'000), Product("tea", 500)}};
  const absl::StatusOr<Earned> earned = bought.By(rule);
  EXPECT_THAT(PointsOfLines(earned), ElementsAre(1'000, 10));
  ASSERT_TRUE(earned.ok());
  ASSERT_EQ(earned->by_budgets.size(), 1U);
  EXPECT_EQ(earned->by_budgets[0].points, 10);
  // A budget whose bonus nothing is left of pays nothing.
  rule.rules[1].does = CapRule{.points = 0};
  const absl::StatusOr<Earned> nothing = bought.By(rule);
  EXPECT_THAT(PointsOfLines(nothing), ElementsAre(1'000, 0));
  EXPECT_TRUE(nothing.ok() && nothing->by_budgets.empty());
}

TEST(EarnPoints, AUnitIsTheCurrencysOwn) {
  EXPECT_EQ(PointsFor(Rounding::kDown, 1, {"JPY", 500}), 500);
  EXPECT_EQ(PointsFor(Rounding::kHalfUp, 1, {"JPY", 500}), 500);
  EXPECT_EQ(PointsFor(Rounding::kDown, 1, {"KWD", 1'999}), 1);
  EXPECT_EQ(PointsFor(Rounding::kHalfUp, 1, {"KWD", 1'500}), 2);
}

TEST(EarnPoints, WithoutRulesWholeUnitsAreRoundedBeforeTheyAreMultiplied) {
  EXPECT_EQ(PointsFor(Rounding::kDown, 3, {"USD", 1177}), 33);
}

TEST(EarnPoints, WithRulesPointsAreRoundedOncePerOrder) {
  EarningRule rule{.rates = {{"USD", 3}}, .rounding = Rounding::kDown};
  rule.rules = {{"nothing-special", {.skus = {"none"}}, MultiplierRule{200}}};
  EXPECT_EQ((Bought{.total = {"USD", 1177}}.PointsBy(rule)), 35);
  // 3 x 0.50 each: 1.5 points a line, 3 in all.
  const Bought two{.lines = {Product("a", 50), Product("b", 50)}};
  EXPECT_THAT(PointsOfLines(two.By(rule)), ElementsAre(2, 1));
}

TEST(EarnPoints, ACurrencyWithoutARateEarnsNothingAndSaysSo) {
  const absl::StatusOr<Earned> earned = Bought{.total = {"CHF", 10'000}}.By(OnePerUnit());
  ASSERT_TRUE(earned.ok());
  EXPECT_EQ(earned->earning.points, 0);
  EXPECT_EQ(earned->earning.note, "NO_RATE");
  EXPECT_EQ(earned->traces[0].note, LineNote::kNoRate);
}

TEST(EarnPoints, WhatIsNoCurrencyIsAnError) {
  EXPECT_EQ(ReasonOf((Bought{.total = {"XYZ", 1}}.By(OnePerUnit())).status()),
            Reason::kInvalidCurrency);
}

TEST(EarnPoints, ANegativeTotalIsNoPurchase) {
  EXPECT_EQ(ReasonOf((Bought{.total = {"USD", -1}}.By(OnePerUnit())).status()),
            Reason::kInvalidAmount);
}

TEST(EarnPoints, MoreThanOnePostingMayHoldIsRefused) {
  EarningRule rule{.rates = {{"USD", 1'000'000}}};
  EXPECT_EQ((Bought{.total = {"USD", 100'000'000}}.PointsBy(rule)), 1'000'000'000'000);
  for (const int64_t cents : {int64_t{100'000'100}, std::numeric_limits<int64_t>::max()}) {
    const Bought bought{.total = {"USD", cents}};
    EXPECT_EQ(ReasonOf(bought.By(rule).status()), Reason::kPointsOverflow);
    EarningRule with_rules = rule;
    with_rules.rules = {{"double", {}, MultiplierRule{200}}};
    EXPECT_EQ(ReasonOf(bought.By(with_rules).status()), Reason::kPointsOverflow);
  }
}

TEST(EarnPoints, ProductsAndServicesEarnAndNothingElse) {
  for (const auto& [kind, earns] :
       {std::pair(LineKind::kProduct, true), std::pair(LineKind::kService, true),
        std::pair(LineKind::kShipping, false), std::pair(LineKind::kFee, false),
        std::pair(LineKind::kGiftCard, false), std::pair(LineKind::kDeposit, false),
        std::pair(LineKind::kDonation, false)}) {
    Line line = Product("a", 1000);
    line.kind = kind;
    const absl::StatusOr<Earned> earned = Bought{.lines = {line}}.By(OnePerUnit());
    EXPECT_THAT(PointsOfLines(earned), ElementsAre(earns ? 10 : 0));
    EXPECT_EQ(earned->traces[0].note, earns ? LineNote::kNone : LineNote::kKind);
    EXPECT_EQ(earned->total_minor, 1000);
  }
}

TEST(EarnPoints, ADiscountAndWhatPointsAndVouchersPaidDoNotEarn) {
  Line coat = Product("coats", 10'000);
  coat.discount_minor = 2'000;
  Bought bought{
      .lines = {coat, Product("socks", 1'000, 2)},
      .payments = {{.kind = PaymentKind::kTender, .tender = "card", .amount_minor = 7'500},
                   {.kind = PaymentKind::kPoints, .tender = "points", .amount_minor = 1'000},
                   {.kind = PaymentKind::kVoucher, .tender = "voucher", .amount_minor = 1'500}}};
  const absl::StatusOr<Earned> earned = bought.By(OnePerUnit());
  ASSERT_TRUE(earned.ok()) << earned.status();
  EXPECT_EQ(earned->total_minor, 10'000);
  EXPECT_EQ(earned->traces[0].lowered_minor, 2'000);
  EXPECT_EQ(earned->traces[1].lowered_minor, 500);
  EXPECT_THAT(PointsOfLines(earned), ElementsAre(60, 15));

  bought.payments[0].amount_minor = 7'501;
  EXPECT_EQ(ReasonOf(bought.By(OnePerUnit()).status()), Reason::kInvalidAmount);
}

TEST(EarnPoints, TaxEarnsOrNotAsThePolicySays) {
  Line line = Product("a", 1'210);
  line.tax_minor = 210;
  EarningRule rule = OnePerUnit();
  EXPECT_EQ((Bought{.lines = {line}}.PointsBy(rule)), 12);
  EXPECT_EQ((Bought{.lines = {line}, .tax_on_top = true}.PointsBy(rule)), 14);
  rule.without_tax = true;
  EXPECT_EQ((Bought{.lines = {line}}.PointsBy(rule)), 10);
  EXPECT_EQ((Bought{.lines = {line}, .tax_on_top = true}.PointsBy(rule)), 12);
}

TEST(EarnPoints, TheLinesAreWhatTheTotalSays) {
  Bought bought{.total = {"USD", 300}, .lines = {Product("a", 100), Product("b", 200)}};
  EXPECT_EQ(bought.PointsBy(OnePerUnit()), 3);
  bought.total.minor_units = 299;
  EXPECT_EQ(ReasonOf(bought.By(OnePerUnit()).status()), Reason::kInvalidAmount);
  bought.total.minor_units = 0;
  EXPECT_EQ(bought.PointsBy(OnePerUnit()), 3);
  bought.lines[0].discount_minor = 101;
  EXPECT_EQ(ReasonOf(bought.By(OnePerUnit()).status()), Reason::kInvalidAmount);
}

TEST(EarnPoints, StaffDoNotEarnOnWhatTheyRing) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"always", {}, BonusRule{.points = 10}}};
  const absl::StatusOr<Earned> earned = Bought{.total = {"USD", 5'000}, .own_sale = true}.By(rule);
  ASSERT_TRUE(earned.ok());
  EXPECT_EQ(earned->earning.points, 0);
  EXPECT_EQ(earned->earning.note, "OWN_SALE");
}

TEST(Rules, TheFirstRateThatFitsIsTheLinesAndExclusionsComeBeforeAll) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"wine", {.categories = {"wine"}}, RateRule{3}},
                {"drinks", {.categories = {"wine", "beer"}}, RateRule{2}},
                {"no-house-wine", {.skus = {"house"}}, ExclusionRule{}}};
  Bought bought{.lines = {Product("wine", 1'000), Product("beer", 1'000), Product("tea", 1'000),
                          Product("wine", 1'000)}};
  bought.lines[3].sku = "house";
  const absl::StatusOr<Earned> earned = bought.By(rule);
  EXPECT_THAT(PointsOfLines(earned), ElementsAre(30, 20, 10, 0));
  EXPECT_THAT(earned->traces[0].rules, ElementsAre("wine"));
  EXPECT_THAT(earned->traces[2].rules, ElementsAre());
  EXPECT_EQ(earned->traces[3].note, LineNote::kExcluded);
  EXPECT_THAT(earned->traces[3].rules, ElementsAre("no-house-wine"));
}

TEST(Rules, AreAboutStoresChannelsTendersAndCurrencies) {
  const auto doubles = [](RuleScope scope) {
    EarningRule rule{.rates = {{"USD", 1}, {"EUR", 1}}};
    rule.rules = {{"double", std::move(scope), MultiplierRule{200}}};
    return rule;
  };
  const Bought bought{.order = {.source = "pos", .order_id = "1", .store = "zurich"},
                      .total = {"USD", 1'000},
                      .payments = {{.tender = "card"}},
                      .channel = "store"};
  EXPECT_EQ(bought.PointsBy(doubles({.stores = {"zurich"}})), 20);
  EXPECT_EQ(bought.PointsBy(doubles({.stores = {"pos"}})), 10);
  EXPECT_EQ(bought.PointsBy(doubles({.channels = {"store", "app"}})), 20);
  EXPECT_EQ(bought.PointsBy(doubles({.channels = {"web"}})), 10);
  EXPECT_EQ(bought.PointsBy(doubles({.tenders = {"card"}})), 20);
  EXPECT_EQ(bought.PointsBy(doubles({.tenders = {"cash"}})), 10);
  EXPECT_EQ(bought.PointsBy(doubles({.currency_codes = {"EUR"}})), 10);
  // What is said of lines fits no mere total.
  EXPECT_EQ(bought.PointsBy(doubles({.categories = {"wine"}})), 10);
}

TEST(Rules, AreAboutTheTierThatTheBuyerIsIn) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"silver", {.tiers = {"silver"}}, MultiplierRule{125}},
                {"gold", {.tiers = {"gold", "top"}}, MultiplierRule{150}},
                {"top", {.tiers = {"top"}}, BonusRule{.points = 7}}};
  EXPECT_EQ((Bought{.total = {"USD", 1'000}, .tier = "silver"}.PointsBy(rule)), 12);  // 12.5
  EXPECT_EQ((Bought{.total = {"USD", 1'000}, .tier = "gold"}.PointsBy(rule)), 15);
  EXPECT_EQ((Bought{.total = {"USD", 1'000}, .tier = "base"}.PointsBy(rule)), 10);
  EXPECT_EQ((Bought{.total = {"USD", 1'000}}.PointsBy(rule)), 10);
  const absl::StatusOr<Earned> earned = Bought{.total = {"USD", 1'000}, .tier = "top"}.By(rule);
  ASSERT_TRUE(earned.ok()) << earned.status();
  EXPECT_EQ(earned->earning.points, 22);
  EXPECT_EQ(earned->earning.tier, "top");
  EXPECT_THAT(earned->traces[0].rules, ElementsAre("gold", "top"));
}

TEST(Rules, MultiplyInTheirOrderUntilOneIsTheLast) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"double", {}, MultiplierRule{200}},
                {"half", {}, MultiplierRule{50, /*last=*/true}},
                {"ten", {}, MultiplierRule{1'000}}};
  const Bought bought{.total = {"USD", 1'000}};
  EXPECT_EQ(bought.PointsBy(rule), 10);
  std::swap(rule.rules[1], rule.rules[2]);
  const absl::StatusOr<Earned> earned = bought.By(rule);
  EXPECT_EQ(earned->earning.points, 100);
  EXPECT_THAT(earned->traces[0].rules, ElementsAre("double", "ten", "half"));
}

TEST(Rules, OfMultipliersThatMeetInAnOldVersionTheFirstFourAreApplied) {
  EarningRule rule = OnePerUnit();
  for (const char* code : {"a", "b", "c", "d", "e"}) {
    rule.rules.push_back({code, {}, MultiplierRule{200}});
  }
  const absl::StatusOr<Earned> earned = Bought{.total = {"USD", 1'000}}.By(rule);
  ASSERT_TRUE(earned.ok()) << earned.status();
  EXPECT_EQ(earned->earning.points, 160);
  EXPECT_THAT(earned->traces[0].rules, ElementsAre("a", "b", "c", "d"));
}

TEST(Rules, HoursAndWeekdaysAreThoseOfTheStore) {
  EarningRule rule = OnePerUnit();
  rule.store_zones = {{"tokyo", "Asia/Tokyo"}};
  // Saturday noon in UTC is Saturday, 21:00 in Tokyo.
  rule.rules = {{"evening", {.weekdays = {6}, .from_minute = 20 * 60}, MultiplierRule{200}}};
  Bought bought{.total = {"USD", 1'000}};
  EXPECT_EQ(bought.PointsBy(rule), 10);
  bought.order.store = "tokyo";
  EXPECT_EQ(bought.PointsBy(rule), 20);
  bought.at = kNoon + absl::Hours(3);  // Sunday there
  EXPECT_EQ(bought.PointsBy(rule), 10);
}

TEST(Rules, ANightBelongsToTheDayOnWhichItBegins) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"friday-night",
                 {.weekdays = {5}, .from_minute = 22 * 60, .until_minute = 2 * 60},
                 MultiplierRule{200}}};
  const auto points_at = [&](int day, int hour) {
    const Bought bought{
        .total = {"USD", 1'000},
        .at = absl::FromCivil(absl::CivilSecond(2026, 11, day, hour), absl::UTCTimeZone())};
    return bought.PointsBy(rule);
  };
  EXPECT_EQ(points_at(27, 21), 10);
  EXPECT_EQ(points_at(27, 22), 20);
  EXPECT_EQ(points_at(28, 1), 20);
  EXPECT_EQ(points_at(28, 2), 10);
  EXPECT_EQ(points_at(28, 23), 10);
  EXPECT_EQ(points_at(27, 1), 10);
}

TEST(Rules, BeginAndEndAtAnInstant) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"week", {.from = kNoon, .until = kNoon + absl::Hours(1)}, MultiplierRule{200}}};
  Bought bought{.total = {"USD", 1'000}, .at = kNoon - absl::Microseconds(1)};
  EXPECT_EQ(bought.PointsBy(rule), 10);
  bought.at = kNoon;
  EXPECT_EQ(bought.PointsBy(rule), 20);
  bought.at = kNoon + absl::Hours(1);
  EXPECT_EQ(bought.PointsBy(rule), 10);
}

TEST(Rules, AFirstAndEveryNthPurchaseAreRewardedAtNewPositionsOnly) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"welcome", {}, BonusRule{.points = 100, .positions = {1}}},
                {"every-fifth", {}, BonusRule{.points = 50, .every = 5}}};
  Bought bought{.total = {"USD", 1'000}, .position = 1};
  EXPECT_EQ(bought.PointsBy(rule), 110);
  bought.position = 2;
  EXPECT_EQ(bought.PointsBy(rule), 10);
  bought.position = 10;
  EXPECT_EQ(bought.PointsBy(rule), 60);
  bought.position_new = false;
  EXPECT_EQ(bought.PointsBy(rule), 10);
  bought.position = 0;  // nobody's
  EXPECT_EQ(bought.PointsBy(rule), 10);
}

TEST(Rules, ABonusFallsOntoTheLinesItIsForAndNothingEarnsNone) {
  EarningRule rule = OnePerUnit();
  rule.rules = {
      {"wine-week", {.categories = {"wine"}}, BonusRule{.points = 101, .least_base_minor = 2'000}}};
  Bought bought{.lines = {Product("wine", 1'000), Product("wine", 1'000), Product("tea", 500)}};
  EXPECT_THAT(PointsOfLines(bought.By(rule)), ElementsAre(10 + 51, 10 + 50, 5));
  bought.lines[0].unit_price_minor = 999;
  EXPECT_THAT(PointsOfLines(bought.By(rule)), ElementsAre(9, 10, 5));
  bought.lines = {Product("wine", 0)};
  EXPECT_EQ(bought.PointsBy(rule), 0);
}

TEST(Rules, CapsClipOrRefuseWhatStandsBeforeThem) {
  EarningRule rule = OnePerUnit();
  rule.rules = {{"no-more-wine", {.categories = {"wine"}}, CapRule{15, CapAction::kClip}}};
  Bought bought{.lines = {Product("wine", 2'000), Product("wine", 1'000), Product("tea", 3'000)}};
  EXPECT_THAT(PointsOfLines(bought.By(rule)), ElementsAre(10, 5, 30));
  rule.rules.push_back({"somebody-looks", {}, CapRule{44, CapAction::kRefuse}});
  const absl::Status refused = bought.By(rule).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kEarningCapExceeded);
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"rule", "somebody-looks"}, {"points", "45"}}));
  rule.rules.back().does = CapRule{45, CapAction::kRefuse};
  EXPECT_EQ(bought.PointsBy(rule), 45);
}

TEST(ByLargestRemainder, AddsUpAndRoundsTheLargestPartsUp) {
  EXPECT_THAT(ByLargestRemainder(10, {1, 1, 1}), ElementsAre(4, 3, 3));
  EXPECT_THAT(ByLargestRemainder(1, {1, 2}), ElementsAre(0, 1));
  EXPECT_THAT(ByLargestRemainder(7, {0, 5}), ElementsAre(0, 7));
  EXPECT_THAT(ByLargestRemainder(7, {0, 0}), ElementsAre(0, 0));
}

TEST(ByLargestRemainder, EachPartIsWithinOneOfItsShare) {
  EXPECT_TRUE(rc::check([] {
    const auto amount = *rc::gen::inRange<int64_t>(0, 1'000'000);
    const auto parts = *rc::gen::nonEmpty(
        rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(0, 1'000)));
    std::vector<absl::int128> weights(parts.begin(), parts.end());
    const int64_t sum = std::accumulate(parts.begin(), parts.end(), int64_t{0});
    const std::vector<int64_t> shares = ByLargestRemainder(amount, weights);
    if (sum == 0) RC_SUCCEED("nothing to share by");
    RC_ASSERT(std::accumulate(shares.begin(), shares.end(), int64_t{0}) == amount);
    for (size_t i = 0; i < shares.size(); ++i) {
      RC_ASSERT(shares[i] >= amount * parts[i] / sum);
      RC_ASSERT(shares[i] <= amount * parts[i] / sum + 1);
    }
  }));
}

}  // namespace
}  // namespace gratis::thanks
