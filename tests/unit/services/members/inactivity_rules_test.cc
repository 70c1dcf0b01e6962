#include "services/members/inactivity_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using ledger::MemberState;

const absl::TimeZone kUtc = absl::UTCTimeZone();
const InactivityPolicy kTwoYears{.version = 4, .months = 24, .notice_days = 30};

absl::Time At(int year, int month, int day, int hour = 12) {
  return absl::FromCivil(absl::CivilHour(year, month, day, hour), kUtc);
}

IdleMember Idle(absl::Time since) {
  IdleMember member;
  member.state = MemberState::kActive;
  member.since = since;
  member.last_seq = 7;
  return member;
}

InactivityStep StepOf(const IdleMember& member, absl::Time now) {
  return Judge(member, kTwoYears, kUtc, now).step;
}

IdleMember Noticed(absl::Time since, absl::Time noticed_at, absl::Time erase_at) {
  IdleMember member = Idle(since);
  member.notice = InactivityNotice{
      .seq = 8, .policy_version = 4, .noticed_at = noticed_at, .erase_at = erase_at};
  return member;
}

TEST(InactivityPolicy, IsOffOrBothAreSaid) {
  const auto field = [](int32_t months, int32_t notice_days) {
    const absl::Status status =
        CheckInactivityPolicy({.version = 0, .months = months, .notice_days = notice_days});
    return status.ok() ? "" : FieldOf(status).value_or("none");
  };
  EXPECT_EQ(field(0, 0), "");
  EXPECT_EQ(field(3, 14), "");
  EXPECT_EQ(field(120, 60), "");
  EXPECT_EQ(field(0, 14), "policy.notice_days");
  EXPECT_EQ(FieldOf(CheckInactivityPolicy({.erase_without_email = true})).value_or("none"),
            "policy.erase_without_email");
  for (const int32_t months : {-1, 1, 2, 121}) EXPECT_EQ(field(months, 14), "policy.months");
  for (const int32_t days : {-1, 0, 13, 61}) EXPECT_EQ(field(24, days), "policy.notice_days");
}

TEST(MonthsLater, EndsWithShortMonthsAndKeepsTheHour) {
  EXPECT_EQ(MonthsLater(At(2026, 1, 31), 1, kUtc), At(2026, 2, 28));
  EXPECT_EQ(MonthsLater(At(2027, 11, 30), 3, kUtc), At(2028, 2, 29));
  EXPECT_EQ(MonthsLater(At(2026, 3, 31), -1, kUtc), At(2026, 2, 28));
  EXPECT_EQ(MonthsLater(At(2026, 5, 3), -24, kUtc), At(2024, 5, 3));
  absl::TimeZone zurich;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Zurich", &zurich));
  // Nine in the morning in winter and in summer.
  EXPECT_EQ(MonthsLater(At(2026, 1, 15, 8), 6, zurich), At(2026, 7, 15, 7));
}

TEST(Inactive, AreNoticedTheDaysBeforeTheirAccountEnds) {
  const IdleMember member = Idle(At(2024, 5, 3));
  const absl::Time first = At(2026, 5, 3) - absl::Hours(24 * 30);
  EXPECT_EQ(StepOf(member, first - absl::Nanoseconds(1)), InactivityStep::kNone);
  const InactivityVerdict verdict = Judge(member, kTwoYears, kUtc, first);
  EXPECT_EQ(verdict.step, InactivityStep::kNotice);
  EXPECT_EQ(verdict.kept, InactivityKept::kNothing);
  EXPECT_EQ(verdict.erase_at, At(2026, 5, 3));
  // However late it is found out, the days of notice are given.
  const absl::Time late = At(2031, 1, 1);
  EXPECT_EQ(Judge(member, kTwoYears, kUtc, late).erase_at, late + absl::Hours(24 * 30));
}

TEST(Inactive, AreErasedWhenTheNoticeIsOverAndNotBefore) {
  const IdleMember member = Noticed(At(2024, 5, 3), At(2026, 4, 3), At(2026, 5, 3));
  EXPECT_EQ(StepOf(member, At(2026, 5, 3) - absl::Nanoseconds(1)), InactivityStep::kWait);
  EXPECT_EQ(StepOf(member, At(2026, 5, 3)), InactivityStep::kErase);
  EXPECT_EQ(StepOf(member, At(2029, 5, 3)), InactivityStep::kErase);
}

TEST(Inactive, AreSparedByWhateverTheyDoAfterTheNotice) {
  IdleMember member = Noticed(At(2024, 5, 3), At(2026, 4, 3), At(2026, 5, 3));
  member.last_seq = 9;
  member.since = At(2026, 4, 20);
  EXPECT_EQ(StepOf(member, At(2026, 6, 1)), InactivityStep::kNone);
  EXPECT_EQ(StepOf(member, At(2028, 4, 20) - absl::Hours(24 * 30)), InactivityStep::kNotice);
  // What was only brought in late does not make them active, and takes another notice all the same.
  member.since = At(2024, 6, 1);
  EXPECT_EQ(StepOf(member, At(2026, 6, 1)), InactivityStep::kNotice);
}

