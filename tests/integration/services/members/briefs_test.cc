#include "services/members/briefs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "common/status/reasons.h"
#include "services/members/erasure.h"
#include "services/members/members_sql.h"
#include "tests/integration/common/pg/relay.h"
#include "tests/integration/services/members/briefs_house.h"

namespace gratis::members {
namespace {

using Day = absl::CivilDay;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BriefsTest : public BriefsHouse {
 protected:
  BriefsTest() { now_ = At("2027-03-05 10:00"); }

  void BuyAt(const MemberId& member, const std::string& when, int64_t total = 1'000) {
    now_ = At(when);
    Buy(member, total, 0);
  }
  static std::vector<int64_t> Totals(const Brief& brief) {
    std::vector<int64_t> totals;
    for (const PastPurchase& purchase : brief.last_purchases) {
      totals.push_back(purchase.total.minor_units);
    }
    return totals;
  }
  // What two looks must have in common, whatever was followed in between.
  static void ExpectSame(const Brief& a, const Brief& b) {
    EXPECT_EQ(a.past, b.past);
    EXPECT_EQ(a.last_purchases, b.last_purchases);
    EXPECT_EQ(SentenceOf(a.facts), SentenceOf(b.facts));
    EXPECT_EQ(SuggestionsOf(a.facts), SuggestionsOf(b.facts));
  }
};

TEST_F(BriefsTest, AreRightThoughNothingFollows) {
  const MemberId mia = JoinAs({.greeting_name = "Mia"});
  EXPECT_EQ(Say(mia), "A member since today.");
  BuyAt(mia, "2027-03-06 10:00", 100);
  BuyAt(mia, "2027-03-06 18:00", 200);
  BuyAt(mia, "2027-04-01 10:00", 300);
  now_ = At("2027-05-01 09:00");
  const auto before = Look(mia);
  EXPECT_EQ(before->past.visits, 2);
  EXPECT_EQ(before->past.purchases, 3);
  EXPECT_EQ(before->past.first_visit, Day(2027, 3, 6));
  EXPECT_EQ(before->past.last_visit, Day(2027, 4, 1));
  EXPECT_THAT(Totals(*before), ElementsAre(300, 200, 100));
  EXPECT_EQ(Say(mia), "Their third visit since March.");
  EXPECT_EQ(before->member.profile.greeting_name, "Mia");
  Follow();
  ExpectSame(*Look(mia), *before);
  EXPECT_EQ(Count("gratis_members.brief_purchase"), 3);
  BuyAt(mia, "2027-05-01 10:00", 400);
  EXPECT_EQ(Say(mia), "Their third visit since March.");
  EXPECT_THAT(Totals(*Look(mia)), ElementsAre(400, 300, 200, 100));
}

TEST_F(BriefsTest, ComplaintsAreToldOfWhileTheyAreOpenWhateverWasFollowed) {
  const MemberId mia = JoinAs({});
  const auto journal = [&](ledger::FactKind kind, uint8_t complaint) {
    Act(mia, [&](PointsAct& act, ledger::Books& books) {
      return books
          .Post({.kind = kind,
                 .transaction = act.transaction,
                 .member = mia,
                 .effective_at = now_,
                 .source = "delivery",
                 .detail = R"({"topic":"delivery"})",
                 .about = Uuid{{complaint}}})
          .status();
    });
  };
  journal(ledger::FactKind::kComplaintOpened, 1);
  journal(ledger::FactKind::kComplaintOpened, 2);
  EXPECT_THAT(Look(mia)->complaints, SizeIs(2));
  Follow();
  EXPECT_EQ(Count("gratis_members.brief_complaint"), 2);
  EXPECT_THAT(Look(mia)->complaints, SizeIs(2));
  ASSERT_THAT(SuggestionsOf(Look(mia)->facts), SizeIs(1));
  EXPECT_EQ(SuggestionsOf(Look(mia)->facts)[0].kind, SuggestionKind::kMendComplaint);
  journal(ledger::FactKind::kComplaintResolved, 1);
  ASSERT_THAT(Look(mia)->complaints, SizeIs(1));
  EXPECT_EQ(Look(mia)->complaints[0].id.uuid, (Uuid{{2}}));
  Follow();
  EXPECT_EQ(Count("gratis_members.brief_complaint"), 1);
  journal(ledger::FactKind::kComplaintResolved, 2);
  EXPECT_THAT(Look(mia)->complaints, IsEmpty());
}

TEST_F(BriefsTest, WhoWantsNoProfilingIsToldApartByNothingTheyDid) {
  const MemberId mia = JoinAs({.greeting_name = "Mia"});
  const MemberId tim = JoinAs({.greeting_name = "Tim"});
  for (int day = 6; day <= 9; ++day) {
    for (const MemberId& member : {mia, tim})
      BuyAt(member, absl::StrCat("2027-03-0", day, " 10:00"));
  }
  const auto suggested = [&](const MemberId& member) {
    std::vector<SuggestionKind> kinds;
    for (const SaidSuggestion& said : SuggestionsOf(Look(member)->facts)) {
      kinds.push_back(said.kind);
    }
    return kinds;
  };
  const auto expect_profiled = [&](const MemberId& member) {
    EXPECT_EQ(Say(member), "Their fifth visit since March.");
    EXPECT_THAT(suggested(member), ElementsAre(SuggestionKind::kThankForVisit));
  };
  const auto expect_plain = [&](const MemberId& member) {
    EXPECT_EQ(Say(member), "A member since March.");
    EXPECT_THAT(suggested(member), IsEmpty());
    EXPECT_EQ(Look(member)->past.visits, 4) << "what is so stays";
    EXPECT_THAT(Look(member)->last_purchases, SizeIs(4));
  };
  now_ = At("2027-03-10 09:00");
  expect_profiled(mia);  // never asked
  const auto say = [&](ConsentPurpose purpose, ConsentChannel channel, ConsentState state) {
    now_ += absl::Minutes(1);
    Says(mia, {{purpose, channel, state}});
  };
  say(ConsentPurpose::kMarketing, ConsentChannel::kEmail, ConsentState::kWithdrawn);
  expect_profiled(mia);
  say(ConsentPurpose::kProfiling, ConsentChannel::kNone, ConsentState::kWithdrawn);
  expect_plain(mia);
  expect_profiled(tim);
  say(ConsentPurpose::kProfiling, ConsentChannel::kNone, ConsentState::kGranted);
  expect_profiled(mia);
  now_ += absl::Minutes(1);
  Says(mia, AllWithdrawn(), /*objection=*/true);
  expect_plain(mia);
}

TEST_F(BriefsTest, WhoWantsNoProfilingIsFoundThroughAnIndex) {
  const std::string plan = PlanOf(
      sql::kFindUnprofiled,
      {"'{0}'", "'{00000000-0000-7000-8000-000000000000}'", "'2'::smallint", "'2'::smallint"});
  EXPECT_THAT(plan, HasSubstr("consent_pkey")) << plan;
}

TEST_F(BriefsTest, WhoIsFarBehindIsReadToTheEnd) {
  const MemberId mia = JoinAs({});
  for (int day = 1; day <= 30; ++day) BuyAt(mia, absl::StrCat("2027-04-", day, " 10:00"), day);
  const auto before = Look(mia);
  EXPECT_EQ(before->past.visits, 30);
  EXPECT_THAT(Totals(*before), ElementsAre(30, 29, 28, 27, 26));
  Follow();
  ExpectSame(*Look(mia), *before);
}

TEST_F(BriefsTest, APurchaseThatIsDatedBackToAVisitIsNoOther) {
  const MemberId mia = JoinAs({});
  BuyAt(mia, "2027-03-06 10:00");
  BuyAt(mia, "2027-03-08 10:00");
  Follow();
  Buy(mia, 50, 0, "USD", At("2027-03-06 12:00"));
  const auto one = Look(mia);
  EXPECT_EQ(one->past.visits, 2);
  EXPECT_EQ(one->past.purchases, 3);
  Buy(mia, 60, 0, "USD", At("2027-03-05 12:00"));
  const auto two = Look(mia);
  EXPECT_EQ(two->past.visits, 3);
  EXPECT_EQ(two->past.first_visit, Day(2027, 3, 5));
  Follow();
  ExpectSame(*Look(mia), *two);
}

TEST_F(BriefsTest, EachFactIsCountedOnceWhoeverFollows) {
  std::vector<MemberId> members;
  for (int i = 0; i < 6; ++i) members.push_back(JoinAs({}));
  pg::Pool other_pool(PoolOptions(database_.conninfo()));
  const BriefRounds others(other_pool, {.rows = 3, .window = 5});
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const BriefRounds& rounds = i % 2 == 0 ? rounds_ : others;
      while (!done) EXPECT_EQ(rounds.KeepAll(program_, Soon(), {}), absl::OkStatus());
    });
  }
  for (int i = 1; i <= 60; ++i) {
    const MemberId& member = members[static_cast<size_t>(i) % members.size()];
    BuyAt(member, absl::StrCat("2027-04-", i / 3 + 1, " 10:00"));
    EXPECT_EQ(Look(member)->past.purchases, (i - 1) / 6 + 1);
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  Follow();
  for (const MemberId& member : members) EXPECT_EQ(Look(member)->past.purchases, 10);
  EXPECT_EQ(Count("gratis_members.brief_purchase"), 60);
  EXPECT_EQ(Count("gratis_members.brief_member WHERE purchases = 10"), 6);
}

