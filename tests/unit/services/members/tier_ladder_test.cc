#include "services/members/tier_ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "tests/unit/services/members/tier_testing.h"

namespace gratis::members {
namespace {

using testing::At;
using testing::Local;
using testing::Only;
using testing::Points;
using testing::Yearly;
using testing::Zone;

absl::CivilDay Day(const std::string& text) { return base::ParseDay(text).value(); }

TEST(TierMonths, EndWithTheMonthThatHasNoSuchDay) {
  const struct {
    const char* day;
    int months;
    const char* then;
  } cases[] = {
      {"2027-01-31", 1, "2027-02-28"},  {"2028-01-31", 1, "2028-02-29"},
      {"2028-02-29", 12, "2029-02-28"}, {"2028-02-29", 48, "2032-02-29"},
      {"2027-12-31", 2, "2028-02-29"},  {"2027-03-31", -1, "2027-02-28"},
      {"2027-05-15", 12, "2028-05-15"}, {"2027-01-01", -1, "2026-12-01"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(base::FormatDay(AddMonths(Day(c.day), c.months)), c.then) << c.day;
  }
}

TEST(TierPeriods, ADayCountsThroughTheSameDaySoManyMonthsLater) {
  EXPECT_EQ(Local(RollingEnd(12, At("2027-03-01 23:59"), absl::UTCTimeZone())), "2028-03-02 00:00");
  EXPECT_EQ(Local(RollingEnd(12, At("2028-02-29 12:00"), absl::UTCTimeZone())), "2029-03-01 00:00");
  EXPECT_EQ(Local(RollingEnd(12, At("2027-02-28 12:00"), absl::UTCTimeZone())), "2028-02-29 00:00");
}

TEST(TierPeriods, DaysAreThoseOfTheProgramsZone) {
  // In Auckland the last evening of the UTC year is the next year's first morning.
  const absl::Time eve = At("2027-12-31 20:00");
  EXPECT_EQ(Local(YearOf(Yearly(), eve, eve, Zone("Pacific/Auckland")).start), "2027-12-31 11:00");
  EXPECT_EQ(Local(YearOf(Yearly(), eve, eve, absl::UTCTimeZone()).start), "2027-01-01 00:00");
  EXPECT_EQ(Local(RollingEnd(1, eve, Zone("Pacific/Auckland"))), "2028-02-01 11:00");
}

TEST(TierPeriods, AMembershipYearBeginsWithTheDayOfEnrolling) {
  const TierLadder ladder = Yearly(TierPeriod::kMembershipYear);
  const absl::Time enrolled = At("2026-05-15 18:00");
  const TierYear before = YearOf(ladder, enrolled, At("2028-05-14 23:59"), absl::UTCTimeZone());
  EXPECT_EQ(Local(before.start), "2027-05-15 00:00");
  EXPECT_EQ(Local(before.previous_start), "2026-05-15 00:00");
  EXPECT_EQ(Local(before.end), "2028-05-15 00:00");
  EXPECT_EQ(YearOf(ladder, enrolled, before.end, absl::UTCTimeZone()).start, before.end);
}

TEST(TierPeriods, AMembershipYearOfALeapDayBeginsOnThe28thInCommonYears) {
  const TierLadder ladder = Yearly(TierPeriod::kMembershipYear);
  const absl::Time enrolled = At("2028-02-29 10:00");
  const auto year = [&](const char* at) {
    return YearOf(ladder, enrolled, At(at), absl::UTCTimeZone());
  };
  EXPECT_EQ(Local(year("2028-02-29 00:00").end), "2029-02-28 00:00");
  EXPECT_EQ(Local(year("2029-02-28 00:00").start), "2029-02-28 00:00");
  EXPECT_EQ(Local(year("2032-02-28 23:59").start), "2031-02-28 00:00");
  EXPECT_EQ(Local(year("2032-02-29 00:00").start), "2032-02-29 00:00");
}

TEST(TierGrace, EndsAtTheSameTimeOfTheDayAcrossAChangeOfClocks) {
  const absl::TimeZone zurich = Zone("Europe/Zurich");
  const absl::Time before = At("2027-03-27 02:30", "Europe/Zurich");
  // That Sunday has no half past two: the clocks went from two to three.
  EXPECT_EQ(Local(GraceEnd(before, 1, zurich), "Europe/Zurich"), "2027-03-28 03:00");
  EXPECT_EQ(Local(GraceEnd(before, 2, zurich), "Europe/Zurich"), "2027-03-29 02:30");
  EXPECT_EQ(GraceEnd(before, 2, zurich) - before, absl::Hours(47));
  const absl::Time half_a_second = before + absl::Milliseconds(500);
  EXPECT_EQ(GraceEnd(half_a_second, 0, zurich), half_a_second);
}

TEST(TierPeriods, AMidnightThatTheClocksSkipIsTheFirstMomentOfItsDay) {
  // In Santiago clocks went from midnight to one o'clock on 8 September 2024.
  const absl::TimeZone santiago = Zone("America/Santiago");
  const absl::Time end = RollingEnd(1, At("2024-08-07 12:00", "America/Santiago"), santiago);
  EXPECT_EQ(Local(end, "America/Santiago"), "2024-09-08 01:00");
}

TEST(TierLadders, TheOneThatBeganLastIsInForceForWhatIsJournaledBehindIt) {
  TierLadders ladders = Only(Points());
  ladders.versions[0].effective_from = At("2027-01-01 00:00");
  TierLadder later = Points();
  later.version = 2;
  later.effective_from = At("2027-06-01 00:00");
  later.known_after = 10;
  TierLadder now = Points();
  now.version = 3;
  now.effective_from = At("2027-02-01 00:00");
  now.known_after = 20;
  ladders.versions.push_back(later);
  ladders.versions.push_back(now);
  const auto in_force = [&](int64_t seq, const char* at) {
    const TierLadder* found = ladders.InForce(seq, At(at));
    return found == nullptr ? 0 : found->version;
  };
  EXPECT_EQ(in_force(kAllFacts, "2026-12-31 23:59"), 0);
  EXPECT_EQ(in_force(kAllFacts, "2027-01-01 00:00"), 1);
  EXPECT_EQ(in_force(kAllFacts, "2027-02-01 00:00"), 3);
  EXPECT_EQ(in_force(20, "2027-02-01 00:00"), 1);
  EXPECT_EQ(in_force(21, "2027-02-01 00:00"), 3);
  EXPECT_EQ(in_force(kAllFacts, "2027-06-01 00:00"), 2);
  EXPECT_EQ(in_force(10, "2027-06-01 00:00"), 1);
  EXPECT_EQ(Local(ladders.NextStart(kAllFacts, At("2027-02-01 00:00"))), "2027-06-01 00:00");
  EXPECT_EQ(Local(ladders.NextStart(10, At("2027-01-01 00:00"))), "never");
}

TEST(CheckLadder, TellsWhichFieldIsWrong) {
  const auto field_of = [](auto spoil) {
    TierLadder ladder = Points();
    spoil(ladder);
    return FieldOf(CheckLadder(ladder)).value_or("none");
  };
  EXPECT_EQ(field_of([](TierLadder&) {}), "none");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps.clear(); }), "policy.tiers");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps.resize(21, l.steps[1]); }), "policy.tiers");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps[0].rule = l.steps[1].rule; }), "policy.tiers[0]");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps[2].rule = {}; }), "policy.tiers[2]");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps[2].rule.at_least = 100; }), "policy.tiers[2]");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps[2].rule.at_least = 0; }), "policy.tiers[2]");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps[2].code = "silver"; }), "policy.tiers[2].code");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps[2].code = "Gold"; }), "policy.tiers[2].code");
  EXPECT_EQ(field_of([](TierLadder& l) { l.steps[2].code = "g"; }), "policy.tiers[2].code");
  EXPECT_EQ(field_of([](TierLadder& l) { l.rolling_months = 0; }), "policy.rolling_months");
  EXPECT_EQ(field_of([](TierLadder& l) { l.period = TierPeriod::kCalendarYear; }),
            "policy.rolling_months");
  EXPECT_EQ(field_of([](TierLadder& l) { l.period = {}; }), "policy.period");
  EXPECT_EQ(field_of([](TierLadder& l) { l.demotion = {}; }), "policy.demotion");
  EXPECT_EQ(field_of([](TierLadder& l) { l.grace_days = 367; }), "policy.grace_days");
  // The same measure of another unit is another thing.
  EXPECT_EQ(field_of([](TierLadder& l) {
              l.steps[2].rule = {TierMeasure::kPoints, 2, 50};
            }),
            "none");
}

