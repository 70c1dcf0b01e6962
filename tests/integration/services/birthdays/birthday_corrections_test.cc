#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/integration/services/birthdays/birthdays_house.h"
#include "tests/integration/services/birthdays/two_services.h"

// Whoever corrects their birthday to a day that no run looks at any more is found all the same.
namespace gratis::birthdays {
namespace {

using ::testing::HasSubstr;

constexpr char kFirstCorrection[] = "{\"changed\":[\"birthday\"],\"birthday_corrected\":true}";

class CorrectionsTest : public BirthdaysHouse {
 protected:
  Celebrant& Known(const MemberId& member) {
    return std::find_if(celebrants_.members.begin(), celebrants_.members.end(),
                        [&](const MemberCelebrant& known) { return known.member == member; })
        ->celebrant;
  }

  // What the members service says in the journal of a profile that was changed.
  void Say(const MemberId& member, absl::Time now, const std::string& detail) {
    const absl::Status said = Do(member, now, [&](ledger::Books& books) -> absl::Status {
      RETURN_IF_ERROR(books.RequireHolder(member));
      return books
          .Post({.kind = ledger::FactKind::kMemberUpdated,
                 .transaction = ledger::Beside(program_, member, TransactionId{ids_.Next(now)}),
                 .member = member,
                 .effective_at = now,
                 .detail = detail})
          .status();
    });
    EXPECT_EQ(said, absl::OkStatus());
  }

  void Correct(const MemberId& member, MonthDay to, const std::string& when) {
    Known(member).birthday = to;
    Known(member).corrected_at = At(when);
    Say(member, At(when), kFirstCorrection);
  }

  // On the day that was said first, and just before it is corrected: no run after that looks back.
  void RunUntilCorrected() {
    Run("2026-12-01 12:00");
    Run("2027-06-10 11:00");
  }

  int64_t Noted() { return Count("gratis_birthdays.correction"); }
};

TEST_F(CorrectionsTest, ADayThatIsLongOverBringsThisYearsGiftAtOnceAndTheNextOnTheDay) {
  const MemberId member = AddMember({12, 1});
  RunUntilCorrected();
  EXPECT_EQ(Balance(member), 100);
  Correct(member, {3, 1}, "2027-06-10 12:00");
  const auto told = birthdays_.Explain(program_, member, 2027, At("2027-06-10 12:05"), Soon());
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_THAT(told->sentence, HasSubstr("are due since 2027-06-10 12:00 Europe/Zurich"));

  RunOrder trial = Order(At("2027-06-10 12:15"));
  trial.validate_only = true;
  EXPECT_EQ(Run(trial), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Balance(member), 100);
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Balance(member), 200);
  for (const char* const again : {"2027-06-10 12:30", "2027-06-11 12:00", "2028-02-29 23:00"}) {
    EXPECT_EQ(Run(again), "given 0, already 0, withheld 0, points 0") << again;
    EXPECT_EQ(Noted(), 0);
  }
  // Less than 300 days after the one that the correction brought.
  EXPECT_EQ(Run("2028-03-01 09:00"), "given 1, already 0, withheld 0, points 100");
  const std::vector<Gift> gifts = GiftsOf(member);
  ASSERT_EQ(gifts.size(), 3U);
  EXPECT_EQ(gifts[1].year, 2027);
  EXPECT_EQ(gifts[1].due_at, At("2027-06-10 12:00"));
  ExpectSoundBooks();
}

TEST_F(CorrectionsTest, ADayThatTheRunLooksAtAnywayIsCountedAndTakesOfTheBudgetOnce) {
  Policy policy;
  policy.offer.budget = SetBudget(ledger::kPointsUnit, 400);
  ASSERT_TRUE(Post(policy, "within a budget").answer.ok());
  const MemberId lately = AddMember({12, 1});
  const MemberId long_ago = AddMember({12, 1});
  RunUntilCorrected();
  Correct(lately, {6, 1}, "2027-06-10 12:00");
  Correct(long_ago, {3, 1}, "2027-06-10 12:00");
  RunOrder trial = Order(At("2027-06-10 12:15"));
  trial.validate_only = true;
  EXPECT_EQ(Run(trial), "given 2, already 0, withheld 0, points 200");
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 2, already 0, withheld 0, points 200");
  EXPECT_EQ(Balance(lately), 200);
  EXPECT_EQ(Balance(long_ago), 200);
  EXPECT_EQ(Run("2027-06-10 12:30"), "given 0, already 1, withheld 0, points 0");
  EXPECT_EQ(Noted(), 0);
}

TEST_F(CorrectionsTest, ADayFromBeforeGivingBeganBringsNoMoreThanWhoeverSaidItRightHad) {
  const MemberId before = AddMember({7, 1});
  const MemberId belated = AddMember({7, 1});
  RunUntilCorrected();  // for the first time on 1 December 2026
  Correct(before, {10, 1}, "2027-06-10 12:00");
  Correct(belated, {11, 15}, "2027-06-10 12:00");
  const auto told = birthdays_.Explain(program_, before, 2026, At("2027-06-10 12:05"), Soon());
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->verdict.why, Withheld::kTooLate);
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Balance(before), 0);
  EXPECT_EQ(Balance(belated), 100);
  Run("2027-06-10 12:30");
  EXPECT_EQ(Noted(), 0);
  EXPECT_EQ(Run("2027-10-01 09:00"), "given 1, already 0, withheld 0, points 100");
}

