#include "services/thanks/thanks_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace thanks_rules_test {
namespace {

using ::testing::HasSubstr;

TEST(OrganizationShare, IsRoundedDownAndTheRestIsTheMembers) {
  EXPECT_EQ(OrganizationShare(100, 0), 0);
  EXPECT_EQ(OrganizationShare(100, 100), 100);
  EXPECT_EQ(OrganizationShare(99, 50), 49);
  EXPECT_EQ(OrganizationShare(1, 99), 0);
  EXPECT_EQ(OrganizationShare(0, 50), 0);
  EXPECT_EQ(OrganizationShare(1'000'000'000'000, 99), 990'000'000'000);
}

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

constexpr ledger::MemberState kActive = ledger::MemberState::kActive;

Purchase BoughtAt(absl::Time at) { return {.purchased_at = at}; }

TEST(DecideThanks, OnTheDayItIsGivenWithItsBonus) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  const ThankYou thanks = DecideThanks(policy, BoughtAt(kNow), kNow, kActive, false);
  EXPECT_EQ(thanks.outcome, ThanksOutcome::kGiven);
  EXPECT_EQ(thanks.bonus_points, 25);
}

TEST(DecideThanks, AfterItsMaximumAgeItIsWithheldAsTooLate) {
  const Policy policy = DefaultPolicy("USD");
  const absl::Duration week = absl::Hours(24 * 7);
  EXPECT_EQ(DecideThanks(policy, BoughtAt(kNow - week), kNow, kActive, false).outcome,
            ThanksOutcome::kGiven);
  const ThankYou late =
      DecideThanks(policy, BoughtAt(kNow - week - absl::Microseconds(1)), kNow, kActive, false);
  EXPECT_EQ(late.outcome, ThanksOutcome::kWithheld);
  EXPECT_EQ(late.why, Withheld::kTooLate);
}

TEST(DecideThanks, NothingIsSaidToWhoIsSuspended) {
  const Policy policy = DefaultPolicy("USD");
  const ThankYou thanks =
      DecideThanks(policy, BoughtAt(kNow), kNow, ledger::MemberState::kSuspended, false);
  EXPECT_EQ(thanks.outcome, ThanksOutcome::kWithheld);
  EXPECT_EQ(thanks.why, Withheld::kMemberState);
  EXPECT_EQ(
      DecideThanks(policy, BoughtAt(kNow), kNow, ledger::MemberState::kEarnOnly, false).outcome,
      ThanksOutcome::kGiven);
}

TEST(DecideThanks, WhileAComplaintIsOpenItIsWithheld) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  const ThankYou thanks = DecideThanks(policy, BoughtAt(kNow), kNow, kActive, true);
  EXPECT_EQ(thanks.outcome, ThanksOutcome::kWithheld);
  EXPECT_EQ(thanks.why, Withheld::kComplaintOpen);
  EXPECT_EQ(thanks.bonus_points, 0);
  // What would not come anyway says why.
  policy.thank_you.enabled = false;
  EXPECT_EQ(DecideThanks(policy, BoughtAt(kNow), kNow, kActive, true).why, Withheld::kPolicyOff);
}

TEST(DecideThanks, WhatIsWhollyBackIsNotThankedFor) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  Purchase purchase = BoughtAt(kNow);
  purchase.returned.returns = 1;
  EXPECT_EQ(DecideThanks(policy, purchase, kNow, kActive, false).outcome, ThanksOutcome::kGiven);
  purchase.returned.whole = true;
  const ThankYou thanks = DecideThanks(policy, purchase, kNow, kActive, false);
  EXPECT_EQ(thanks.outcome, ThanksOutcome::kWithheld);
  EXPECT_EQ(thanks.why, Withheld::kReturned);
  EXPECT_EQ(thanks.bonus_points, 0);
}

TEST(DecideThanks, ATriggerThatIsOffThanksNobody) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.enabled = false;
  EXPECT_EQ(DecideThanks(policy, BoughtAt(kNow), kNow, kActive, false).why, Withheld::kPolicyOff);
}

