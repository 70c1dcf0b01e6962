#include "services/ledger/postings.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const MemberId kAda{{{1}}};
const MemberId kBob{{{2}}};

class Postings : public ::testing::Test {
 protected:
  Postings() {
    Load(kAda, 100);
    books_.Loaded({.members = {kAda, kBob}});
  }

  // With all of it in one lot.
  void Load(const MemberId& member, int64_t points) {
    books_.LoadHolder(member, kNow - absl::Hours(24));
    books_.LoadWallet(member, ledger::kPointsUnit, {.available = points});
    books_.LoadLot({.key = {4, points},
                    .member = member,
                    .points = points,
                    .earned_at = kNow - absl::Hours(1),
                    .available = points});
    books_.Loaded({.lots = {{{member, ledger::kPointsUnit}, ledger::Wants::kAll}}});
  }

  PointsOrder Order(Direction direction, int64_t points) {
    return {.direction = direction,
            .transaction = {{{9}}},
            .member = kAda,
            .points = points,
            .source = "till 7",
            .effective_at = {},
            .statable_past = absl::Minutes(5)};
  }

  const ledger::Program program_{
      .number = 2, .time_zone = "UTC", .first_partition = 4, .partitions = 1};
  ledger::Books books_{program_, {{4, 0}}, kNow};
};

TEST_F(Postings, EarnMovesPointsFromIssuedToTheMember) {
  const auto posted = PostPoints(Order(Direction::kEarn, 20), kNow, books_);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_EQ(posted->available_points, 120);
  EXPECT_EQ(posted->recorded_at, kNow);
  ASSERT_EQ(books_.rows().size(), 1u);
  const ledger::Fact& fact = books_.rows()[0].fact;
  EXPECT_EQ(fact.kind, ledger::FactKind::kEarn);
  EXPECT_EQ(fact.debit, ledger::Account::kIssued);
  EXPECT_EQ(fact.credit, ledger::Account::kAvailable);
  EXPECT_EQ(books_.rows()[0].debit_after, -20);
  EXPECT_EQ(books_.rows()[0].credit_after, 120);
  EXPECT_EQ(fact.effective_at, kNow);
  EXPECT_EQ(fact.source, "till 7");
}

TEST_F(Postings, SpendMovesPointsFromTheMemberToRedeemed) {
  const auto posted = PostPoints(Order(Direction::kSpend, 100), kNow, books_);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_EQ(posted->available_points, 0);
  const ledger::Fact& fact = books_.rows()[0].fact;
  EXPECT_EQ(fact.kind, ledger::FactKind::kSpend);
  EXPECT_EQ(fact.debit, ledger::Account::kAvailable);
  EXPECT_EQ(fact.credit, ledger::Account::kRedeemed);
  EXPECT_EQ(books_.rows()[0].credit_after, 100);
}

TEST_F(Postings, NeverMoreThanThereIs) {
  const auto posted = PostPoints(Order(Direction::kSpend, 101), kNow, books_);
  EXPECT_EQ(ReasonOf(posted.status()), Reason::kInsufficientPoints);
  EXPECT_EQ(MetadataOf(posted.status()), (Metadata{{"available_points", "100"}}));
  EXPECT_TRUE(books_.rows().empty());
  EXPECT_EQ(books_.AvailablePoints(kAda), 100);
}

TEST_F(Postings, NothingForStrangers) {
  PointsOrder order = Order(Direction::kEarn, 1);
  order.member = kBob;
  EXPECT_EQ(ReasonOf(PostPoints(order, kNow, books_).status()), Reason::kMemberNotFound);
}

TEST_F(Postings, AmountsHaveBounds) {
  for (const Direction direction : {Direction::kEarn, Direction::kSpend}) {
    for (const int64_t points : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
      EXPECT_EQ(ReasonOf(PostPoints(Order(direction, points), kNow, books_).status()),
                Reason::kPointsNotPositive);
    }
    for (const int64_t points : {int64_t{1'000'000'000'001}, std::numeric_limits<int64_t>::max()}) {
      EXPECT_EQ(ReasonOf(PostPoints(Order(direction, points), kNow, books_).status()),
                Reason::kPointsOverflow);
    }
  }
  EXPECT_TRUE(PostPoints(Order(Direction::kEarn, 1'000'000'000'000), kNow, books_).ok());
}

TEST_F(Postings, ABalanceStaysCountable) {
  Load(kBob, std::numeric_limits<int64_t>::max() - 5);
  PointsOrder order = Order(Direction::kEarn, 6);
  order.member = kBob;
  EXPECT_EQ(ReasonOf(PostPoints(order, kNow, books_).status()), Reason::kPointsOverflow);
  order.points = 5;
  EXPECT_EQ(PostPoints(order, kNow, books_)->available_points, std::numeric_limits<int64_t>::max());
}

TEST_F(Postings, EffectiveTimeIsPastOnlyForWhoeverBringsInHistory) {
  PointsOrder order = Order(Direction::kEarn, 1);
  order.effective_at = kNow + absl::Minutes(5);
  EXPECT_TRUE(PostPoints(order, kNow, books_).ok());
  order.effective_at = kNow + absl::Minutes(5) + absl::Microseconds(1);
  const absl::Status ahead = PostPoints(order, kNow, books_).status();
  EXPECT_EQ(ReasonOf(ahead), Reason::kEffectiveTimeInvalid);
  EXPECT_EQ(FieldOf(ahead), "effective_at");
  order.effective_at = kNow - absl::Minutes(5) - absl::Microseconds(1);
  EXPECT_EQ(ReasonOf(PostPoints(order, kNow, books_).status()), Reason::kEffectiveTimeInvalid);
  order.statable_past = absl::InfiniteDuration();
  EXPECT_TRUE(PostPoints(order, kNow, books_).ok());
  EXPECT_EQ(books_.rows().back().fact.effective_at, *order.effective_at);
  order.effective_at =
      absl::FromCivil(absl::CivilSecond(1899, 12, 31, 23, 59, 59), absl::UTCTimeZone());
  EXPECT_EQ(ReasonOf(PostPoints(order, kNow, books_).status()), Reason::kEffectiveTimeInvalid);
}

}  // namespace
}  // namespace gratis::ledger_service