TEST_F(BriefsTest, ARoundThatIsLostMovedNothing) {
  const MemberId mia = JoinAs({});
  Buy(mia, 100, 0);
  EXPECT_EQ(ReasonOf(pg::RunTx(
                pool_, {.deadline = Soon()},
                [&](pg::Tx& tx) -> absl::Status {
                  RETURN_IF_ERROR(
                      rounds_.Round(tx, program_, ledger::PartitionOf(program_, mia)).status());
                  RETURN_IF_ERROR(tx.Flush());
                  return Error(Reason::kInternal, "cut off");
                })),
            Reason::kInternal);
  EXPECT_EQ(Count("gratis_members.brief_member"), 0);
  EXPECT_EQ(Count("gratis_members.brief_cursor"), 0);
  Follow();
  Follow();
  EXPECT_EQ(Count("gratis_members.brief_purchase"), 1);
  EXPECT_EQ(Look(mia)->past.purchases, 1);
}

TEST_F(BriefsTest, WhatFellDueCountsAsHappened) {
  const MemberId mia = JoinAs({});
  const auto earn = [&](int64_t points, absl::Time available, absl::Time expires) {
    Act(mia, [&](PointsAct& act, ledger::Books& books) {
      return ledger::Earn(books, {.posting = {.kind = ledger::FactKind::kEarn,
                                              .transaction = act.transaction,
                                              .member = mia,
                                              .effective_at = now_,
                                              .source = "test",
                                              .detail = ""},
                                  .points = points,
                                  .available_at = available,
                                  .expires_at = expires});
    });
  };
  earn(10, absl::InfinitePast(), At("2027-04-01 00:00"));
  earn(20, absl::InfinitePast(), At("2027-05-01 00:00"));
  earn(5, absl::InfinitePast(), At("2027-05-01 00:00"));
  earn(40, At("2027-06-01 00:00"), At("2028-06-01 00:00"));
  const auto points = [&] { return Look(mia)->holdings.by_unit.at(ledger::kPointsUnit); };

  EXPECT_EQ(points().wallet.available, 35);
  EXPECT_EQ(points().wallet.pending, 40);
  EXPECT_EQ(points().expires, (ledger::Coming{10, At("2027-04-01 00:00")}));
  EXPECT_EQ(points().activates, (ledger::Coming{40, At("2027-06-01 00:00")}));
  now_ = At("2027-04-10 00:00");
  EXPECT_EQ(points().wallet.available, 25);
  EXPECT_EQ(points().expires, (ledger::Coming{25, At("2027-05-01 00:00")}));
  EXPECT_EQ(SuggestionsOf(Look(mia)->facts).front().text,
            "Tell them that some of their points end on 1 May.");
  now_ = At("2027-07-01 00:00");
  EXPECT_EQ(points().wallet.available, 40);
  EXPECT_EQ(points().wallet.pending, 0);
  EXPECT_EQ(points().expires, (ledger::Coming{40, At("2028-06-01 00:00")}));
  EXPECT_EQ(points().activates, std::nullopt);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 53"), 0);
}

