#include "services/birthdays/birthdays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "common/status/reasons.h"
#include "tests/integration/services/birthdays/birthdays_house.h"

namespace gratis::birthdays {
namespace {

using ::testing::HasSubstr;

class BirthdaysTest : public BirthdaysHouse {};

TEST_F(BirthdaysTest, GiftIsGivenAtTheGivingHourAndOnceHoweverOftenItIsRun) {
  const MemberId member = AddMember({6, 15});
  AddMember({9, 1});
  EXPECT_EQ(Run("2027-06-15 08:59"), "given 0, already 0, withheld 0, points 0");
  EXPECT_EQ(Balance(member), 0);
  EXPECT_EQ(Run("2027-06-15 09:00"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Balance(member), 100);
  for (const char* again : {"2027-06-15 09:00", "2027-06-15 23:00", "2027-07-10 12:00"}) {
    EXPECT_EQ(Run(again), "given 0, already 1, withheld 0, points 0");
  }
  EXPECT_EQ(Balance(member), 100);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 40"), 1);
  EXPECT_EQ(Count("gratis_birthdays.gift"), 1);
  // A year later; nobody ran on 1 September.
  EXPECT_EQ(Run("2028-06-15 09:00"), "given 1, already 0, withheld 1, points 100");
  EXPECT_EQ(Balance(member), 200);
}

TEST_F(BirthdaysTest, EachMemberByTheirOwnZone) {
  AddMember({6, 15}, "Pacific/Kiritimati");  // 9:00 there is 21:00 of the 14th in Zurich
  AddMember({6, 15}, "Europe/Zurich");
  AddMember({6, 15}, "Etc/GMT+12");  // and 23:00 of the 15th
  EXPECT_EQ(Run("2027-06-14 20:59"), "given 0, already 0, withheld 0, points 0");
  EXPECT_EQ(Run("2027-06-14 21:00"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Run("2027-06-15 09:00"), "given 1, already 1, withheld 0, points 100");
  EXPECT_EQ(Run("2027-06-15 22:59"), "given 0, already 2, withheld 0, points 0");
  EXPECT_EQ(Run("2027-06-15 23:00"), "given 1, already 2, withheld 0, points 100");
}

TEST_F(BirthdaysTest, WhatIsJournaledTellsWhoGaveWhatAndWhen) {
  const MemberId member = AddMember({6, 15});
  Run("2027-06-15 12:34");
  std::vector<ledger::JournalRow> rows;
  ASSERT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
                ASSIGN_OR_RETURN(rows, ledger::ReadEntries(tx, program_, member, {}, 10));
                return absl::OkStatus();
              }).ok());
  ASSERT_EQ(rows.size(), 2U);
  const ledger::JournalRow& gift = rows.front();
  EXPECT_EQ(gift.fact.kind, ledger::FactKind::kBirthdayGift);
  EXPECT_EQ(gift.fact.points, 100);
  EXPECT_EQ(gift.fact.debit, ledger::Account::kIssued);
  EXPECT_EQ(gift.fact.credit, ledger::Account::kAvailable);
  EXPECT_EQ(gift.fact.effective_at, At("2027-06-15 12:34"));
  EXPECT_EQ(gift.actor, "service:birthdays");
  EXPECT_EQ(gift.fact.detail, R"({"year":2027,"policy_version":0,"gift":"points","points":100})");
  EXPECT_THAT(gift.fact.source + gift.fact.detail, ::testing::Not(HasSubstr("06-15")));
}

TEST_F(BirthdaysTest, WhoIsNotInGoodStandingGetsNoneAndTheExplanationSaysWhy) {
  using ledger::MemberState;
  const std::vector<MemberId> members = AddMembers(7, [&](int) {
    return Celebrant{MonthDay{6, 15}, absl::UTCTimeZone(), At("2026-01-01 00:00")};
  });
  for (int i = 1; i < 7; ++i) {
    SetState(members[static_cast<size_t>(i)], static_cast<MemberState>(i + 1));
  }
  RunOrder only_counted = Order(At("2027-06-15 12:00"));
  only_counted.validate_only = true;
  EXPECT_EQ(Run(only_counted), "given 2, already 0, withheld 5, points 200");
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 2, already 0, withheld 5, points 200");
  EXPECT_EQ(Balance(members[0]), 100);  // active
  EXPECT_EQ(Balance(members[2]), 100);  // earn-only
  const auto explained =
      birthdays_.Explain(program_, members[4], 2027, At("2027-06-15 12:00"), Soon());
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->verdict.why, Withheld::kMemberState);
  EXPECT_EQ(explained->sentence, "No gift: the member's state is deceased.");
}