TEST(CheckLadder, ATierForASegmentNamesOneThatNoOtherIsFor) {
  const auto field_of = [](const std::string& silver, const std::string& gold) {
    TierLadder ladder = Points();
    ladder.steps[1].rule = {TierMeasure::kSegment, 0, 1, silver};
    ladder.steps[2].rule = {TierMeasure::kSegment, 0, 1, gold};
    return FieldOf(CheckLadder(ladder)).value_or("none");
  };
  EXPECT_EQ(field_of("student", "founder-circle"), "none");
  EXPECT_EQ(field_of("student", "student"), "policy.tiers[2].segment");
  EXPECT_EQ(field_of("Students", "press"), "policy.tiers[1].segment");
  EXPECT_EQ(field_of("student", ""), "policy.tiers[2].segment");
}

TEST(TierHorizon, NothingBehindItCounts) {
  TierLadders ladders = Only(Points());
  const absl::Time at = At("2028-03-31 15:00");
  EXPECT_LE(RollingEnd(12, TierHorizon(ladders, at), ladders.zone), at);
  ladders.versions.push_back(Yearly(TierPeriod::kMembershipYear));
  for (const char* enrolled : {"2024-02-29 00:00", "2020-03-31 23:00", "2020-04-01 00:00"}) {
    EXPECT_LE(TierHorizon(ladders, at),
              YearOf(ladders.versions[1], At(enrolled), at, ladders.zone).previous_start);
  }
}

}  // namespace
}  // namespace gratis::members