TEST_F(BriefsTest, VouchersThatCanBeRedeemedAsTheyEnd) {
  const MemberId mia = JoinAs({});
  const auto issue = [&](const std::string& item, absl::Time expires_at) {
    Act(mia, [&](PointsAct& act, ledger::Books& books) {
      const VoucherId voucher = ledger::Beside(program_, mia, VoucherId{ids_.Next(now_)});
      return ledger::IssueVoucher(
          books, {.posting = {.kind = ledger::FactKind::kVoucherIssued,
                              .transaction = act.transaction,
                              .member = mia,
                              .unit = ledger::UnitOfVoucher(ledger::VoucherKind::kItem),
                              .effective_at = now_,
                              .source = "test",
                              .detail = ""},
                  .voucher = voucher,
                  .terms = {.kind = ledger::VoucherKind::kItem, .item = item},
                  .worth = 1,
                  .expires_at = expires_at,
                  .budget = {}});
    });
  };
  issue("cake", absl::InfiniteFuture());
  issue("coffee", At("2027-04-01 00:00"));
  issue("tea", At("2027-03-10 00:00"));
  const auto items = [&] {
    std::vector<std::string> all;
    for (const ledger::LiveVoucher& live : Look(mia)->holdings.vouchers) {
      all.push_back(live.voucher.terms.item);
    }
    return all;
  };
  EXPECT_THAT(items(), ElementsAre("tea", "coffee", "cake"));
  EXPECT_EQ(SuggestionsOf(Look(mia)->facts).front().kind, SuggestionKind::kWelcome);
  now_ = At("2027-03-10 00:00");
  EXPECT_THAT(items(), ElementsAre("coffee", "cake"));
}