TEST(ExplainThankYou, TellsWhatBecameOfIt) {
  Purchase purchase{.purchased_at = kNow - absl::Hours(24 * 30), .recorded_at = kNow};
  ThankYouTrigger trigger{.sender = "Anna Keller, founder"};
  purchase.thank_you = {.outcome = ThanksOutcome::kGiven, .bonus_points = 25};
  EXPECT_THAT(ExplainThankYou(purchase, trigger),
              HasSubstr("Anna Keller, founder said thank you with 25 points"));
  purchase.thank_you = {.why = Withheld::kTooLate};
  EXPECT_THAT(ExplainThankYou(purchase, trigger), HasSubstr("more than the 7 days"));
  purchase.thank_you = {.why = Withheld::kReturned};
  EXPECT_THAT(ExplainThankYou(purchase, trigger), HasSubstr("all of the purchase had come back"));
  purchase.thank_you = {.why = Withheld::kComplaintOpen};
  EXPECT_THAT(ExplainThankYou(purchase, trigger), HasSubstr("had a complaint open"));
}

TEST(InForce, IsTheLatestSetOfThoseThatHadBegun) {
  const absl::Duration day = absl::Hours(24);
  // As they are read: latest set first, and at the end what every program begins with.
  const std::vector<Policy> versions = {{.version = 3, .effective_from = kNow + day},
                                        {.version = 2, .effective_from = kNow - day},
                                        {.version = 1, .effective_from = kNow},
                                        {.version = 0}};
  EXPECT_EQ(InForce(versions, kNow + 2 * day)->version, 3);
  EXPECT_EQ(InForce(versions, kNow + day)->version, 3);
  EXPECT_EQ(InForce(versions, kNow)->version, 2);
  EXPECT_EQ(InForce(versions, kNow - day)->version, 2);
  EXPECT_EQ(InForce(versions, kNow - 2 * day)->version, 0);
  EXPECT_EQ(InForce({}, kNow), nullptr);
}

struct BadPolicy {
  std::string field;
  Reason reason;
  std::function<void(Policy&)> spoil;
};

// Whether a policy of these rules may be set; if not, it is for the multipliers in it.
bool MayBeSet(const std::vector<PurchaseRule>& rules) {
  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = rules;
  const absl::Status status = CheckPolicy(policy);
  if (!status.ok()) {
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << status;
    EXPECT_EQ(FieldOf(status), "policy.earning.rules.multiplier");
  }
  return status.ok();
}

// So many that are about everything, and one more of this scope.
std::vector<PurchaseRule> AndOneMore(size_t many, const RuleScope& scope) {
  std::vector<PurchaseRule> rules;
  for (size_t i = 0; i < many; ++i) {
    rules.push_back({std::string(i + 1, 'a'), {}, MultiplierRule{110}});
  }
  rules.push_back({"more", scope, MultiplierRule{120}});
  return rules;
}

TEST(CheckPolicy, NoMoreThanFourMultipliersMeet) {
  EXPECT_TRUE(MayBeSet(AndOneMore(3, {})));
  EXPECT_FALSE(MayBeSet(AndOneMore(4, {})));
  EXPECT_FALSE(MayBeSet(AndOneMore(4, {.tiers = {"gold"}})));
  // Another kind of rule is none of them.
  std::vector<PurchaseRule> rules = AndOneMore(3, {});
  rules.push_back({"bonus", {}, BonusRule{.points = 5}});
  EXPECT_TRUE(MayBeSet(rules));
  // Nothing comes after what is the last.
  rules = AndOneMore(4, {});
  rules[4].does = MultiplierRule{.percent = 120, .last = true};
  EXPECT_FALSE(MayBeSet(rules));
  std::swap(rules[3], rules[4]);
  EXPECT_TRUE(MayBeSet(rules));
}

TEST(CheckPolicy, MultipliersThatNeverMeetMayBeMany) {
  // Twice as many tiers as may meet, and three that fit every one.
  std::vector<PurchaseRule> rules = AndOneMore(2, {});
  for (const char* tier : {"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"}) {
    rules.push_back({tier, {.tiers = {tier}}, MultiplierRule{130}});
  }
  EXPECT_TRUE(MayBeSet(rules));
  rules.push_back({"upper", {.tiers = {"t7", "t8"}}, MultiplierRule{130}});
  EXPECT_FALSE(MayBeSet(rules));
}

