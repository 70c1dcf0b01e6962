#include "common/ledger/books.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/base/random.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class BooksTest : public ::testing::Test {
 protected:
  Fact Giving(int64_t points) const {
    return {.kind = FactKind::kEarn,
            .member = member_,
            .points = points,
            .debit = Account::kIssued,
            .credit = Account::kAvailable,
            .effective_at = kNow};
  }
  Fact Taking(int64_t points) const {
    return {.kind = FactKind::kSpend,
            .member = member_,
            .points = points,
            .debit = Account::kAvailable,
            .credit = Account::kRedeemed,
            .effective_at = kNow};
  }

  base::SequentialIds ids_;
  const MemberId member_{ids_.Next(kNow)};
  const Program program_{.number = 2, .time_zone = "UTC", .first_partition = 3, .partitions = 1};
  Books books_{program_, {{3, 0}}, kNow};

  void Load(int64_t available) {
    books_.LoadHolder(member_, kNow);
    if (available > 0) books_.LoadWallet(member_, kPointsUnit, {.available = available});
  }
  int64_t Side(Account account) const {
    return books_.BalanceNow(account, member_, kPointsUnit, 3);
  }
};

TEST_F(BooksTest, PointsMoveBetweenTheTwoSides) {
  Load(10);
  books_.LoadAccount(3, kPointsUnit, Account::kIssued, -10);
  ASSERT_TRUE(books_.Post(Giving(5)).ok());
  ASSERT_TRUE(books_.Post(Taking(15)).ok());
  EXPECT_EQ(books_.AvailablePoints(member_), 0);
  EXPECT_EQ(Side(Account::kIssued), -15);
  EXPECT_EQ(Side(Account::kRedeemed), 15);
  ASSERT_EQ(books_.rows().size(), 2u);
  EXPECT_EQ(books_.rows()[0].debit_after, -15);
  EXPECT_EQ(books_.rows()[0].credit_after, 15);
  EXPECT_EQ(books_.rows()[1].available_after(), 0);
}

TEST_F(BooksTest, NobodySpendsWhatTheyDoNotHave) {
  Load(10);
  const absl::Status status = books_.Post(Taking(11)).status();
  EXPECT_EQ(ReasonOf(status), Reason::kInsufficientPoints);
  EXPECT_EQ(MetadataOf(status), (Metadata{{"available_points", "10"}}));
  EXPECT_EQ(books_.AvailablePoints(member_), 10);
  EXPECT_TRUE(books_.rows().empty());
}

TEST_F(BooksTest, AStrangerHasNoWallet) {
  EXPECT_EQ(books_.Post(Giving(1)).status(), Books::Lacking());
  const Wants wants = books_.TakeWants();
  EXPECT_EQ(wants.members, std::set<MemberId>{member_});
  books_.Loaded(wants);
  EXPECT_EQ(ReasonOf(books_.Post(Giving(1)).status()), Reason::kMemberNotFound);
}

TEST_F(BooksTest, PointsOfOnePostingAreOneToAMillionMillion) {
  Load(0);
  EXPECT_EQ(ReasonOf(books_.Post(Giving(0)).status()), Reason::kPointsNotPositive);
  EXPECT_EQ(ReasonOf(books_.Post(Giving(-1)).status()), Reason::kPointsNotPositive);
  EXPECT_EQ(ReasonOf(books_.Post(Giving(kMaxPoints + 1)).status()), Reason::kPointsOverflow);
  EXPECT_TRUE(books_.Post(Giving(kMaxPoints)).ok());
}

TEST_F(BooksTest, ABalanceThatWouldWrapIsRefused) {
  Load(kMax - 5);
  EXPECT_EQ(ReasonOf(books_.Post(Giving(6)).status()), Reason::kPointsOverflow);
  EXPECT_TRUE(books_.Post(Giving(5)).ok());
  EXPECT_EQ(books_.AvailablePoints(member_), kMax);
}

TEST_F(BooksTest, WhatIsUndoneLeavesNothing) {
  Load(10);
  ASSERT_TRUE(books_.Post(Giving(1)).ok());
  const Books::Mark mark = books_.mark();
  const MemberId other{ids_.Next(kNow)};
  const DirectoryKey name{DirectoryKind::kEmail, std::string(16, 'e')};
  books_.AddHolder(other, kNow);
  books_.Claim(name, other, other.uuid);
  ASSERT_TRUE(books_.Post(Giving(5)).ok());
  ASSERT_TRUE(books_.Post(Taking(3)).ok());
  books_.UndoTo(mark);
  EXPECT_EQ(books_.AvailablePoints(member_), 11);
  EXPECT_EQ(Side(Account::kIssued), -1);
  EXPECT_EQ(Side(Account::kRedeemed), 0);
  EXPECT_EQ(books_.rows().size(), 1u);
  EXPECT_EQ(books_.FindHolder(other), nullptr);
  EXPECT_FALSE(books_.FindEntry(name).has_value());
  EXPECT_TRUE(books_.claims().empty());
}

