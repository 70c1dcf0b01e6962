#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/ledger/merging.h"
#include "services/members/briefs.h"
#include "tests/integration/services/members/briefs_house.h"

// What somebody did who turned out to be somebody else is read with what that one did. Each is
// played with the two in one partition and in two.
namespace gratis::members {
namespace {

using Day = absl::CivilDay;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MergedBriefsTest : public BriefsHouse, public ::testing::WithParamInterface<bool> {
 protected:
  MergedBriefsTest() { now_ = At("2027-03-05 10:00"); }

  // Somebody whose partition is this one's, or is not, as the parameter says.
  MemberId JoinBeside(const MemberId& other) {
    const int32_t partition = ledger::PartitionOf(program_, other);
    while (true) {
      const MemberId member = JoinAs({});
      if (member.IsNil()) return member;
      if ((ledger::PartitionOf(program_, member) == partition) == GetParam()) return member;
    }
  }

  ledger::MergePair PairOf(const MemberId& duplicate, const MemberId& survivor) {
    return {.duplicate = duplicate,
            .survivor = survivor,
            .leaving = ledger::Beside(program_, duplicate, TransactionId{ids_.Next(now_)}),
            .arriving = ledger::Beside(program_, survivor, TransactionId{ids_.Next(now_)}),
            .effective_at = now_,
            .source = "test"};
  }
  void DoFor(const ledger::MergePair& pair, const PointsAct::Decision& decision) {
    auto act = TiersHouse::Call(std::make_unique<PointsAct>(decision));
    act->envelope.member = pair.duplicate;
    act->envelope.also = {pair.survivor};
    act->envelope.of_merged = true;
    const ledger::Outcome outcome = poster_.Post(no_tables_, std::move(act));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }
  ledger::MergePair Merge(const MemberId& duplicate, const MemberId& survivor) {
    const ledger::MergePair pair = PairOf(duplicate, survivor);
    DoFor(pair, [&](PointsAct&, ledger::Books& books) {
      return ledger::MergeMembers(books, pair).status();
    });
    return pair;
  }
  void Undo(const ledger::MergePair& merge) {
    const ledger::MergePair undo = PairOf(merge.duplicate, merge.survivor);
    DoFor(merge, [&](PointsAct&, ledger::Books& books) {
      return ledger::UndoMerge(books, merge, undo).status();
    });
  }

  // Where a row stands in a list: a later one is greater.
  using Place = std::tuple<absl::Time, int32_t, int64_t>;
  std::vector<Place> Timeline(const MemberId& member, int32_t size, bool as_named = false) {
    std::vector<Place> places;
    std::optional<ledger::EntryPosition> behind;
    do {
      const auto page = briefs_.Timeline(program_, member, behind, size, Soon(), as_named);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(std::ssize(page->rows), size);
      for (const ledger::JournalRow& row : page->rows) {
        places.emplace_back(row.recorded_at, row.partition, row.seq);
      }
      behind = page->next;
    } while (behind);
    return places;
  }

  void BuyAt(const MemberId& member, const std::string& when, int64_t total) {
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
  void Complain(const MemberId& member, ledger::FactKind kind, uint8_t complaint) {
    Act(member, [&](PointsAct& act, ledger::Books& books) {
      return books
          .Post({.kind = kind,
                 .transaction = act.transaction,
                 .member = member,
                 .effective_at = now_,
                 .source = "delivery",
                 .detail = R"({"topic":"delivery"})",
                 .about = Uuid{{complaint}}})
          .status();
    });
  }
};

TEST_P(MergedBriefsTest, ATimelineIsOfAllWhoBecameOneWhateverThePage) {
  const MemberId survivor = JoinAs({});
  const MemberId duplicate = JoinBeside(survivor);
  const MemberId first = JoinBeside(survivor);
  // Some of it at one instant, so that only the place in a partition tells what comes first.
  for (int i = 1; i <= 5; ++i) {
    if (i % 2 == 0) now_ += absl::Minutes(1);
    for (const MemberId& member : {survivor, first, duplicate}) Buy(member, i, i);
  }
  Merge(first, duplicate);
  now_ += absl::Minutes(1);
  Buy(duplicate, 6, 6);
  const std::vector<Place> apart = Timeline(survivor, 100);
  const ledger::MergePair merge = Merge(duplicate, survivor);
  now_ += absl::Minutes(1);
  Buy(survivor, 7, 7);

  std::vector<Place> all;
  for (const MemberId& member : {survivor, duplicate, first}) {
    const std::vector<Place> own = Timeline(member, 100, /*as_named=*/true);
    all.insert(all.end(), own.begin(), own.end());
  }
  std::sort(all.rbegin(), all.rend());
  ASSERT_GT(all.size(), 3 * 6U);
  for (const int32_t size : {1, 2, 3, 7, 100}) EXPECT_EQ(Timeline(survivor, size), all);

  // Taken apart again, each has their own.
  Undo(merge);
  const std::vector<Place> own = Timeline(survivor, 3);
  EXPECT_EQ(own, Timeline(survivor, 100, /*as_named=*/true));
  EXPECT_TRUE(std::includes(own.begin(), own.end(), apart.begin(), apart.end(), std::greater<>()));
  EXPECT_GT(Timeline(duplicate, 3).size(), Timeline(duplicate, 3, /*as_named=*/true).size());
}

TEST_P(MergedBriefsTest, ABriefIsOfBothAndOfOneAgainAfterTheUndo) {
  const MemberId survivor = JoinAs({});
  const MemberId duplicate = JoinBeside(survivor);
  BuyAt(duplicate, "2027-03-06 10:00", 100);
  BuyAt(survivor, "2027-03-06 12:00", 200);
  BuyAt(survivor, "2027-03-06 18:00", 300);
  Follow();
  BuyAt(duplicate, "2027-03-07 10:00", 400);
  now_ = At("2027-04-01 09:00");
  const ledger::MergePair merge = Merge(duplicate, survivor);

  for (int followed = 0; followed < 2; ++followed) {
    const auto both = Look(survivor);
    EXPECT_THAT(Totals(*both), ElementsAre(400, 300, 200, 100));
    EXPECT_EQ(both->past.purchases, 4);
    // Both came on the sixth: that is one day.
    EXPECT_EQ(both->past.visits, 2);
    EXPECT_EQ(both->past.first_visit, Day(2027, 3, 6));
    EXPECT_EQ(both->past.last_visit, Day(2027, 3, 7));
    BriefQuestion as_named = QuestionOf(survivor);
    as_named.as_named = true;
    const auto own = briefs_.Look(as_named);
    ASSERT_TRUE(own.ok()) << own.status();
    EXPECT_THAT(Totals(**own), ElementsAre(300, 200));
    EXPECT_EQ((*own)->past.visits, 1);
    Follow();
  }
  Undo(merge);
  EXPECT_THAT(Totals(*Look(survivor)), ElementsAre(300, 200));
  EXPECT_EQ(Look(survivor)->past.visits, 1);
  EXPECT_THAT(Totals(*Look(duplicate)), ElementsAre(400, 100));
  EXPECT_EQ(Look(duplicate)->past.visits, 2);
}

TEST_P(MergedBriefsTest, TheLastPurchasesAreTheLastOfBoth) {
  const MemberId survivor = JoinAs({});
  const MemberId duplicate = JoinBeside(survivor);
  for (int day = 1; day <= 6; ++day)
    BuyAt(duplicate, absl::StrCat("2027-04-0", day, " 10:00"), day);
  BuyAt(survivor, "2027-04-07 10:00", 7);
  BuyAt(survivor, "2027-04-08 10:00", 8);
  Merge(duplicate, survivor);
  EXPECT_THAT(Totals(*Look(survivor)), ElementsAre(8, 7, 6, 5, 4));
  EXPECT_EQ(Look(survivor)->past.purchases, 8);
}

TEST_P(MergedBriefsTest, AnOpenComplaintOfTheDuplicatesIsToldOfUntilItIsResolved) {
  const MemberId survivor = JoinAs({});
  const MemberId duplicate = JoinBeside(survivor);
  Complain(duplicate, ledger::FactKind::kComplaintOpened, 1);
  now_ += absl::Hours(1);
  Complain(survivor, ledger::FactKind::kComplaintOpened, 2);
  Follow();
  now_ += absl::Hours(1);
  const ledger::MergePair merge = Merge(duplicate, survivor);
  const auto both = Look(survivor);
  ASSERT_THAT(both->complaints, SizeIs(2));
  EXPECT_EQ(both->complaints[0].id.uuid, (Uuid{{1}}));
  EXPECT_EQ(both->facts.complaint->count, 2);
  Undo(merge);
  EXPECT_THAT(Look(survivor)->complaints, SizeIs(1));
  Complain(duplicate, ledger::FactKind::kComplaintResolved, 1);
  Merge(duplicate, survivor);
  EXPECT_THAT(Look(survivor)->complaints, SizeIs(1));
  Complain(survivor, ledger::FactKind::kComplaintResolved, 2);
  EXPECT_THAT(Look(survivor)->complaints, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(InOnePartitionAndInTwo, MergedBriefsTest, ::testing::Bool());

}  // namespace
}  // namespace gratis::members
