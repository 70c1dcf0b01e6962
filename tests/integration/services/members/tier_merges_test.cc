#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/merging.h"
#include "tests/integration/services/members/tiers_house.h"

// What a duplicate bought counts for the survivor's tier, from the merge on and until it is undone;
// kept incrementally and recomputed it is the same.
namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TierMergesTest : public TiersHouse {
 protected:
  ledger::MergePair PairOf(const MemberId& duplicate, const MemberId& survivor) {
    return {.duplicate = duplicate,
            .survivor = survivor,
            .leaving = ledger::Beside(program_, duplicate, TransactionId{ids_.Next(now_)}),
            .arriving = ledger::Beside(program_, survivor, TransactionId{ids_.Next(now_)}),
            .effective_at = now_,
            .source = "test"};
  }
  // Of a member who was merged, and those they are part of.
  absl::Status ActOfMerged(const MemberId& member, const std::vector<MemberId>& survivors,
                           const PointsAct::Decision& decision) {
    auto act = Call(std::make_unique<PointsAct>(decision));
    act->envelope.member = member;
    act->envelope.also = survivors;
    act->envelope.of_merged = true;
    act->transaction = ledger::Beside(program_, member, TransactionId{ids_.Next(now_)});
    return poster_.Post(no_tables_, std::move(act)).answer.status();
  }
  ledger::MergePair Merge(const MemberId& duplicate, const MemberId& survivor) {
    const ledger::MergePair pair = PairOf(duplicate, survivor);
    const absl::Status done =
        ActOfMerged(duplicate, {survivor}, [&](PointsAct&, ledger::Books& books) {
          return ledger::MergeMembers(books, pair).status();
        });
    EXPECT_EQ(done, absl::OkStatus());
    return pair;
  }
  absl::Status Undo(const ledger::MergePair& merge) {
    const ledger::MergePair undo = PairOf(merge.duplicate, merge.survivor);
    return ActOfMerged(merge.duplicate, {merge.survivor}, [&](PointsAct&, ledger::Books& books) {
      return ledger::UndoMerge(books, merge, undo).status();
    });
  }
  void BringBackOfMerged(const MemberId& member, const std::vector<MemberId>& survivors,
                         const TransactionId& bought, int64_t points) {
    const absl::Status done =
        ActOfMerged(member, survivors, [&](PointsAct& act, ledger::Books& books) {
          return ledger::Reverse(books, {.posting = {.kind = ledger::FactKind::kEarnReversed,
                                                     .transaction = act.transaction,
                                                     .member = member,
                                                     .effective_at = now_,
                                                     .source = "test",
                                                     .detail = ""},
                                         .undone = bought,
                                         .points = points,
                                         .clawback = std::nullopt})
              .status();
        });
    EXPECT_EQ(done, absl::OkStatus());
  }
  std::string CodeOf(const MemberId& member) {
    const auto codes = tiers_.CodesOf(program_, {member}, now_, Soon());
    EXPECT_TRUE(codes.ok()) << codes.status();
    return codes.ok() && codes->count(member) > 0 ? codes->at(member) : "none";
  }
};