TEST_F(BriefsTest, TheTierIsTheOneThatTiersTell) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = JoinAs({});
  const auto expect_same = [&] {
    const auto brief = Look(mia);
    const auto view = tiers_.Look(program_, mia, now_, Soon());
    ASSERT_TRUE(view.ok() && brief->tier);
    EXPECT_EQ(TierAnswer(*brief->tier->policies, *brief->tier->tier).SerializeAsString(),
              TierAnswer((*view)->policies, *(*view)->tier).SerializeAsString());
  };
  expect_same();
  const TransactionId bought = Buy(mia, 5'000, 120);
  expect_same();
  EXPECT_EQ(Say(mia), "silver since today.");
  Keep();
  expect_same();
  EXPECT_EQ(Say(mia), "silver since today.");
  for (int i = 0; i < 20; ++i) {
    now_ += absl::Hours(3);
    Buy(mia, 100, 11);
  }
  expect_same();
  Keep();
  expect_same();
  EXPECT_EQ(Say(mia), "gold since today.");
  // To fall is nothing to be told aloud.
  BringBack(mia, bought);
  expect_same();
  EXPECT_EQ(Look(mia)->facts.reached, std::nullopt);
  now_ = At("2029-03-05 10:00");
  expect_same();
}

TEST_F(BriefsTest, TheSegmentsAreThoseTheyAreInNow) {
  const MemberId mia = JoinAs({.greeting_name = "Mia"});
  PutInto(mia, "student", At("2027-04-01 00:00"));
  Change(mia, {.add = {{"press", At("2027-04-01 00:00"), {}}}, .remove = {}});
  const auto segments = [&] {
    const auto brief = Look(mia);
    std::vector<std::string> codes;
    for (const SegmentMark& mark : brief->member.segments) codes.push_back(mark.segment);
    return codes;
  };
  EXPECT_THAT(segments(), ElementsAre("student"));
  v1::TierPolicy policy = Points();
  policy.mutable_tiers(2)->set_segment("press");
  ASSERT_EQ(SetPolicy(policy), absl::OkStatus());
  EXPECT_EQ(Look(mia)->tier->tier->tier(), "base");
  now_ = At("2027-04-01 00:00");
  EXPECT_THAT(segments(), ElementsAre("press"));
  EXPECT_EQ(Look(mia)->tier->tier->tier(), "gold");
}