TEST_F(BirthdaysTest, WhoIsReinstatedWithinTheLateDaysGetsTheirsThen) {
  const MemberId member = AddMember({6, 15});
  SetState(member, ledger::MemberState::kSuspended);
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 0, already 0, withheld 1, points 0");
  SetState(member, ledger::MemberState::kActive);
  EXPECT_EQ(Run("2027-06-20 12:00"), "given 1, already 0, withheld 0, points 100");
}

TEST_F(BirthdaysTest, RunsAtOnceFromTwoProcessesGiveOneGiftEach) {
  constexpr int kMembers = 300;
  const std::vector<MemberId> members = AddMembers(kMembers, [&](int i) {
    return Celebrant{MonthDay{6, 1 + i % 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  celebrants_.page_size = 40;
  pg::Pool other_pool(PoolOptions(database_.conninfo()));
  ledger::Poster other_poster({.chain_key = std::string(32, 'c')}, other_pool, real_clock_);
  FakeCelebrants other_celebrants = celebrants_;
  Birthdays other(other_pool, other_poster, other_celebrants, ids_, vault_);

  std::mutex mutex;
  RunReport sum;
  const auto run = [&](Birthdays& process) {
    const absl::StatusOr<RunReport> report = process.Run(Order(At("2027-06-15 12:00")));
    ASSERT_TRUE(report.ok()) << report.status();
    const std::lock_guard lock(mutex);
    sum.given.Add(report->given);
    sum.already_given += report->already_given;
  };
  std::vector<std::thread> runs;
  for (int i = 0; i < 2; ++i) {
    runs.emplace_back(run, std::ref(birthdays_));
    runs.emplace_back(run, std::ref(other));
  }
  for (std::thread& thread : runs) thread.join();
  EXPECT_EQ(sum.given.gifts, kMembers);
  EXPECT_EQ(sum.given.points, kMembers * 100);
  EXPECT_EQ(sum.already_given, 3 * kMembers);
  for (const MemberId& member : members) EXPECT_EQ(Balance(member), 100);
  EXPECT_EQ(TrialBalance().total_points, 0);
}

TEST_F(BirthdaysTest, RunRefusesTheFutureOfTheProgramsOwnDay) {
  AddMember({6, 16});
  RunOrder order = Order(At("2027-06-15 23:30"));  // in UTC it is still 21:30
  order.through = absl::CivilDay(2027, 6, 16);
  const absl::StatusOr<RunReport> future = birthdays_.Run(order);
  EXPECT_EQ(ReasonOf(future.status()), Reason::kFutureDate);
  EXPECT_EQ(FieldOf(future.status()), "through");
  order.through = absl::CivilDay(2027, 6, 15);
  EXPECT_EQ(Run(order), "given 0, already 0, withheld 0, points 0");
  EXPECT_EQ(Count("gratis_birthdays.gift"), 0);
}

TEST_F(BirthdaysTest, RunThroughAPastDayGivesWhatWasDueByThenAndIsNotTooLateNow) {
  AddMember({6, 10});
  AddMember({6, 12});
  AddMember({5, 1});
  RunOrder order = Order(At("2027-06-15 12:00"));
  order.through = absl::CivilDay(2027, 6, 11);
  EXPECT_EQ(Run(order), "given 1, already 0, withheld 0, points 100");
  order.through = absl::CivilDay(2027, 5, 15);  // 1 May was in time then, and is not now
  EXPECT_EQ(Run(order), "given 0, already 0, withheld 1, points 0");
  order.through.reset();
  EXPECT_EQ(Run(order), "given 1, already 1, withheld 0, points 100");
}

TEST_F(BirthdaysTest, ValidateOnlyCountsAndGivesNothing) {
  const MemberId member = AddMember({6, 15});
  AddMember({6, 16});
  RunOrder order = Order(At("2027-06-15 12:00"));
  order.validate_only = true;
  EXPECT_EQ(Run(order), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Run(order), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Balance(member), 0);
  EXPECT_EQ(Count("gratis_birthdays.gift"), 0);
  EXPECT_EQ(Count("gratis_birthdays.progress"), 0);
  EXPECT_EQ(Count("ledger.request WHERE request_id LIKE '%birthday:%'"), 0);
}

TEST_F(BirthdaysTest, NoCallersRequestIdKeepsAGiftFromBeingGiven) {
  const MemberId member = AddMember({6, 15});
  const std::string own = "birthday:" + member.ToString() + ":2027";
  database_.Execute(
      "INSERT INTO ledger.request (program, request_id, fingerprint, answer, partition,"
      " recorded_at, number, seal) SELECT number, '" +
      own + "', 'x', '', first_partition, now(), 1, '' FROM ledger.program WHERE code = 'demo'");
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 1, already 0, withheld 0, points 100");
}

TEST_F(BirthdaysTest, DowntimeIsCaughtUpOnceAndWhatIsTooLateIsWithheld) {
  AddMembers(60, [&](int i) {  // a birthday each on the 60 days from 15 April to 13 June
    const absl::CivilDay day = absl::CivilDay(2027, 4, 15) + i;
    return Celebrant{MonthDay{day.month(), day.day()}, *base::LoadZone("Europe/Zurich"),
                     At("2026-01-01 00:00")};
  });
  EXPECT_EQ(Run("2027-04-15 12:00"), "given 1, already 0, withheld 0, points 100");
  // Back after 60 days: of the 59 that passed, 30 and today are in time.
  EXPECT_EQ(Run("2027-06-13 12:00"), "given 31, already 1, withheld 28, points 3100");
  EXPECT_EQ(Run("2027-06-13 12:00"), "given 0, already 31, withheld 2, points 0");
  EXPECT_EQ(Count("gratis_birthdays.gift"), 32);
}

TEST_F(BirthdaysTest, PolicyEditedBetweenTwoRunsChangesNoGiftAlreadyGiven) {
  const MemberId june = AddMember({6, 15});
  const MemberId july = AddMember({7, 1});
  Run("2027-06-15 12:00");
  ASSERT_TRUE(Post({.offer = OfPoints(250)}, "policy-1").answer.ok());
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 0, already 1, withheld 0, points 0");
  EXPECT_EQ(Run("2027-07-01 12:00"), "given 1, already 1, withheld 0, points 250");
  EXPECT_EQ(Balance(june), 100);
  EXPECT_EQ(Balance(july), 250);
  EXPECT_EQ(Count("gratis_birthdays.gift WHERE policy_version = 1 AND worth = 250"), 1);
}

TEST_F(BirthdaysTest, PolicyEditedOnTheDayMissesNobodyAndDoublesNothing) {
  const MemberId east = AddMember({6, 15}, "Pacific/Kiritimati");
  const MemberId here = AddMember({6, 15}, "Europe/Zurich");
  const MemberId west = AddMember({6, 15}, "Etc/GMT+12");
  const MemberId later = AddMember({6, 18}, "Europe/Zurich");
  EXPECT_EQ(Run("2027-06-15 08:00"), "given 1, already 0, withheld 0, points 100");
  // Another gift, at another hour, days before.
  ASSERT_TRUE(
      Post({.offer = OfPoints(250), .local_hour = 20, .lead_days = 3}, "earlier").answer.ok());
  EXPECT_EQ(Run("2027-06-15 08:15"), "given 2, already 1, withheld 0, points 500");
  EXPECT_EQ(Run("2027-06-15 20:00"), "given 1, already 3, withheld 0, points 250");
  // And back: days that were passed over come, those that had theirs keep them.
  ASSERT_TRUE(Post({.offer = OfPoints(1)}, "back").answer.ok());
  EXPECT_EQ(Run("2027-06-19 12:00"), "given 0, already 4, withheld 0, points 0");
  EXPECT_EQ(Balance(east), 100);
  for (const MemberId& member : {here, west, later}) EXPECT_EQ(Balance(member), 250);
}

TEST_F(BirthdaysTest, JoinedWithinTheLateDaysABelatedGiftComesAtOnce) {
  const MemberId on_the_day = AddMember({6, 15}, "Europe/Zurich", "2027-06-15 18:00");
  const MemberId month_later = AddMember({6, 15}, "Europe/Zurich", "2027-07-15 23:00");
  const MemberId too_late = AddMember({6, 15}, "Europe/Zurich", "2027-07-16 00:00");
  EXPECT_EQ(Run("2027-07-15 23:00"), "given 2, already 0, withheld 1, points 200");
  EXPECT_EQ(Balance(on_the_day), 100);
  EXPECT_EQ(Balance(month_later), 100);
  EXPECT_EQ(Balance(too_late), 0);
}

// As when two processes read different policies and give at the same time.
TEST_F(BirthdaysTest, TheSameGiftUnderAnotherPolicyIsAReplayAndNoError) {
  const MemberId member = AddMember({6, 15});
  GiveGifts kind;
  std::vector<std::string> answers;
  for (const int64_t points : {100, 250}) {
    const auto policy = std::make_shared<Policy>(Policy{.offer = OfPoints(points)});
    const absl::Time now = At("2027-06-15 12:00") + absl::Minutes(points);
    auto gift = std::make_unique<GiveGift>(program_, member, 2027, celebrants_.members[0].celebrant,
                                           policy, now, now, ids_, birthdays_.codes());
    gift->envelope.actor = "service:birthdays";
    gift->envelope.deadline = Soon();
    const ledger::Outcome outcome = poster_.Post(kind, std::move(gift));
    ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    EXPECT_EQ(outcome.replayed, points == 250);
    answers.push_back(*outcome.answer);
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(Balance(member), 100);
}

// A decision under the lock sees what was given since the page was judged, also for another year.
TEST_F(BirthdaysTest, TwoBirthdayYearsInOneSetBringOneGift) {
  const MemberId member = AddMember({1, 3});
  const Celebrant moved{MonthDay{12, 28}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  GiveGifts kind;
  const auto policy = std::make_shared<Policy>(Policy{.lead_days = 10});
  const absl::Time now = At("2027-12-28 12:00");
  std::vector<ledger::Pending> set;
  std::vector<ledger::Outcome> outcomes;
  for (const int year : {2028, 2027}) {
    auto gift = std::make_unique<GiveGift>(program_, member, year,
                                           year == 2028 ? celebrants_.members[0].celebrant : moved,
                                           policy, now, now, ids_, birthdays_.codes());
    gift->envelope.deadline = Soon();
    outcomes.push_back(poster_.Post(kind, std::move(gift)));
  }
  EXPECT_TRUE(outcomes[0].answer.ok()) << outcomes[0].answer.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(outcomes[1].answer.status()));
  EXPECT_EQ(Balance(member), 100);
}

// Between being listed and being posted for.
TEST_F(BirthdaysTest, WhoeverIsGoneMeanwhileIsWithheldAndKeepsNobodyElseFromTheirGift) {
  const MemberId known = AddMember({6, 15});
  const MemberId erased = AddMember({6, 15});
  const MemberId suspended = AddMember({6, 15});
  celebrants_.members.insert(celebrants_.members.begin(), {MemberId{ids_.Next(real_clock_.Now())},
                                                           celebrants_.members.front().celebrant});
  // Tiers are asked for after a page was read.
  Policy by_tier;
  by_tier.tiers = {{"gold", OfPoints(500)}};
  ASSERT_TRUE(Post(by_tier, "by tier").answer.ok());
  celebrants_.before_tiers = [&] {
    SetState(erased, ledger::MemberState::kErased);
    SetState(suspended, ledger::MemberState::kSuspended);
  };
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 1, already 0, withheld 3, points 100");
  EXPECT_EQ(Balance(known), 100);
  EXPECT_EQ(Count("gratis_birthdays.progress"), 1);
}

TEST_F(BirthdaysTest, PeerThatIsDownIsTheRunsErrorAndCostsNoGift) {
  const MemberId member = AddMember({6, 15});
  celebrants_.before_page = [] {
    return Error(Reason::kPeerUnavailable, "members cannot be reached");
  };
  EXPECT_EQ(ReasonOf(birthdays_.Run(Order(At("2027-06-15 12:00"))).status()),
            Reason::kPeerUnavailable);
  celebrants_.before_page = nullptr;
  EXPECT_EQ(Run("2027-06-16 12:00"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Balance(member), 100);
}

class ExplainTest : public BirthdaysHouse {
 protected:
  Explanation Explain(const MemberId& member, int year, const std::string& now) {
    const absl::StatusOr<Explanation> explanation =
        birthdays_.Explain(program_, member, year, At(now), Soon());
    EXPECT_TRUE(explanation.ok()) << explanation.status();
    return explanation.value_or(Explanation{});
  }
};

TEST_F(ExplainTest, TellsWhatBecameOfEachYear) {
  const MemberId member = AddMember({2, 29}, "Asia/Kathmandu");
  ASSERT_TRUE(
      Post({.offer = OfPoints(40), .leap_day_rule = LeapDayRule::kMarch1}, "march").answer.ok());
  EXPECT_EQ(Explain(member, 2027, "2027-01-10 00:00").verdict.outcome, Outcome::kDue);
  EXPECT_THAT(Explain(member, 2027, "2027-01-10 00:00").sentence,
              HasSubstr("40 points will be given for the birthday of 2027 (29 February, kept on "
                        "2027-03-01) at 2027-03-01 09:00 Asia/Kathmandu"));
  Run("2027-03-02 00:00");
  const Explanation given = Explain(member, 2027, "2027-03-02 00:00");
  EXPECT_EQ(given.verdict.outcome, Outcome::kGiven);
  EXPECT_EQ(given.verdict.due_at, At("2027-03-01 09:00", "Asia/Kathmandu"));
  EXPECT_EQ(given.verdict.gift->offer, OfPoints(40));
  EXPECT_EQ(Count("ledger.journal WHERE kind = 40 AND transaction IN (SELECT transaction FROM "
                  "gratis_birthdays.gift)"),
            1);
  EXPECT_EQ(Explain(member, 2025, "2027-03-02 00:00").verdict.why, Withheld::kJoinedLater);
  EXPECT_EQ(Explain(member, 2028, "2029-01-01 00:00").verdict.why, Withheld::kTooLate);
}

TEST_F(ExplainTest, MemberWithoutBirthdayAndMemberUnknown) {
  const MemberId silent = AddMembers(1, [&](int) {
    return Celebrant{std::nullopt, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  })[0];
  EXPECT_EQ(Explain(silent, 2027, "2027-01-10 00:00").verdict.why, Withheld::kNoBirthday);
  EXPECT_EQ(Run("2027-01-10 00:00"), "given 0, already 0, withheld 0, points 0");
  const MemberId nobody{ids_.Next(real_clock_.Now())};
  EXPECT_EQ(
      ReasonOf(birthdays_.Explain(program_, nobody, 2027, real_clock_.Now(), Soon()).status()),
      Reason::kMemberNotFound);
}

}  // namespace
}  // namespace gratis::birthdays