// Played several times, so that the two are in one partition and in two.
TEST_F(TierMergesTest, CountFromTheMergeOnAndUntilItIsUndone) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  for (int i = 0; i < 12; ++i) {
    SCOPED_TRACE(i);
    const MemberId survivor = Join();
    const MemberId duplicate = Join();
    Earn(survivor, 60);
    Buy(duplicate, 5'000, 250);
    const std::string bought = Text(now_);
    if (i % 2 == 0) Keep();
    EXPECT_EQ(TierOf(survivor), "base");
    now_ += absl::Hours(1);
    const std::string joined = Text(now_);
    const ledger::MergePair merge = Merge(duplicate, survivor);
    EXPECT_EQ(TierOf(survivor), "gold");
    EXPECT_EQ(CodeOf(survivor), "gold");
    if (i % 3 == 0) Keep();
    EXPECT_THAT(Findings(), IsEmpty());
    EXPECT_EQ(TierOf(survivor), "gold");
    EXPECT_EQ(HistoryOf(survivor).size(), 1U);
    now_ += absl::Hours(1);
    EXPECT_EQ(Undo(merge), absl::OkStatus());
    EXPECT_EQ(TierOf(survivor), "base");
    EXPECT_EQ(TierOf(duplicate), "silver");
    Keep();
    EXPECT_THAT(Findings(), IsEmpty());
    EXPECT_THAT(HistoryOf(survivor), ElementsAre("gold > base " + Text(now_) + " journaled",
                                                 "base > gold " + joined + " journaled"));
    EXPECT_THAT(HistoryOf(duplicate), ElementsAre("base > silver " + bought + " journaled"));
    // And over again.
    Merge(duplicate, survivor);
    Keep();
    EXPECT_EQ(TierOf(survivor), "gold");
    EXPECT_THAT(Findings(), IsEmpty());
  }
}