TEST_F(BriefsTest, WithoutALadderThereIsNoTier) {
  const MemberId mia = JoinAs({});
  Buy(mia, 5'000, 120);
  EXPECT_FALSE(Look(mia)->tier.has_value());
}

TEST_F(BriefsTest, BirthdaysAreThoseOfWhereTheyLiveAndOfWhoWantsThem) {
  now_ = At("2027-03-05 12:00");
  const MemberId mia = JoinAs({.greeting_name = "Mia",
                               .birthday = Birthday{.on = {3, 6}, .year = std::nullopt},
                               .time_zone = "Pacific/Auckland"});
  EXPECT_EQ(Say(mia), "Birthday today.");
  Prefer(mia, {.key = "no_celebrations", .value = PreferenceValue(std::in_place_type<bool>, true)});
  const auto brief = Look(mia);
  EXPECT_EQ(SentenceOf(brief->facts).kind, SentenceKind::kMemberSince);
  ASSERT_THAT(brief->preferences, SizeIs(1));
  EXPECT_EQ(brief->preferences.front().preference.key, "no_celebrations");
}

TEST_F(BriefsTest, AGiftWaitsUntilTheyBuy) {
  const MemberId mia = JoinAs({.greeting_name = "Mia"});
  BuyAt(mia, "2027-03-06 10:00");
  now_ = At("2027-03-20 09:00");
  GiveForBirthday(mia, 500);
  now_ = At("2027-03-25 09:00");
  EXPECT_EQ(Say(mia), "A birthday gift is waiting for them.");
  Follow();
  EXPECT_EQ(Say(mia), "A birthday gift is waiting for them.");
  EXPECT_EQ(Look(mia)->past.gift->points, 500);
  Buy(mia, 100, 0);
  EXPECT_EQ(Say(mia), "Their second visit since March.");
}

TEST_F(BriefsTest, NothingIsToldOfWhoIsNotThere) {
  const auto look = [&](const MemberId& member) {
    return ReasonOf(briefs_.Look(QuestionOf(member)).status());
  };
  EXPECT_EQ(look(MemberId{ids_.Next(now_)}), Reason::kMemberNotFound);
  const MemberId mia = JoinAs({.greeting_name = "Mia"});
  Buy(mia, 100, 0);
  Follow();
  Erasures erasures(vault_);
  auto erasure = TiersHouse::Call(std::make_unique<Erasure>(
      mia, ledger::Beside(program_, mia, TransactionId{ids_.Next(now_)})));
  ASSERT_TRUE(poster_.Post(erasures, std::move(erasure)).answer.ok());
  EXPECT_EQ(look(mia), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(briefs_.Timeline(program_, mia, std::nullopt, 10, Soon()).status()),
            Reason::kMemberErased);
}

TEST_F(BriefsTest, TakeOneRoundTrip) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId mia = JoinAs({.greeting_name = "Mia"});
  Buy(mia, 100, 120);
  Keep();
  Follow();
  pg::testing::Relay relay(pg::testing::TestClusterOptions().home +
                           "/postgres/socket/.s.PGSQL.5432");
  pg::PoolOptions options = PoolOptions(relay.Through(database_.conninfo()));
  options.size = 1;
  pg::Pool pool(options);
  const Briefs briefs(members_, vault_, pool, clock_);
  const auto trips = [&] {
    const int before = relay.trips();
    EXPECT_TRUE(briefs.Look(QuestionOf(mia)).ok());
    absl::SleepFor(absl::Milliseconds(50));
    return relay.trips() - before;
  };
  trips();  // prepares the statements
  // One, and the COMMIT that nobody waits for.
  EXPECT_EQ(trips(), 2);
}

