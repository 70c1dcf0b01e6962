#include "services/members/tier_standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/services/members/tier_testing.h"

namespace gratis::members {
namespace {

using testing::At;
using testing::Local;
using testing::Only;
using testing::Person;
using testing::Points;
using testing::Yearly;

TEST(Tiers, GoUpAtOnceAndByMoreThanOneStep) {
  const TierLadders ladders = Only(Points());
  Person mia(ladders, At("2027-01-01 09:00"));
  EXPECT_EQ(mia.TierAt(At("2027-01-01 10:00")), "base");
  mia.Earn(At("2027-02-01 09:00"), 99);
  EXPECT_EQ(mia.tier().tier(), "base");
  mia.Earn(At("2027-02-02 09:00"), 1);
  EXPECT_EQ(mia.tier().tier(), "silver");
  mia.Earn(At("2027-02-03 09:00"), 1'000);
  EXPECT_EQ(mia.Moves(), "base > silver 2027-02-02 09:00; silver > gold 2027-02-03 09:00");
  Person ben(ladders, At("2027-01-01 09:00"));
  ben.Earn(At("2027-02-03 09:00"), 300);
  EXPECT_EQ(ben.Moves(), "base > gold 2027-02-03 09:00");
}

TEST(Tiers, CountSpendOrVisitsOrPointsOfTheirUnit) {
  TierLadder ladder = Points();
  ladder.steps = {{"base", {}},
                  {"regular", {TierMeasure::kVisits, 0, 2}},
                  {"big", {TierMeasure::kSpend, 0, 10'000}},
                  {"stamps", {TierMeasure::kPoints, 2, 5}}};
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Buy(At("2027-01-02 09:00"), 1);
  EXPECT_EQ(mia.tier().tier(), "base");
  mia.Earn(At("2027-01-02 10:00"), 1'000);  // no visit, and no stamp
  EXPECT_EQ(mia.tier().tier(), "base");
  mia.Buy(At("2027-01-03 09:00"), 9'998);
  EXPECT_EQ(mia.tier().tier(), "regular");
  mia.Buy(At("2027-01-04 09:00"), 1);
  EXPECT_EQ(mia.tier().tier(), "big");
  mia.tier().Count({.seq = 99, .at = At("2027-01-05 09:00"), .unit = 2, .points = 5},
                   At("2027-01-05 09:00"));
  EXPECT_EQ(mia.tier().tier(), "stamps");
}

TEST(Tiers, GoDownTheDayAfterWhatReachedThemNoLongerCounts) {
  const TierLadders ladders = Only(Points(), "Europe/Zurich");
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-03-10 09:00"), 200);
  mia.Earn(At("2027-07-01 09:00"), 100);
  EXPECT_EQ(mia.tier().tier(), "gold");
  EXPECT_EQ(mia.TierAt(At("2028-03-10 23:59", "Europe/Zurich")), "gold");
  EXPECT_EQ(mia.TierAt(At("2028-03-11 00:00", "Europe/Zurich")), "silver");
  EXPECT_EQ(mia.TierAt(At("2030-01-01 00:00")), "base");
  EXPECT_EQ(mia.Moves("Europe/Zurich"),
            "base > silver 2027-03-10 10:00; silver > gold 2027-07-01 11:00; gold > silver "
            "2028-03-11 00:00; silver > base 2028-07-02 00:00");
}

TEST(Tiers, AreNotLostWhileTheGraceLasts) {
  TierLadder ladder = Points();
  ladder.grace_days = 30;
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-03-10 09:00"), 100);
  EXPECT_EQ(mia.TierAt(At("2028-03-11 00:00")), "silver");
  EXPECT_EQ(Local(mia.tier().standing().short_since), "2028-03-11 00:00");
  EXPECT_EQ(Local(mia.tier().NextMove()->at), "2028-04-10 00:00");
  Person ben = mia;
  ben.Earn(At("2028-04-09 23:59"), 100);
  EXPECT_EQ(Local(ben.tier().standing().short_since), "never");
  EXPECT_EQ(ben.TierAt(At("2028-06-01 00:00")), "silver");
  EXPECT_EQ(mia.TierAt(At("2028-04-09 23:59")), "silver");
  EXPECT_EQ(mia.TierAt(At("2028-04-10 00:00")), "base");
}

TEST(Tiers, AreGivenBackWithWhatReachedThem) {
  const TierLadders ladders = Only(Points());
  Person mia(ladders, At("2027-01-01 09:00"));
  const int64_t bought = mia.Earn(At("2027-03-10 09:00"), 320);
  mia.Return(At("2027-03-11 09:00"), bought, 20);
  EXPECT_EQ(mia.tier().tier(), "gold");
  mia.Return(At("2027-03-12 09:00"), bought, 1);
  EXPECT_EQ(mia.tier().tier(), "silver");
  mia.Return(At("2027-03-13 09:00"), bought, 299);
  EXPECT_EQ(mia.Moves(),
            "base > gold 2027-03-10 09:00; gold > silver 2027-03-12 09:00; silver > base "
            "2027-03-13 09:00");
}

TEST(Tiers, ReturnsTakeTheirShareOfMoneyAndTheWholeOneTakesTheVisit) {
  TierFact bought{.points = 3, .spend = 1'000, .purchase = true};
  EXPECT_EQ(bought.kept_spend(), 1'000);
  bought.returned = 1;
  EXPECT_EQ(bought.kept_spend(), 667);
  EXPECT_TRUE(bought.kept_visit());
  bought.returned = 2;
  EXPECT_EQ(bought.kept_spend(), 334);
  bought.returned = 3;
  EXPECT_EQ(bought.kept_spend(), 0);
  EXPECT_EQ(bought.kept_points(), 0);
  EXPECT_FALSE(bought.kept_visit());
  const TierFact unearned{.spend = 1'000, .purchase = true};
  EXPECT_EQ(unearned.kept_spend(), 1'000);
  EXPECT_TRUE(unearned.kept_visit());
  const TierFact most{.points = 1'000'000'000'000,
                      .returned = 999'999'999'999,
                      .spend = 9'000'000'000'000'000'000,
                      .purchase = true};
  EXPECT_EQ(most.kept_spend(), 9'000'000);
}

TEST(Tiers, ThatAreNeverLostStayWhateverComesBack) {
  TierLadder ladder = Points();
  ladder.demotion = TierDemotion::kNever;
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  const int64_t bought = mia.Earn(At("2027-03-10 09:00"), 300);
  mia.Return(At("2027-03-11 09:00"), bought, 300);
  EXPECT_EQ(mia.TierAt(At("2037-03-11 09:00")), "gold");
  EXPECT_EQ(mia.tier().NextMove(), std::nullopt);
}

TEST(Tiers, AStepDownIsKeptForAPeriod) {
  TierLadder ladder = Points();
  ladder.demotion = TierDemotion::kOneStep;
  ladder.rolling_months = 6;
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-01-10 09:00"), 300);
  EXPECT_EQ(mia.TierAt(At("2027-07-11 00:00")), "silver");
  EXPECT_EQ(mia.TierAt(At("2028-01-11 23:59")), "silver");
  EXPECT_EQ(mia.TierAt(At("2028-01-12 00:00")), "base");
}

TEST(TierYears, AreReachedInOneAndKeptToTheEndOfTheNext) {
  TierLadder ladder = Yearly();
  ladder.demotion = TierDemotion::kOneStep;
  ladder.grace_days = 10;
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-03-10 09:00"), 300);
  EXPECT_EQ(mia.TierAt(At("2028-12-31 23:59")), "gold");
  EXPECT_EQ(Local(mia.tier().standing().short_since), "never");
  EXPECT_EQ(mia.TierAt(At("2029-01-10 23:59")), "gold");
  EXPECT_EQ(mia.TierAt(At("2029-01-11 00:00")), "silver");
  EXPECT_EQ(mia.TierAt(At("2030-01-10 23:59")), "silver");
  EXPECT_EQ(mia.TierAt(At("2030-01-11 00:00")), "base");
}

TEST(TierYears, AreNotAddedUp) {
  const TierLadders ladders = Only(Yearly());
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-12-31 23:59"), 99);
  mia.Earn(At("2028-01-01 00:00"), 99);
  EXPECT_EQ(mia.tier().tier(), "base");
  EXPECT_EQ(mia.tier().Counted(ladders.versions[0], ladders.versions[0].steps[1].rule), 99);
}

TEST(TierYears, OfAMemberBeginWithTheDayTheyEnrolled) {
  const TierLadders ladders = Only(Yearly(TierPeriod::kMembershipYear));
  Person mia(ladders, At("2028-02-29 09:00"));
  mia.Earn(At("2029-02-27 09:00"), 100);
  EXPECT_EQ(mia.TierAt(At("2030-02-27 23:59")), "silver");
  EXPECT_EQ(mia.TierAt(At("2030-02-28 00:00")), "base");
}

TEST(TierYears, WhatTookEffectAheadOfTheClockCountsInItsYear) {
  const TierLadders ladders = Only(Yearly());
  Person mia(ladders, At("2027-01-01 09:00"));
  // Recorded two minutes before midnight, by a till whose clock goes four minutes fast.
  mia.tier().Count({.seq = 9, .at = At("2028-01-01 00:02"), .unit = 1, .points = 100},
                   At("2027-12-31 23:58"));
  EXPECT_EQ(mia.TierAt(At("2027-12-31 23:59")), "base");
  EXPECT_EQ(Local(mia.tier().NextMove()->at), "2028-01-01 00:00");
  EXPECT_EQ(mia.TierAt(At("2028-01-01 00:00")), "silver");
}

TEST(TierPolicies, ThatBeginReckonWithWhatWasDoneBefore) {
  TierLadders ladders = Only(Points());
  ladders.versions[0].effective_from = At("2027-06-01 00:00");
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-02-01 09:00"), 100);
  EXPECT_EQ(mia.tier().tier(), "");
  EXPECT_EQ(mia.TierAt(At("2027-06-02 00:00")), "silver");
  EXPECT_EQ(mia.Moves(), "base > silver 2027-06-01 00:00");
}

TEST(TierPolicies, KeepMembersWhereTheyAreByTheTiersCode) {
  TierLadders ladders = Only(Points());
  TierLadder harder = Points();
  harder.version = 2;
  harder.effective_from = At("2027-06-01 00:00");
  harder.grace_days = 10;
  harder.steps[1].rule.at_least = 1'000;
  harder.steps[2].rule.at_least = 3'000;
  ladders.versions.push_back(harder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-02-01 09:00"), 1'000);
  EXPECT_EQ(mia.TierAt(At("2027-06-10 23:59")), "gold");
  EXPECT_EQ(mia.TierAt(At("2027-06-11 00:00")), "silver");
}

TEST(TierPolicies, WithoutATierPutItsMembersIntoTheNextBelow) {
  TierLadders ladders = Only(Points());
  TierLadder shorter = Points();
  shorter.version = 2;
  shorter.effective_from = At("2027-06-01 00:00");
  shorter.steps.pop_back();
  ladders.versions.push_back(shorter);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-02-01 09:00"), 1'000);
  EXPECT_EQ(mia.TierAt(At("2027-06-01 00:00")), "silver");
  ASSERT_EQ(mia.tier().moves().size(), 2U);
  EXPECT_EQ(mia.tier().moves()[1].reason, TierChangeReason::kPolicy);
}

TEST(TierPolicies, DoNotJudgeWhatWasJournaledBeforeThem) {
  TierLadders ladders = Only(Points());
  TierLadder easier = Points();
  easier.version = 2;
  easier.effective_from = At("2027-02-01 09:00");
  easier.known_after = 2;  // set at the very moment of the second fact, and behind it
  easier.steps[1].rule.at_least = 10;
  ladders.versions.push_back(easier);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-02-01 09:00"), 50);
  EXPECT_EQ(mia.tier().tier(), "base");
  EXPECT_EQ(mia.TierAt(At("2027-02-01 09:00")), "silver");
}

// Silver at 100 points, gold for those in press.
TierLadder WithPress(TierDemotion demotion = TierDemotion::kRecalculated) {
  TierLadder ladder = Points();
  ladder.steps[2].rule = {TierMeasure::kSegment, 0, 1, "press"};
  ladder.demotion = demotion;
  return ladder;
}

SegmentMarks Press(absl::Time since, absl::Time until = absl::InfiniteFuture()) {
  return {{"press", since, until}};
}

TEST(TierSegments, BringMembersUpAtOnceAndEndWithTheirTime) {
  const TierLadders ladders = Only(WithPress());
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Put(At("2027-02-01 09:00"), {{"student", At("2027-02-01 09:00")}});
  EXPECT_EQ(mia.tier().tier(), "base");
  mia.Put(At("2027-02-02 09:00"), Press(At("2027-02-02 09:00"), At("2027-05-01 00:00")));
  EXPECT_EQ(mia.tier().tier(), "gold");
  mia.Earn(At("2027-03-01 09:00"), 150);
  EXPECT_EQ(Local(mia.tier().NextMove()->at), "2027-05-01 00:00");
  EXPECT_EQ(mia.TierAt(At("2027-04-30 23:59")), "gold");
  EXPECT_EQ(mia.TierAt(At("2027-05-01 00:00")), "silver");
  EXPECT_EQ(mia.Moves(), "base > gold 2027-02-02 09:00; gold > silver 2027-05-01 00:00");
}

TEST(TierSegments, ThatAreYetToBeginDoSoByThemselves) {
  const TierLadders ladders = Only(WithPress());
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Put(At("2027-02-01 09:00"), Press(At("2027-03-01 00:00")));
  EXPECT_EQ(mia.TierAt(At("2027-02-28 23:59")), "base");
  const std::optional<TierMove> next = mia.tier().NextMove();
  ASSERT_TRUE(next);
  EXPECT_EQ(Local(next->at) + " " + next->to, "2027-03-01 00:00 gold");
  EXPECT_EQ(mia.TierAt(At("2027-03-01 00:00")), "gold");
  EXPECT_EQ(mia.tier().NextMove(), std::nullopt);
}

TEST(TierSegments, ThatBeganLongAgoChangeTiersFromNowOn) {
  const TierLadders ladders = Only(WithPress());
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Put(At("2027-02-01 09:00"), Press(At("1999-01-01 00:00")));
  EXPECT_EQ(mia.Moves(), "base > gold 2027-02-01 09:00");
}

TEST(TierSegments, ThatAreTakenAwayEndAsThePolicySays) {
  TierLadder with_grace = WithPress();
  with_grace.grace_days = 10;
  const struct {
    TierLadder ladder;
    const char* moves;
  } cases[] = {
      {WithPress(), "base > gold 2027-02-01 09:00; gold > base 2027-03-01 09:00"},
      {with_grace, "base > gold 2027-02-01 09:00; gold > base 2027-03-11 09:00"},
      {WithPress(TierDemotion::kNever), "base > gold 2027-02-01 09:00"},
      {WithPress(TierDemotion::kOneStep),
       "base > gold 2027-02-01 09:00; gold > silver 2027-03-01 09:00; silver > base "
       "2028-03-02 00:00"},
  };
  for (const auto& c : cases) {
    const TierLadders ladders = Only(c.ladder);
    Person mia(ladders, At("2027-01-01 09:00"));
    mia.Put(At("2027-02-01 09:00"), Press(At("2027-02-01 09:00")));
    mia.Put(At("2027-03-01 09:00"), {});
    mia.TierAt(At("2030-01-01 00:00"));
    EXPECT_EQ(mia.Moves(), c.moves);
  }
}

TEST(TierSegments, ThatComeBackWithinTheGraceLoseNothing) {
  TierLadder ladder = WithPress();
  ladder.grace_days = 10;
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Put(At("2027-02-01 09:00"), Press(At("2027-02-01 09:00")));
  mia.Put(At("2027-03-01 09:00"), Press(At("2027-03-11 08:59")));
  EXPECT_EQ(Local(mia.tier().standing().short_since), "2027-03-01 09:00");
  EXPECT_EQ(mia.tier().NextMove(), std::nullopt);
  EXPECT_EQ(mia.TierAt(At("2028-01-01 00:00")), "gold");
  EXPECT_EQ(mia.Moves(), "base > gold 2027-02-01 09:00");
}

TEST(TierSegments, AreNotKeptToTheEndOfTheNextYear) {
  TierLadder ladder = WithPress();
  ladder.period = TierPeriod::kCalendarYear;
  ladder.rolling_months = 0;
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Put(At("2027-02-01 09:00"), Press(At("2027-02-01 09:00"), At("2027-06-15 12:00")));
  EXPECT_EQ(mia.TierAt(At("2027-06-15 11:59")), "gold");
  EXPECT_EQ(mia.TierAt(At("2027-06-15 12:00")), "base");
}

TEST(TierSegments, ThatHaveNoEndKeepTheirTierFromYearToYear) {
  TierLadder ladder = WithPress();
  ladder.period = TierPeriod::kCalendarYear;
  ladder.rolling_months = 0;
  const TierLadders ladders = Only(ladder);
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-01-15 09:00"), 150);
  mia.Put(At("2027-02-01 09:00"), Press(At("2027-02-01 09:00")));
  EXPECT_EQ(mia.tier().NextMove(), std::nullopt);
  EXPECT_EQ(mia.TierAt(At("2040-01-01 00:00")), "gold");
  mia.Put(At("2040-02-01 09:00"), {});
  EXPECT_EQ(mia.Moves(),
            "base > silver 2027-01-15 09:00; silver > gold 2027-02-01 09:00; gold > base "
            "2040-02-01 09:00");
}

TEST(TierSegments, CountAsOneForWhoeverIsInThem) {
  const TierLadders ladders = Only(WithPress());
  const TierLadder& ladder = ladders.versions[0];
  Person mia(ladders, At("2027-01-01 09:00"));
  EXPECT_EQ(mia.tier().Counted(ladder, ladder.steps[2].rule), 0);
  mia.Put(At("2027-02-01 09:00"), Press(At("2027-02-01 09:00")));
  EXPECT_EQ(mia.tier().Counted(ladder, ladder.steps[2].rule), 1);
}

TEST(NextMove, IsWhatComesIfNothingMoreHappens) {
  const TierLadders ladders = Only(Points());
  Person mia(ladders, At("2027-01-01 09:00"));
  EXPECT_EQ(mia.tier().NextMove(), std::nullopt);
  mia.Earn(At("2027-03-10 09:00"), 200);
  mia.Earn(At("2027-07-01 09:00"), 250);
  const std::optional<TierMove> next = mia.tier().NextMove();
  ASSERT_TRUE(next);
  EXPECT_EQ(Local(next->at), "2028-03-11 00:00");
  EXPECT_EQ(next->from + " > " + next->to, "gold > silver");
  EXPECT_EQ(mia.tier().tier(), "gold");
  EXPECT_TRUE(mia.tier().moves().size() == 2U);
}

}  // namespace
}  // namespace gratis::members