TEST_F(CorrectionsTest, WhatAClockThatIsSetBackLivesThroughIsTimeInWhichGiftsAreGiven) {
  const MemberId member = AddMember({12, 1});
  Run("2027-06-09 12:00");
  RunUntilCorrected();
  Correct(member, {3, 1}, "2027-06-10 12:00");
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 1, already 0, withheld 0, points 100");
}

TEST_F(CorrectionsTest, ADayOnWhichThePolicyWasOffBringsNothing) {
  const MemberId while_off = AddMember({12, 1});
  const MemberId belated = AddMember({12, 1});
  RunUntilCorrected();
  ASSERT_TRUE(Post({.enabled = false}, "off", false, "2027-01-01 00:00").answer.ok());
  ASSERT_TRUE(Post({}, "on", false, "2027-05-15 00:00").answer.ok());
  Correct(while_off, {3, 1}, "2027-06-10 12:00");
  Correct(belated, {5, 1}, "2027-06-10 12:00");
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Balance(while_off), 100);
  EXPECT_EQ(Balance(belated), 200);
}

TEST_F(CorrectionsTest, WhatIsNoFirstCorrectionIsNotLookedAt) {
  const MemberId member = AddMember({12, 1});
  Say(member, At("2027-06-10 12:00"), "{\"changed\":[\"birthday\"]}");
  Say(member, At("2027-06-10 12:00"), "{\"changed\":[\"email\"]}");
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 0, already 0, withheld 0, points 0");
  EXPECT_EQ(Noted(), 0);
  EXPECT_GT(Count("gratis_birthdays.correction_cursor WHERE seq > 0"), 0);
}

TEST_F(CorrectionsTest, WhoIsReinstatedWithinTheLateDaysGetsTheirsThenAndWhoIsNotIsForgotten) {
  const MemberId back = AddMember({12, 1});
  const MemberId gone = AddMember({12, 1});
  RunUntilCorrected();
  for (const MemberId& member : {back, gone}) {
    SetState(member, ledger::MemberState::kSuspended);
    Correct(member, {3, 1}, "2027-06-10 12:00");
  }
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 0, already 0, withheld 2, points 0");
  EXPECT_EQ(Run("2027-06-30 12:00"), "given 0, already 0, withheld 2, points 0");
  SetState(back, ledger::MemberState::kActive);
  EXPECT_EQ(Run("2027-07-10 12:00"), "given 1, already 0, withheld 1, points 100");
  EXPECT_EQ(Noted(), 2);
  EXPECT_EQ(Run("2027-07-12 12:00"), "given 0, already 0, withheld 0, points 0");
  EXPECT_EQ(Noted(), 0);
  EXPECT_EQ(Balance(back), 200);
  EXPECT_EQ(Balance(gone), 100);
}