TEST_F(BooksTest, WhatIsUndoneHasDrawnOnNoBudget) {
  Load(0);
  const BudgetId budget{ids_.Next(kNow)};
  books_.LoadBudget({.id = budget, .unit = kPointsUnit, .limit = 100, .spent = 40});
  Fact gift = Giving(60);
  gift.budget = budget;
  const Books::Mark mark = books_.mark();
  ASSERT_TRUE(books_.Post(gift).ok());
  EXPECT_EQ(MetadataOf(books_.Post(gift).status()), (Metadata{{"remaining", "0"}}));
  books_.UndoTo(mark);
  ASSERT_TRUE(books_.Post(gift).ok());
  EXPECT_EQ(books_.budgets().at(budget)->spent, 100);
  EXPECT_EQ(books_.draws().at({3, budget}), 60);
}

TEST_F(BooksTest, AClaimIsSeenByTheNextDecision) {
  const DirectoryKey name{DirectoryKind::kPhone, std::string(16, 'p')};
  EXPECT_FALSE(books_.FindEntry(name).has_value());
  books_.Claim(name, member_, member_.uuid);
  ASSERT_TRUE(books_.FindEntry(name).has_value());
  EXPECT_EQ(books_.FindEntry(name)->id, member_.uuid);
  EXPECT_EQ(books_.FindEntry(name)->partition, 3);
}

TEST(CheckEffectiveTime, FiveMinutesAheadAtMostAndAsFarBackAsAllowed) {
  const absl::Duration day = absl::Hours(24);
  EXPECT_TRUE(CheckEffectiveTime(kNow + absl::Minutes(5), kNow, day).ok());
  EXPECT_EQ(
      ReasonOf(CheckEffectiveTime(kNow + absl::Minutes(5) + absl::Microseconds(1), kNow, day)),
      Reason::kEffectiveTimeInvalid);
  EXPECT_TRUE(CheckEffectiveTime(kNow - day, kNow, day).ok());
  EXPECT_EQ(ReasonOf(CheckEffectiveTime(kNow - day - absl::Microseconds(1), kNow, day)),
            Reason::kEffectiveTimeInvalid);
  EXPECT_TRUE(CheckEffectiveTime(absl::FromUnixSeconds(0), kNow, absl::InfiniteDuration()).ok());
  EXPECT_EQ(ReasonOf(CheckEffectiveTime(absl::FromUnixSeconds(-3'000'000'000), kNow,
                                        absl::InfiniteDuration())),
            Reason::kEffectiveTimeInvalid);
}

TEST_F(BooksTest, ANameThatWasGivenUpIsJournaledByItsNumberAndFree) {
  Load(0);
  const DirectoryKey name{DirectoryKind::kPhone, "hash"};
  books_.LoadNames(3, 16);
  books_.Claim(name, member_, member_.uuid);
  ASSERT_TRUE(books_.Release(name, {.kind = FactKind::kNameReleased, .member = member_}).ok());
  EXPECT_FALSE(books_.FindEntry(name).has_value());
  ASSERT_EQ(books_.rows().size(), 1u);
  EXPECT_EQ(books_.rows()[0].fact.kind, FactKind::kNameReleased);
  EXPECT_EQ(books_.rows()[0].fact.detail, "{\"name\":17}");
  books_.Claim(name, member_, member_.uuid);
  EXPECT_EQ(books_.FindEntry(name)->number, 18);
}

TEST_F(BooksTest, WhatIsUndoneGivesNamesAndNumbersBack) {
  Load(0);
  const DirectoryKey name{DirectoryKind::kPhone, "hash"};
  books_.LoadNames(3, 16);
  books_.LoadEntry(name, {3, member_.uuid, 5});
  const Books::Mark mark = books_.mark();
  ASSERT_TRUE(books_.Release(name, {.kind = FactKind::kNameReleased, .member = member_}).ok());
  books_.Claim(name, member_, member_.uuid);
  books_.UndoTo(mark);
  EXPECT_EQ(books_.FindEntry(name), (DirectoryEntry{3, member_.uuid, 5}));
  EXPECT_EQ(books_.names().at(3), 16);
  EXPECT_TRUE(books_.releases().empty());
  EXPECT_TRUE(books_.claims().empty());
}

TEST_F(BooksTest, ANameToGiveUpIsReadWhenItIsNotKnown) {
  Load(0);
  EXPECT_EQ(books_.Release({DirectoryKind::kPhone, "hash"},
                           {.kind = FactKind::kNameReleased, .member = member_}),
            Books::Lacking());
  EXPECT_EQ(books_.TakeWants().names.size(), 1u);
}

TEST_F(BooksTest, AStateIsSetByItsFactAndUndone) {
  Load(0);
  const Books::Mark mark = books_.mark();
  ASSERT_TRUE(books_
                  .Post({.kind = FactKind::kMemberStateSet,
                         .member = member_,
                         .effective_at = kNow,
                         .detail = StateJson(MemberState::kDeceased, MemberState::kActive)})
                  .ok());
  EXPECT_EQ(books_.FindHolder(member_)->state, MemberState::kDeceased);
  EXPECT_EQ(ReasonOf(books_.Permit(member_, Deed::kEarn)), Reason::kMemberNotActive);
  EXPECT_EQ(books_.touched_holders().size(), 1u);
  books_.UndoTo(mark);
  EXPECT_EQ(books_.FindHolder(member_)->state, MemberState::kActive);
  EXPECT_TRUE(books_.touched_holders().empty());
}

}  // namespace
}  // namespace gratis::ledger
