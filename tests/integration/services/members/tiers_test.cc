#include "services/members/tiers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <thread>

#include "common/ledger/feed.h"
#include "common/ledger/verify.h"
#include "common/status/reasons.h"
#include "tests/integration/services/members/tiers_house.h"

namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using TiersTest = TiersHouse;

// Writes what a round decided, and then fails as if the process had ended.
class CutOff final : public ledger::MutationKind {
 public:
  absl::Status Load(pg::Tx& tx, absl::Span<ledger::Mutation* const> set) override {
    return rounds_.Load(tx, set);
  }
  absl::Status Write(pg::Tx& tx, absl::Span<ledger::Mutation* const> set) override {
    RETURN_IF_ERROR(rounds_.Write(tx, set));
    RETURN_IF_ERROR(tx.Flush());
    return Error(Reason::kInternal, "cut off");
  }

 private:
  TierRounds real_;
  ledger::MutationKind& rounds_ = real_;
};

TEST_F(TiersTest, AreRightThoughNothingEverRan) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  EXPECT_EQ(TierOf(mia), "base");
  Earn(mia, 120);
  EXPECT_EQ(TierOf(mia), "silver");
  EXPECT_THAT(HistoryOf(mia), ElementsAre("base > silver 2027-01-01 10:00"));
  now_ = At("2028-01-02 00:00");
  EXPECT_EQ(TierOf(mia), "base");
  EXPECT_THAT(HistoryOf(mia),
              ElementsAre("silver > base 2028-01-02 00:00", "base > silver 2027-01-01 10:00"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(TiersTest, OfManyAtOnceAreThoseOfEachWhetherKeptOrNot) {
  const MemberId early = Join();
  const auto codes = [&](const std::vector<MemberId>& members) {
    const auto found = tiers_.CodesOf(program_, members, now_, Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(std::map<MemberId, std::string>());
  };
  EXPECT_THAT(codes({early}), IsEmpty());  // there is no policy
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  std::vector<MemberId> members{early};
  for (int i = 0; i < 30; ++i) {
    members.push_back(Join());
    if (i % 3 > 0) Earn(members.back(), i % 3 == 1 ? 120 : 500);
    if (i == 20) Keep();  // what follows is read from the journal
  }
  for (const char* const time : {"2027-01-01 10:00", "2027-06-01 10:00", "2028-01-02 00:00"}) {
    now_ = At(time);
    std::map<MemberId, std::string> expected;
    for (const MemberId& member : members) expected[member] = TierOf(member);
    EXPECT_EQ(codes(members), expected) << time;
  }
  EXPECT_THAT(codes({MemberId{ids_.Next(now_)}}), IsEmpty());
}

TEST_F(TiersTest, AreJournaledOnceWhoeverFollows) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  Earn(mia, 120);
  Earn(mia, 200);
  pg::Pool other_pool(PoolOptions(database_.conninfo()));
  ledger::Poster other_poster({.chain_key = std::string(32, 'c')}, other_pool, clock_);
  Tiers other(other_pool, other_poster);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i, &other] {
      Tiers& tiers = i % 2 == 0 ? tiers_ : other;
      EXPECT_EQ(tiers.KeepAll(program_, now_, Soon(), {}), absl::OkStatus());
    });
  }
  for (std::thread& thread : threads) thread.join();
  Keep();
  EXPECT_THAT(HistoryOf(mia), ElementsAre("silver > gold 2027-01-01 10:00 journaled",
                                          "base > silver 2027-01-01 10:00 journaled"));
  EXPECT_EQ(Count("ledger.journal WHERE kind = 81"), 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(TiersTest, ARoundThatIsLostMovedNothing) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  Earn(mia, 120);
  CutOff cut_off;
  auto round =
      std::make_unique<TierRound>(program_, ledger::PartitionOf(program_, mia), TierRoundLimits{});
  round->envelope.now = now_;
  round->envelope.deadline = Soon();
  EXPECT_EQ(ReasonOf(poster_.Post(cut_off, std::move(round)).answer.status()), Reason::kInternal);
  EXPECT_EQ(Count("gratis_members.tier_member"), 0);
  EXPECT_EQ(Count("gratis_members.tier_cursor"), 0);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 81"), 0);
  Keep();
  EXPECT_THAT(HistoryOf(mia), ElementsAre("base > silver 2027-01-01 10:00 journaled"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(TiersTest, GoDownByTimeAloneOnceAndAsOfWhenItWasDue) {
  v1::TierPolicy policy = Points();
  policy.set_grace_days(10);
  ASSERT_EQ(SetPolicy(policy), absl::OkStatus());
  const MemberId mia = Join();
  Earn(mia, 320);
  Keep();
  now_ = At("2028-06-01 12:00");
  Keep();
  Keep();
  EXPECT_THAT(HistoryOf(mia), ElementsAre("gold > base 2028-01-12 00:00 journaled",
                                          "base > gold 2027-01-01 10:00 journaled"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(TiersTest, CountWhatIsEarnedByBuyingAndNothingElse) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  Earn(mia, 1'000, ledger::Origin::kGiven);
  EXPECT_EQ(TierOf(mia), "base");
  Buy(mia, 5'000, 100);
  EXPECT_EQ(TierOf(mia), "silver");
}

TEST_F(TiersTest, CountMoneyOfTheProgramsCurrencyAndKeptVisits) {
  v1::TierPolicy policy = Points();
  policy.mutable_tiers(1)->set_visits(2);
  policy.mutable_tiers(2)->mutable_spend()->set_currency_code("USD");
  policy.mutable_tiers(2)->mutable_spend()->set_minor_units(10'000);
  ASSERT_EQ(SetPolicy(policy), absl::OkStatus());
  const MemberId mia = Join();
  const TransactionId first = Buy(mia, 9'000, 90);
  EXPECT_EQ(TierOf(mia), "base");
  Buy(mia, 99'999, 0, "CHF");
  EXPECT_EQ(TierOf(mia), "silver");
  Keep();
  Buy(mia, 1'000, 10);
  EXPECT_EQ(TierOf(mia), "gold");
  BringBack(mia, first, 45);  // half of it
  EXPECT_EQ(TierOf(mia), "silver");
  BringBack(mia, first);
  EXPECT_EQ(TierOf(mia), "silver");  // two visits are left
  Keep();
  EXPECT_THAT(Findings(), IsEmpty());
}

// Silver at 100 points, gold for those in press.
class SegmentTiersTest : public TiersHouse {
 protected:
  static v1::TierPolicy WithPress() {
    v1::TierPolicy policy = Points();
    policy.mutable_tiers(2)->set_segment("press");
    return policy;
  }
};

TEST_F(SegmentTiersTest, FollowAtOnceAndByTimeAlone) {
  ASSERT_EQ(SetPolicy(WithPress()), absl::OkStatus());
  const MemberId mia = Join();
  Earn(mia, 120);
  PutInto(mia, "student");
  EXPECT_EQ(TierOf(mia), "silver");
  PutInto(mia, "press", At("2027-03-01 00:00"));
  EXPECT_EQ(TierOf(mia), "gold");
  Keep();
  now_ = At("2027-02-28 23:59");
  EXPECT_EQ(TierOf(mia), "gold");
  now_ = At("2027-03-01 00:00");
  EXPECT_EQ(TierOf(mia), "silver");
  Keep();
  EXPECT_THAT(HistoryOf(mia), ElementsAre("gold > silver 2027-03-01 00:00 journaled",
                                          "silver > gold 2027-01-01 10:00 journaled",
                                          "base > silver 2027-01-01 10:00 journaled"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(SegmentTiersTest, EndWhenTheyAreTakenAway) {
  v1::TierPolicy policy = WithPress();
  policy.set_grace_days(10);
  ASSERT_EQ(SetPolicy(policy), absl::OkStatus());
  const MemberId mia = Join();
  PutInto(mia, "press");
  Keep();
  now_ = At("2027-02-01 10:00");
  TakeOutOf(mia, "press");
  EXPECT_EQ(TierOf(mia), "gold");  // the grace lasts
  now_ = At("2027-02-11 10:00");
  EXPECT_EQ(TierOf(mia), "base");
  Keep();
  EXPECT_THAT(HistoryOf(mia), ElementsAre("gold > base 2027-02-11 10:00 journaled",
                                          "base > gold 2027-01-01 10:00 journaled"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(SegmentTiersTest, OfBeforeThePolicyCountByIt) {
  const MemberId mia = Join();
  const MemberId ben = Join();
  PutInto(mia, "press");
  PutInto(ben, "press", At("2027-01-02 00:00"));
  now_ = At("2027-01-03 10:00");
  const auto tally = tiers_.Preview(program_, WithPress(), now_, Soon());
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->lines[2].members, 1);
  EXPECT_EQ(tally->lines[0].members, 1);
  ASSERT_EQ(SetPolicy(WithPress()), absl::OkStatus());
  EXPECT_EQ(TierOf(mia), "gold");
  EXPECT_EQ(TierOf(ben), "base");
}

TEST_F(SegmentTiersTest, WhatIsMissingIsTheSegment) {
  v1::TierPolicy policy = Points();
  policy.mutable_tiers(1)->set_segment("student");
  policy.mutable_tiers(2)->set_segment("press");
  ASSERT_EQ(SetPolicy(policy), absl::OkStatus());
  const MemberId mia = Join();
  PutInto(mia, "student", At("2027-06-01 00:00"));
  const auto view = tiers_.Look(program_, mia, now_, Soon());
  ASSERT_TRUE(view.ok()) << view.status();
  const v1::GetMemberTierResponse answer = TierAnswer((*view)->policies, *(*view)->tier);
  EXPECT_EQ(answer.tier().code(), "silver");
  EXPECT_EQ(answer.keeping().tier().segment(), "student");
  EXPECT_EQ(answer.keeping().missing(), 0);
  ASSERT_EQ(answer.ahead_size(), 1);
  EXPECT_EQ(answer.ahead(0).tier().segment(), "press");
  EXPECT_EQ(answer.ahead(0).required(), 1);
  EXPECT_EQ(answer.ahead(0).missing(), 1);
  EXPECT_EQ(answer.next_change().to(), "base");
  EXPECT_EQ(answer.projected_tier(), "base");
  EXPECT_EQ(TierSentence(*(*view)->tier, "USD"),
            "silver since 2027-01-01, which is for whoever is in student; they are in it; without "
            "more it becomes base on 2027-06-01");
}

// Rows that were read before segments were known move nothing, whenever they are read.
TEST_F(SegmentTiersTest, AreNotMovedByOtherChangesOfAProfile) {
  ASSERT_EQ(SetPolicy(WithPress()), absl::OkStatus());
  const MemberId mia = Join();
  PutInto(mia, "press");
  Keep();
  now_ = At("2027-02-01 10:00");
  Act(mia, [&](PointsAct& act, ledger::Books& books) {
    return books
        .Post({.kind = ledger::FactKind::kMemberUpdated,
               .transaction = act.transaction,
               .member = mia,
               .effective_at = now_,
               .source = "",
               .detail = R"({"changed":["email"]})"})
        .status();
  });
  Keep();
  EXPECT_EQ(TierOf(mia), "gold");
  EXPECT_EQ(Count("gratis_members.tier_member WHERE as_of > '2027-01-01 10:00:00Z'"), 0);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(SegmentTiersTest, WhateverIsChangedIsFoundByRecomputing) {
  ASSERT_EQ(SetPolicy(WithPress()), absl::OkStatus());
  const MemberId mia = Join();
  PutInto(mia, "press");
  Keep();
  Keep();
  ASSERT_THAT(Findings(), IsEmpty());
  database_.Execute(
      "UPDATE gratis_members.tier_member SET segments = replace(segments, 'press', 'puppy')");
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("puppy")));
}

TEST_F(TiersTest, ReckonWithALongPastThatIsBroughtBack) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  const TransactionId old = Buy(mia, 1'000, 150);
  Keep();
  now_ = At("2031-01-01 10:00");
  Buy(mia, 1'000, 150);
  Keep();
  BringBack(mia, old);
  Keep();
  EXPECT_EQ(TierOf(mia), "silver");
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(TiersTest, AreJudgedByThePolicyOnlyBehindIt) {
  const MemberId mia = Join();
  Buy(mia, 1'000, 150);
  EXPECT_EQ(TierOf(mia), "NOT_FOUND");
  // Not a moment passes.
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  EXPECT_EQ(TierOf(mia), "silver");
  v1::TierPolicy harder = Points();
  harder.mutable_tiers(1)->mutable_points()->set_points(200);
  rpc::SetTime(At("2027-02-01 00:00"), *harder.mutable_effective_from());
  ASSERT_EQ(SetPolicy(harder), absl::OkStatus());
  Keep();
  EXPECT_EQ(TierOf(mia), "silver");
  now_ = At("2027-02-01 00:00");
  EXPECT_EQ(TierOf(mia), "base");
  Keep();
  EXPECT_THAT(HistoryOf(mia), ElementsAre("silver > base 2027-02-01 00:00 journaled",
                                          "base > silver 2027-01-01 10:00 journaled"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(TiersTest, PoliciesAreChecked) {
  v1::TierPolicy policy = Points();
  policy.mutable_tiers(1)->mutable_points()->set_unit("stamps");
  EXPECT_EQ(ReasonOf(SetPolicy(policy)), Reason::kUnitNotFound);
  EXPECT_EQ(FieldOf(SetPolicy(policy)), "policy.tiers[1].points.unit");
  policy = Points();
  policy.mutable_tiers(1)->mutable_spend()->set_currency_code("CHF");
  EXPECT_EQ(FieldOf(SetPolicy(policy)), "policy.tiers[1].spend.currency_code");
  policy = Points();
  rpc::SetTime(now_ - absl::Seconds(1), *policy.mutable_effective_from());
  EXPECT_EQ(FieldOf(SetPolicy(policy)), "policy.effective_from");
  policy = Points();
  policy.mutable_tiers(0)->mutable_benefits()->set_points_multiplier_basis_points(1'000'001);
  EXPECT_EQ(FieldOf(SetPolicy(policy)), "policy.tiers[0].benefits.points_multiplier_basis_points");
  policy = Points();
  policy.mutable_tiers(0)->mutable_benefits()->add_gifts("");
  EXPECT_EQ(FieldOf(SetPolicy(policy)), "policy.tiers[0].benefits.gifts");
  EXPECT_EQ(Count("gratis_members.tier_policy"), 0);
}

TEST_F(TiersTest, PreviewTellsWhereEverybodyWouldBe) {
  const MemberId mia = Join();
  const MemberId ben = Join();
  Join();
  Buy(mia, 1'000, 320);
  Buy(ben, 1'000, 150);
  const auto first = tiers_.Preview(program_, Points(), now_, Soon());
  ASSERT_TRUE(first.ok()) << first.status();
  const auto counts = [](const TierTally& tally) {
    std::string text;
    for (const TierTally::Line& line : tally.lines) {
      absl::StrAppend(&text, line.members, "/", line.came, "/", line.short_members, " ");
    }
    return text;
  };
  EXPECT_EQ(counts(*first), "1/1/0 1/1/0 1/1/0 ");
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  v1::TierPolicy harder = Points();
  harder.set_grace_days(30);
  harder.mutable_tiers(2)->mutable_points()->set_points(1'000);
  harder.mutable_tiers(1)->mutable_points()->set_points(120);
  const auto second = tiers_.Preview(program_, harder, now_, Soon());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(counts(*second), "1/0/0 1/0/0 1/0/1 ");
  EXPECT_EQ(Count("gratis_members.tier_policy"), 1);
  EXPECT_EQ(Count("gratis_members.tier_member"), 0);
}

TEST_F(TiersTest, HistoryIsPaged) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  for (int i = 0; i < 3; ++i) {
    const TransactionId bought = Earn(mia, 150);
    now_ += absl::Hours(1);
    BringBack(mia, bought);
    now_ += absl::Hours(1);
    Keep();
  }
  std::vector<TierMove> all;
  std::optional<int64_t> before;
  do {
    const auto page = tiers_.History(program_, mia, before, 2, now_, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->journal.size(), 2U);
    for (const JournaledMove& made : page->journal) all.push_back(made.move);
    before = page->next;
  } while (before);
  ASSERT_THAT(all, SizeIs(6));
  EXPECT_EQ(all.front().to, "base");
  EXPECT_EQ(all.back().to, "silver");
  EXPECT_EQ(TierOf(MemberId{ids_.Next(now_)}), "NOT_FOUND");
}

TEST_F(TiersTest, WhateverIsChangedIsFoundByRecomputing) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  Buy(mia, 1'000, 150);
  Keep();
  Keep();
  ASSERT_THAT(Findings(), IsEmpty());
  const struct {
    const char* damage;
    const char* mend;
    const char* finding;
  } cases[] = {
      {"UPDATE gratis_members.tier_member SET rank = 2",
       "UPDATE gratis_members.tier_member SET rank = 1", "recomputed version 1, step 1"},
      {"UPDATE gratis_members.tier_member SET since = since - interval '1 day'",
       "UPDATE gratis_members.tier_member SET since = since + interval '1 day'", "since"},
      {"UPDATE gratis_members.tier_fact SET points = points + 1",
       "UPDATE gratis_members.tier_fact SET points = points - 1", "facts"},
      {"UPDATE gratis_members.tier_policy SET detail = replace(detail, '300', '301')",
       "UPDATE gratis_members.tier_policy SET detail = replace(detail, '301', '300')", "policies"},
      {"DELETE FROM gratis_members.tier_member", "SELECT 1", "not kept"},
  };
  for (const auto& c : cases) {
    database_.Execute(c.damage);
    const std::vector<std::string> found = Findings();
    EXPECT_FALSE(found.empty()) << c.damage;
    if (!found.empty()) {
      EXPECT_THAT(found.front(), HasSubstr(c.finding)) << c.damage;
    }
    database_.Execute(c.mend);
  }
}

TEST_F(TiersTest, AChangeThatNeverWasIsFoundInTheJournal) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  Act(mia, [&](PointsAct&, ledger::Books& books) {
    return books
        .Post({.kind = ledger::FactKind::kTierChanged,
               .transaction = TransactionId{ids_.Next(now_)},
               .member = mia,
               .effective_at = now_,
               .source = "gold",
               .detail = R"({"from":"base","to":"gold","reason":1,"policy_version":1})"})
        .status();
  });
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("never was")));
}

TEST_F(TiersTest, TheBooksStaySound) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = Join();
  const TransactionId bought = Buy(mia, 1'000, 320);
  Keep();
  BringBack(mia, bought);
  Keep();
  for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
    const auto verified = ledger::VerifyPartition(
        pool_, program_, i, {.chain_key = std::string(32, 'c'), .deadline = Soon(), .go_on = {}});
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_THAT(verified->damages, IsEmpty());
  }
}

TEST_F(TiersTest, RoundsTakeUpWhereTheLastOneEndedHoweverSmall) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  std::vector<MemberId> members;
  for (int i = 0; i < 10; ++i) {
    members.push_back(Join());
    Buy(members.back(), 1'000, 40 * i);
  }
  TierRounds rounds;
  for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
    for (int turn = 0; turn < 200; ++turn) {
      auto round = std::make_unique<TierRound>(
          program_, i, TierRoundLimits{.rows = 2, .window = 3, .members = 1});
      round->envelope.now = now_;
      round->envelope.deadline = Soon();
      const ledger::Outcome outcome = poster_.Post(rounds, std::move(round));
      ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
      if (*outcome.answer == TierRound::kDone) break;
    }
  }
  EXPECT_EQ(Count("gratis_members.tier_member"), 10);
  EXPECT_EQ(Count("gratis_members.tier_fact"), 10);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 81"), 7);
  EXPECT_THAT(Findings(), IsEmpty());
}

// Random lives of three members, with rounds at any time or never: what is kept is what recomputing
// makes of the journal, and what is answered is that, too.
TEST_F(TiersTest, AnyHistoryKeptIncrementallyIsTheOneRecomputed) {
  struct Step {
    int act = 0;
    int hours = 0;
    int member = 0;
    int64_t amount = 0;
  };
  int turn = 0;
  const bool held = rc::check([&] {
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
        rc::gen::set(&Step::act, rc::gen::weightedElement<int>(
                                     {{5, 0}, {3, 1}, {3, 2}, {1, 3}, {3, 4}, {1, 5}, {3, 6}})),
        rc::gen::set(&Step::hours, rc::gen::oneOf(rc::gen::just(0), rc::gen::inRange(0, 5'000))),
        rc::gen::set(&Step::member, rc::gen::inRange(0, 3)),
        rc::gen::set(&Step::amount, rc::gen::inRange<int64_t>(1, 90))));
    std::vector<MemberId> members = {Join(), Join(), Join()};
    std::vector<std::pair<MemberId, TransactionId>> bought;
    std::map<TransactionId, int64_t> left;
    for (size_t i = 0; i < std::min<size_t>(steps.size(), 40); ++i) {
      const Step& step = steps[i];
      now_ += absl::Hours(step.hours);
      const MemberId& member = members[static_cast<size_t>(step.member)];
      switch (step.act) {
        case 0:
          bought.emplace_back(member, Buy(member, step.amount * 100, step.amount, "USD",
                                          now_ - absl::Hours(step.amount % 4 * 300)));
          left[bought.back().second] = step.amount;
          break;
        case 1:
          Earn(member, step.amount);
          break;
        case 2: {
          if (bought.empty()) break;
          const auto& [whose, what] = bought[static_cast<size_t>(step.amount) % bought.size()];
          const int64_t points = std::min(left[what], step.amount);
          if (points == 0) break;
          left[what] -= points;
          BringBack(whose, what, points);
          break;
        }
        case 3: {
          v1::TierPolicy policy = Points();
          policy.set_period(static_cast<v1::TierPeriod>(1 + step.amount % 3));
          policy.set_rolling_months(step.amount % 3 == 0 ? 1 + step.member * 3 : 0);
          policy.set_demotion(static_cast<v1::TierDemotion>(1 + step.amount / 3 % 3));
          policy.set_grace_days(step.amount / 9 % 3 * 30);
          policy.mutable_tiers(1)->mutable_points()->set_points(40 + step.amount);
          if (step.amount % 2 == 0) policy.mutable_tiers(2)->set_visits(3);
          if (step.amount % 4 == 1) policy.mutable_tiers(2)->set_segment("press");
          rpc::SetTime(now_ + absl::Hours(step.amount % 2 * 24 * 40),
                       *policy.mutable_effective_from());
          RC_ASSERT(SetPolicy(policy).ok());
          break;
        }
        case 4:
          Keep();
          break;
        case 6: {
          if (step.amount % 5 == 0) {
            TakeOutOf(member, "press");
            break;
          }
          SegmentWish press{.segment = "press", .since = {}, .until = {}};
          if (step.amount % 3 == 0) press.since = now_ + absl::Hours(24 * step.amount);
          if (step.amount % 2 == 0) press.until = now_ + absl::Hours(48 * step.amount);
          Change(member, {.add = {press}, .remove = {}});
          break;
        }
        default:
          RC_ASSERT(Findings().empty());
      }
    }
    const auto found = Findings();
    RC_ASSERT(found.empty());
    // What is answered is the journal's answer.
    const auto policies = tiers_.Policies(program_, Soon());
    RC_ASSERT(policies.ok());
    for (const MemberId& member : members) {
      const int32_t partition = ledger::PartitionOf(program_, member);
      TierReplay replay(program_, partition, policies->For(partition - program_.first_partition));
      RC_ASSERT(replay.ReadAll(pool_, Soon()).ok());
      MemberTier& recomputed = *replay.book().Find(member);
      recomputed.Advance(now_, kAllFacts);
      const auto view = tiers_.Look(program_, member, now_, Soon());
      RC_ASSERT(view.ok() == (recomputed.ladder() != nullptr));
      if (!view.ok()) continue;
      RC_ASSERT((*view)->tier->standing() == recomputed.standing());
      RC_ASSERT((*view)->tier->NextMove() == recomputed.NextMove());
    }
    ++turn;
  });
  EXPECT_TRUE(held) << turn;
}

}  // namespace
}  // namespace gratis::members