TEST_F(BriefsTest, WhoeverAsksTogetherIsToldOfTheirOwn) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  std::vector<MemberId> members;
  for (int i = 0; i < 20; ++i) {
    members.push_back(JoinAs({.greeting_name = absl::StrCat("M", i)}));
    for (int bought = 0; bought < i; ++bought) Buy(members.back(), bought, 10);
    if (i == 10) {
      Follow();
      Keep();
    }
  }
  members.push_back(MemberId{ids_.Next(now_)});
  std::atomic<size_t> told = 0;
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < members.size(); ++i) {
      briefs_.Read(QuestionOf(members[i]), [&, i](const absl::StatusOr<Briefs::Answer>& brief) {
        if (i == 20) {
          EXPECT_EQ(ReasonOf(brief.status()), Reason::kMemberNotFound);
        } else if (brief.ok()) {
          EXPECT_EQ((*brief)->member.profile.greeting_name, absl::StrCat("M", i));
          EXPECT_EQ((*brief)->past.purchases, static_cast<int64_t>(i));
          EXPECT_EQ((*brief)->holdings.by_unit.at(ledger::kPointsUnit).wallet.available, i * 10);
          EXPECT_EQ((*brief)->tier->tier->tier(), i < 10 ? "base" : "silver");
        } else {
          ADD_FAILURE() << brief.status();
        }
        ++told;
      });
    }
  }
  while (told < 5 * members.size()) absl::SleepFor(absl::Milliseconds(1));
}

TEST_F(BriefsTest, ATimelineIsEverythingNewestFirstWhateverThePage) {
  const MemberId mia = JoinAs({});
  const MemberId ben = JoinAs({});
  for (int i = 1; i <= 7; ++i) Buy(mia, i, i);
  Buy(ben, 5, 5);
  GiveForBirthday(mia, 10);
  std::vector<int64_t> seqs;
  std::optional<ledger::EntryPosition> behind;
  do {
    const auto page = briefs_.Timeline(program_, mia, behind, 3, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_LE(page->rows.size(), 3U);
    for (const ledger::JournalRow& row : page->rows) {
      EXPECT_EQ(row.fact.member, mia);
      seqs.push_back(row.seq);
    }
    behind = page->next;
  } while (behind);
  EXPECT_TRUE(std::is_sorted(seqs.rbegin(), seqs.rend()));
  // Became a member, bought seven times, was given something.
  EXPECT_THAT(seqs, SizeIs(9));
}

// Random histories: what is looked at, followed or not, is what a plain count says.
TEST_F(BriefsTest, AnyHistoryIsCountedRight) {
  EXPECT_TRUE(rc::check([&] {
    const MemberId member = JoinAs({});
    const auto steps =
        *rc::gen::resize(20, rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40)));
    std::set<Day> days;
    int64_t purchases = 0;
    now_ = std::max(now_, At("2027-06-01 12:00"));
    for (const int step : steps) {
      if (step >= 30) {
        Follow();
        continue;
      }
      const absl::Time at = now_ - absl::Hours(24 * step);
      Buy(member, step, 0, "USD", at);
      days.insert(base::DayOf(at, absl::UTCTimeZone()));
      ++purchases;
    }
    const auto brief = Look(member);
    RC_ASSERT(brief->past.visits == std::ssize(days));
    RC_ASSERT(brief->past.purchases == purchases);
    if (days.empty()) return;
    RC_ASSERT(brief->past.first_visit == *days.begin());
    RC_ASSERT(brief->past.last_visit == *days.rbegin());
  }));
}

}  // namespace
}  // namespace gratis::members