TEST(Inactive, AreSparedByWhatIsRecordedOfADuplicateAfterTheNotice) {
  IdleMember member = Noticed(At(2024, 5, 3), At(2026, 4, 3), At(2026, 5, 3));
  member.others_at = At(2026, 4, 2);
  EXPECT_EQ(StepOf(member, At(2026, 6, 1)), InactivityStep::kErase);
  member.others_at = member.since = At(2026, 4, 20);
  EXPECT_EQ(StepOf(member, At(2026, 6, 1)), InactivityStep::kNone);
}

TEST(Inactive, AreNotErasedOnTheNoticeOfAnotherPolicy) {
  IdleMember member = Noticed(At(2024, 5, 3), At(2026, 4, 3), At(2026, 5, 3));
  member.notice->policy_version = 3;
  EXPECT_EQ(StepOf(member, At(2026, 6, 1)), InactivityStep::kNotice);
  const InactivityPolicy off{.version = 5, .months = 0, .notice_days = 0};
  EXPECT_EQ(Judge(member, off, kUtc, At(2036, 6, 1)).step, InactivityStep::kNone);
}

TEST(Inactive, AreKeptWhileSomethingIsOpen) {
  const auto kept = [](const IdleMember& member) {
    return Judge(member, kTwoYears, kUtc, At(2027, 1, 1)).kept;
  };
  IdleMember member = Noticed(At(2024, 5, 3), At(2026, 4, 3), At(2026, 5, 3));
  EXPECT_EQ(kept(member), InactivityKept::kNothing);
  for (const MemberState state :
       {MemberState::kSuspended, MemberState::kRestricted, MemberState::kDeceased}) {
    member.state = state;
    EXPECT_EQ(kept(member), InactivityKept::kState);
  }
  for (const MemberState state : {MemberState::kEarnOnly, MemberState::kClosed}) {
    member.state = state;
    EXPECT_EQ(kept(member), InactivityKept::kNothing);
  }
  member.open_complaints = 1;
  EXPECT_EQ(kept(member), InactivityKept::kComplaint);
  member.holding = true;
  EXPECT_EQ(kept(member), InactivityKept::kHold);
}

TEST(Inactive, AreNotWhoeverIsGoneOrOfWhomNothingIsKnown) {
  IdleMember member = Idle(At(2020, 1, 1));
  for (const MemberState state : {MemberState::kErased, MemberState::kMerged, MemberState::kNone}) {
    member.state = state;
    EXPECT_EQ(StepOf(member, At(2030, 1, 1)), InactivityStep::kNone);
  }
  member.state = MemberState::kActive;
  member.since = absl::InfinitePast();
  EXPECT_EQ(StepOf(member, At(2030, 1, 1)), InactivityStep::kNone);
}

// Whoever is not looked at because they were active lately is not to be noticed either.
TEST(ActiveAfter, MissesNobody) {
  std::mt19937_64 random(4711);
  absl::TimeZone zurich;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Zurich", &zurich));
  for (int i = 0; i < 20'000; ++i) {
    const InactivityPolicy policy{.version = 1,
                                  .months = static_cast<int32_t>(3 + random() % 118),
                                  .notice_days = static_cast<int32_t>(14 + random() % 47)};
    const absl::Time now = At(2026, 1, 1) + absl::Minutes(random() % (4 * 366 * 24 * 60));
    const absl::Time since =
        MonthsLater(now, -policy.months, zurich) + absl::Minutes(random() % (80 * 24 * 60));
    if (Judge(Idle(since), policy, zurich, now).step == InactivityStep::kNone) continue;
    ASSERT_LE(since, ActiveAfter(policy, zurich, now))
        << policy.months << " months, " << policy.notice_days << " days, at " << now;
  }
}

// What is given to somebody, and what time does, is not theirs.
TEST(ActivityKinds, AreWhatPeopleDo) {
  using ledger::FactKind;
  for (const FactKind kind :
       {FactKind::kBirthdayGift, FactKind::kSurpriseGift, FactKind::kThankYou, FactKind::kExpired,
        FactKind::kActivated, FactKind::kTierChanged, FactKind::kVoucherIssued,
        FactKind::kInactivityNoticed, FactKind::kTransferredIn, FactKind::kHoldExpired,
        FactKind::kComplaintResolved, FactKind::kAdjusted}) {
    EXPECT_THAT(ActivityKinds(), ::testing::Not(::testing::Contains(kind)));
  }
  for (const FactKind kind : {FactKind::kPurchase, FactKind::kEarn, FactKind::kSpend,
                              FactKind::kMemberEnrolled, FactKind::kVoucherRedeemed}) {
    EXPECT_THAT(ActivityKinds(), ::testing::Contains(kind));
  }
}

}  // namespace
}  // namespace gratis::members