TEST_F(TierMergesTest, CountBackWhatIsReturnedLater) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  for (int i = 0; i < 6; ++i) {
    SCOPED_TRACE(i);
    const MemberId survivor = Join();
    const MemberId duplicate = Join();
    const TransactionId before = Buy(duplicate, 1'000, 100);
    const TransactionId after = Buy(duplicate, 5'000, 250);
    BringBack(duplicate, before);
    Earn(survivor, 60);
    Merge(duplicate, survivor);
    EXPECT_EQ(TierOf(survivor), "gold");  // 310
    if (i % 2 == 0) Keep();
    BringBackOfMerged(duplicate, {survivor}, after, 200);
    EXPECT_EQ(TierOf(survivor), "silver");  // 110
    Keep();
    EXPECT_THAT(Findings(), IsEmpty());
    BringBackOfMerged(duplicate, {survivor}, after, 50);
    EXPECT_EQ(TierOf(survivor), "base");
    Keep();
    EXPECT_THAT(Findings(), IsEmpty());
  }
}

TEST_F(TierMergesTest, CountThroughAChain) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId ada = Join(), bob = Join(), cyd = Join();
  const TransactionId bought = Buy(ada, 1'000, 90);
  Buy(bob, 1'000, 110);
  Buy(cyd, 1'000, 120);
  Keep();
  Merge(ada, bob);
  const ledger::MergePair last = Merge(bob, cyd);
  EXPECT_EQ(TierOf(cyd), "gold");  // 320
  Keep();
  EXPECT_EQ(Count("gratis_members.tier_fact WHERE whose <> via"), 1);
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(Undo(last), absl::OkStatus());
  EXPECT_EQ(TierOf(cyd), "silver");
  EXPECT_EQ(TierOf(bob), "silver");
  Keep();
  EXPECT_EQ(Count("gratis_members.tier_fact WHERE whose <> via"), 0);
  Merge(bob, cyd);
  BringBackOfMerged(ada, {bob, cyd}, bought, 50);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 97"), 2);
  EXPECT_EQ(TierOf(cyd), "silver");  // 270
  Keep();
  EXPECT_THAT(Findings(), IsEmpty());
  // Whoever comes last gets it as it is by now.
  const MemberId dan = Join();
  Earn(dan, 25);
  Merge(cyd, dan);
  EXPECT_EQ(TierOf(dan), "silver");  // 295
  Earn(dan, 5);
  EXPECT_EQ(TierOf(dan), "gold");
  Keep();
  EXPECT_THAT(Findings(), IsEmpty());
}

// Rounds of before tiers reckoned with merges have passed by what was posted then.
TEST_F(TierMergesTest, OfBeforeBringNothing) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId survivor = Join();
  const MemberId duplicate = Join();
  Buy(duplicate, 5'000, 250);
  Keep();
  now_ += absl::Hours(1);
  Act(survivor, [&](PointsAct& act, ledger::Books& books) {
    return books
        .Post({.kind = ledger::FactKind::kMembersMerged,
               .transaction = act.transaction,
               .member = survivor,
               .effective_at = now_,
               .source = "test",
               .detail = absl::StrCat("{\"merged\":\"", duplicate.ToString(), "\"}")})
        .status();
  });
  Keep();
  EXPECT_EQ(TierOf(survivor), "base");
  EXPECT_EQ(Count("gratis_members.tier_member WHERE as_of > '2027-01-01 10:00:00Z'"), 0);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(TierMergesTest, WhatCameOverIsHeldAgainstTheJournal) {
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const MemberId survivor = Join();
  const MemberId duplicate = Join();
  Buy(duplicate, 5'000, 50);
  Merge(duplicate, survivor);
  Keep();
  ASSERT_THAT(Findings(), IsEmpty());
  database_.Execute(
      "UPDATE gratis_members.tier_fact SET points = points + 1 "
      "WHERE via <> '00000000-0000-0000-0000-000000000000'");
  EXPECT_THAT(Findings(), ElementsAre(::testing::HasSubstr("facts")));
}

struct Step {
  int act = 0;
  int hours = 0;
  int64_t amount = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{act " << step.act << ", " << step.hours << "h, " << step.amount << "}";
}

// Two members, and somebody beside them who does all that both do: while they are one, their tier
// is the tier of that one.
TEST_F(TierMergesTest, AnyTwoAreAsOneWhoDidAllOfIt) {
  struct Bought {
    bool by_duplicate = false;
    TransactionId transaction, beside;
    int64_t left = 0;
  };
  ASSERT_EQ(SetPolicy(Points()), absl::OkStatus());
  const bool held = rc::check([&] {
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
        rc::gen::set(&Step::act,
                     rc::gen::weightedElement<int>({{4, 0}, {4, 1}, {3, 2}, {2, 3}, {2, 4}})),
        rc::gen::set(&Step::hours, rc::gen::oneOf(rc::gen::just(0), rc::gen::inRange(0, 3'000))),
        rc::gen::set(&Step::amount, rc::gen::inRange<int64_t>(1, 150))));
    const MemberId duplicate = Join(), survivor = Join(), beside = Join();
    std::vector<Bought> bought;
    std::optional<ledger::MergePair> merge;
    bool corrected = false;  // then there is no undo
    for (size_t i = 0; i < std::min<size_t>(steps.size(), 16); ++i) {
      const Step& step = steps[i];
      now_ += absl::Hours(step.hours);
      if (step.act <= 1) {
        const bool by_duplicate = step.act == 0 && !merge;
        const MemberId& member = by_duplicate ? duplicate : survivor;
        bought.push_back({by_duplicate, Buy(member, step.amount * 100, step.amount),
                          Buy(beside, step.amount * 100, step.amount), step.amount});
      } else if (step.act == 2 && !bought.empty()) {
        Bought& what = bought[static_cast<size_t>(step.amount) % bought.size()];
        const int64_t points = std::min(what.left, step.amount);
        if (points == 0) continue;
        what.left -= points;
        BringBack(beside, what.beside, points);
        if (what.by_duplicate && merge) {
          BringBackOfMerged(duplicate, {survivor}, what.transaction, points);
          corrected = true;
        } else {
          BringBack(what.by_duplicate ? duplicate : survivor, what.transaction, points);
        }
      } else if (step.act == 3 && !merge) {
        merge = Merge(duplicate, survivor);
        corrected = false;
      } else if (step.act == 3 && merge && !corrected) {
        // What came over may have been taken since.
        if (Undo(*merge).ok()) merge.reset();
      } else if (step.act == 4) {
        Keep();
      }
      if (merge) RC_ASSERT(TierOf(survivor) == TierOf(beside));
      if (merge) RC_ASSERT(CodeOf(survivor) == TierOf(survivor));
    }
    RC_ASSERT(Findings().empty());
    Keep();
    RC_ASSERT(Findings().empty());
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace gratis::members