TEST_F(CorrectionsTest, WhoeverIsErasedMeanwhileIsForgottenAndKeepsNobodyFromTheirs) {
  const MemberId erased = AddMember({12, 1});
  const MemberId member = AddMember({12, 1});
  RunUntilCorrected();
  for (const MemberId& each : {erased, member}) Correct(each, {3, 1}, "2027-06-10 12:00");
  SetState(erased, ledger::MemberState::kErased);
  std::erase_if(celebrants_.members,
                [&](const MemberCelebrant& known) { return known.member == erased; });
  EXPECT_EQ(Run("2027-06-10 12:15"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Run("2027-06-10 12:30"), "given 0, already 0, withheld 0, points 0");
  EXPECT_EQ(Noted(), 0);
}

TEST_F(CorrectionsTest, HundredsAtOnceAreEachGivenTheirsOnceByTwoProcesses) {
  constexpr int kMembers = 600;  // more than are looked at together
  const std::vector<MemberId> members = AddMembers(kMembers, [&](int) {
    return Celebrant{MonthDay{12, 1}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  RunUntilCorrected();
  for (const MemberId& member : members) Correct(member, {3, 1}, "2027-06-10 12:00");
  pg::Pool other_pool(PoolOptions(database_.conninfo()));
  ledger::Poster other_poster({.chain_key = std::string(32, 'c')}, other_pool, real_clock_);
  FakeCelebrants other_celebrants = celebrants_;
  Birthdays other(other_pool, other_poster, other_celebrants, ids_, vault_);
  std::vector<std::thread> runs;
  for (Birthdays* const process : {&birthdays_, &other}) {
    runs.emplace_back([&, process] {
      const auto report = process->Run(Order(At("2027-06-10 12:15")));
      EXPECT_TRUE(report.ok()) << report.status();
    });
  }
  for (std::thread& run : runs) run.join();
  EXPECT_EQ(Count("gratis_birthdays.gift WHERE year = 2027"), kMembers);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 40"), 2 * kMembers);
  Run("2027-06-10 12:30");
  EXPECT_EQ(Noted(), 0);
  EXPECT_EQ(TrialBalance().total_points, 0);
}

// The members service tells of it.
TEST_F(TwoServices, ACorrectionMadeWithMembersBringsTheGiftAndOnlyTheFirstOne) {
  SetTime("2026-12-01 12:00");
  const std::string mia = Enroll(12, 1);
  ASSERT_TRUE(Run().ok());
  const auto correct = [&](const std::string& request_id, int month, int day) {
    members::v1::UpdateMemberRequest request;
    request.set_request_id(request_id);
    request.set_member_id(mia);
    request.mutable_profile()->mutable_birthday()->set_month(month);
    request.mutable_profile()->mutable_birthday()->set_day(day);
    request.mutable_update_mask()->add_paths("birthday");
    members::v1::UpdateMemberResponse response;
    return Call("support", &Member::UpdateMember, request, response);
  };
  SetTime("2027-06-10 11:00");
  ASSERT_TRUE(Run().ok());
  SetTime("2027-06-10 12:00");
  ASSERT_EQ(correct("first", 3, 1), absl::OkStatus());
  EXPECT_EQ(Explain(mia, 2027)->outcome(), v1::BIRTHDAY_OUTCOME_DUE);
  EXPECT_EQ(Explain(mia, 2027)->due_local(), "2027-06-10 12:00 Europe/Zurich");
  EXPECT_EQ(Run()->given(), 1);
  EXPECT_EQ(Balance(mia), 200);
  EXPECT_EQ(Explain(mia, 2027)->outcome(), v1::BIRTHDAY_OUTCOME_GIVEN);
  ASSERT_EQ(correct("second", 4, 1), absl::OkStatus());
  EXPECT_EQ(Run()->given(), 0);
  SetTime("2028-04-01 12:00");
  EXPECT_EQ(Run()->given(), 1);
}

}  // namespace
}  // namespace gratis::birthdays