TEST(CheckPolicy, ScopesKeepMultipliersApartByWhatEachLineHasOneOf) {
  const auto apart = [](const RuleScope& a, const RuleScope& b) {
    std::vector<PurchaseRule> rules = AndOneMore(3, a);
    rules.push_back({"other", b, MultiplierRule{130}});
    return MayBeSet(rules);
  };
  EXPECT_TRUE(apart({.skus = {"a", "b"}}, {.skus = {"c"}}));
  EXPECT_FALSE(apart({.skus = {"a", "b"}}, {.skus = {"c", "b"}}));
  EXPECT_FALSE(apart({.skus = {"a"}}, {.categories = {"b"}}));
  EXPECT_TRUE(apart({.categories = {"a"}}, {.categories = {"b"}}));
  EXPECT_TRUE(apart({.stores = {"a"}}, {.stores = {"b"}}));
  EXPECT_TRUE(apart({.channels = {"a"}}, {.channels = {"b"}}));
  EXPECT_TRUE(apart({.currency_codes = {"USD"}}, {.currency_codes = {"EUR"}}));
  EXPECT_FALSE(apart({.tenders = {"card"}}, {.tenders = {"cash"}}));
  EXPECT_TRUE(apart({.until = kNow}, {.from = kNow}));
  EXPECT_FALSE(apart({.until = kNow + absl::Microseconds(1)}, {.from = kNow}));
  EXPECT_TRUE(apart({.weekdays = {5}}, {.weekdays = {6}}));
  EXPECT_TRUE(apart({.until_minute = 600}, {.from_minute = 600}));
  EXPECT_FALSE(apart({.until_minute = 601}, {.from_minute = 600}));
  // A night of Fridays is Saturday's morning.
  EXPECT_FALSE(
      apart({.weekdays = {5}, .from_minute = 1'320, .until_minute = 120}, {.weekdays = {6}}));
}

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
      {"policy.earning.rules.code", Reason::kFieldMissing,
       [](Policy& p) { p.earning.rules.push_back({.does = ExclusionRule{}}); }},
      {"policy.earning.rules.code", Reason::kFieldInvalid,
       [](Policy& p) { p.earning.rules.resize(2, {.code = "twice", .does = ExclusionRule{}}); }},
      {"policy.earning.rules.scope.weekdays", Reason::kFieldInvalid,
       [](Policy& p) {
         p.earning.rules.push_back({"a", {.weekdays = {8}}, ExclusionRule{}});
       }},
      {"policy.earning.rules.scope.until_minute", Reason::kFieldInvalid,
       [](Policy& p) {
         p.earning.rules.push_back({"a", {.from_minute = 60, .until_minute = 60}, ExclusionRule{}});
       }},
      {"policy.earning.rules.scope.ends_at", Reason::kFieldInvalid,
       [](Policy& p) {
         p.earning.rules.push_back({"a", {.from = kNow, .until = kNow}, ExclusionRule{}});
       }},
      {"policy.earning.rules.multiplier.percent", Reason::kFieldInvalid,
       [](Policy& p) {
         p.earning.rules.push_back({"a", {}, MultiplierRule{10'001}});
       }},
      {"policy.earning.rules.bonus.points", Reason::kFieldInvalid,
       [](Policy& p) {
         p.earning.rules.push_back({"a", {}, BonusRule{.points = 0}});
       }},
      {"policy.earning.rules.cap.action", Reason::kFieldMissing,
       [](Policy& p) {
         p.earning.rules.push_back({"a", {}, CapRule{1, CapAction{0}}});
       }},
      {"policy.earning.store_zones.time_zone", Reason::kInvalidTimeZone,
       [](Policy& p) { p.earning.store_zones["a"] = "Mars/Phobos"; }},
      {"policy.earning.claim_days", Reason::kFieldInvalid,
       [](Policy& p) { p.earning.claim_days = 366; }},
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
}  // namespace thanks_rules_test
}  // namespace gratis::thanks
