#include "services/thanks/thanks_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/base/civil.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using ::testing::HasSubstr;

int64_t PointsFor(Rounding rounding, int64_t rate, const base::Money& total) {
  Policy policy = DefaultPolicy("USD");
  policy.earning = {.rates = {{"USD", rate}, {"JPY", rate}, {"KWD", rate}}, .rounding = rounding};
  const absl::StatusOr<Earning> earning = EarnPoints(policy, total);
  EXPECT_TRUE(earning.ok()) << earning.status();
  return earning.ok() ? earning->points : -1;
}

TEST(OrganizationShare, IsRoundedDownAndTheRestIsTheMembers) {
  EXPECT_EQ(OrganizationShare(100, 0), 0);
  EXPECT_EQ(OrganizationShare(100, 100), 100);
  EXPECT_EQ(OrganizationShare(99, 50), 49);
  EXPECT_EQ(OrganizationShare(1, 99), 0);
  EXPECT_EQ(OrganizationShare(0, 50), 0);
  EXPECT_EQ(OrganizationShare(1'000'000'000'000, 99), 990'000'000'000);
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

TEST(EarnPoints, AUnitIsTheCurrencysOwn) {
  EXPECT_EQ(PointsFor(Rounding::kDown, 1, {"JPY", 500}), 500);
  EXPECT_EQ(PointsFor(Rounding::kHalfUp, 1, {"JPY", 500}), 500);
  EXPECT_EQ(PointsFor(Rounding::kDown, 1, {"KWD", 1'999}), 1);
  EXPECT_EQ(PointsFor(Rounding::kHalfUp, 1, {"KWD", 1'500}), 2);
}

TEST(EarnPoints, WholeUnitsAreRoundedBeforeTheyAreMultiplied) {
  EXPECT_EQ(PointsFor(Rounding::kDown, 3, {"USD", 1177}), 33);
}

TEST(EarnPoints, ACurrencyWithoutARateEarnsNothingAndSaysSo) {
  const absl::StatusOr<Earning> earning = EarnPoints(DefaultPolicy("USD"), {"CHF", 10'000});
  ASSERT_TRUE(earning.ok());
  EXPECT_EQ(earning->points, 0);
  EXPECT_EQ(earning->note, "NO_RATE");
}

TEST(EarnPoints, WhatIsNoCurrencyIsAnError) {
  EXPECT_EQ(ReasonOf(EarnPoints(DefaultPolicy("USD"), {"XYZ", 1}).status()),
            Reason::kInvalidCurrency);
}

TEST(EarnPoints, ANegativeTotalIsNoPurchase) {
  EXPECT_EQ(ReasonOf(EarnPoints(DefaultPolicy("USD"), {"USD", -1}).status()),
            Reason::kInvalidAmount);
}

TEST(EarnPoints, MoreThanOnePostingMayHoldIsRefused) {
  Policy policy = DefaultPolicy("USD");
  policy.earning.rates = {{"USD", 1'000'000}};
  EXPECT_EQ(EarnPoints(policy, {"USD", 100'000'000})->points, 1'000'000'000'000);
  EXPECT_EQ(ReasonOf(EarnPoints(policy, {"USD", 100'000'100}).status()), Reason::kPointsOverflow);
  EXPECT_EQ(ReasonOf(EarnPoints(policy, {"USD", std::numeric_limits<int64_t>::max()}).status()),
            Reason::kPointsOverflow);
}

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

constexpr ledger::MemberState kActive = ledger::MemberState::kActive;

TEST(DecideThanks, OnTheDayItIsGivenWithItsBonus) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  const ThankYou thanks = DecideThanks(policy, kNow, kNow, kActive);
  EXPECT_EQ(thanks.outcome, ThanksOutcome::kGiven);
  EXPECT_EQ(thanks.bonus_points, 25);
}

TEST(DecideThanks, AfterItsMaximumAgeItIsWithheldAsTooLate) {
  const Policy policy = DefaultPolicy("USD");
  const absl::Duration week = absl::Hours(24 * 7);
  EXPECT_EQ(DecideThanks(policy, kNow - week, kNow, kActive).outcome, ThanksOutcome::kGiven);
  const ThankYou late = DecideThanks(policy, kNow - week - absl::Microseconds(1), kNow, kActive);
  EXPECT_EQ(late.outcome, ThanksOutcome::kWithheld);
  EXPECT_EQ(late.why, Withheld::kTooLate);
}

TEST(DecideThanks, NothingIsSaidToWhoIsSuspended) {
  const Policy policy = DefaultPolicy("USD");
  const ThankYou thanks = DecideThanks(policy, kNow, kNow, ledger::MemberState::kSuspended);
  EXPECT_EQ(thanks.outcome, ThanksOutcome::kWithheld);
  EXPECT_EQ(thanks.why, Withheld::kMemberState);
  EXPECT_EQ(DecideThanks(policy, kNow, kNow, ledger::MemberState::kEarnOnly).outcome,
            ThanksOutcome::kGiven);
}

TEST(DecideThanks, ATriggerThatIsOffThanksNobody) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.enabled = false;
  EXPECT_EQ(DecideThanks(policy, kNow, kNow, kActive).why, Withheld::kPolicyOff);
}

TEST(ExplainThankYou, TellsWhatBecameOfIt) {
  Purchase purchase{.purchased_at = kNow - absl::Hours(24 * 30), .recorded_at = kNow};
  ThankYouTrigger trigger{.sender = "Anna Keller, founder"};
  purchase.thank_you = {.outcome = ThanksOutcome::kGiven, .bonus_points = 25};
  EXPECT_THAT(ExplainThankYou(purchase, trigger),
              HasSubstr("Anna Keller, founder said thank you with 25 points"));
  purchase.thank_you = {.why = Withheld::kTooLate};
  EXPECT_THAT(ExplainThankYou(purchase, trigger), HasSubstr("more than the 7 days"));
}

struct BadPolicy {
  std::string field;
  Reason reason;
  std::function<void(Policy&)> spoil;
};

TEST(CheckPolicy, NamesTheFieldThatIsWrong) {
  ASSERT_TRUE(CheckPolicy(DefaultPolicy("EUR")).ok());
  const std::vector<BadPolicy> cases = {
      {"policy.earning.rates.currency_code", Reason::kInvalidCurrency,
       [](Policy& p) { p.earning.rates[0].currency_code = "EU"; }},
      {"policy.earning.rates.currency_code", Reason::kFieldInvalid,
       [](Policy& p) { p.earning.rates.push_back(p.earning.rates[0]); }},
      {"policy.earning.rates.points_per_unit", Reason::kFieldInvalid,
       [](Policy& p) { p.earning.rates[0].points_per_unit = -1; }},
      {"policy.earning.rounding", Reason::kFieldMissing,
       [](Policy& p) { p.earning.rounding = static_cast<Rounding>(0); }},
      {"policy.thank_you.sender", Reason::kFieldMissing,
       [](Policy& p) { p.thank_you.sender.clear(); }},
      {"policy.thank_you.sender", Reason::kFieldTooLong,
       [](Policy& p) { p.thank_you.sender.assign(101, 'x'); }},
      {"policy.thank_you.note", Reason::kFieldTooLong,
       [](Policy& p) { p.thank_you.note.assign(2001, 'x'); }},
      {"policy.thank_you.bonus_points", Reason::kFieldInvalid,
       [](Policy& p) { p.thank_you.bonus_points = 1'000'001; }},
      {"policy.thank_you.max_age_days", Reason::kFieldInvalid,
       [](Policy& p) { p.thank_you.max_age_days = -1; }},
  };
  for (const BadPolicy& bad : cases) {
    Policy policy = DefaultPolicy("EUR");
    bad.spoil(policy);
    const absl::Status status = CheckPolicy(policy);
    EXPECT_EQ(ReasonOf(status), bad.reason) << bad.field << ": " << status;
    EXPECT_EQ(FieldOf(status), bad.field);
  }
}

}  // namespace
}  // namespace gratis::thanks
