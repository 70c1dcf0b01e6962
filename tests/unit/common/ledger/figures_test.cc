#include "common/ledger/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/ledger/period.h"

namespace gratis::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

absl::Time At(int year, int month, int day, int hour = 0) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour), absl::UTCTimeZone());
}

TEST(AgeBounds, AreWholeMonthsAndAMonthsEndRoundsDown) {
  const AgeBounds ages(At(2027, 5, 31, 12), absl::UTCTimeZone());
  EXPECT_THAT(ages.times, ElementsAre(At(2025, 5, 31, 12), At(2026, 5, 31, 12),
                                      At(2026, 11, 30, 12), At(2027, 2, 28, 12)));
  EXPECT_EQ(ages.Of(At(2027, 5, 31)), Age::kTo3Months);
  EXPECT_EQ(ages.Of(At(2027, 2, 28, 12)), Age::kTo3Months);
  EXPECT_EQ(ages.Of(At(2027, 2, 28, 12) - absl::Microseconds(1)), Age::kTo6);
  EXPECT_EQ(ages.Of(At(2026, 11, 30, 11)), Age::kTo12);
  EXPECT_EQ(ages.Of(At(2026, 5, 31, 11)), Age::kTo24);
  EXPECT_EQ(ages.Of(At(2025, 5, 31, 11)), Age::kOver24);
}

TEST(Movements, AddUpToWhatMembersHaveMore) {
  Movements movements;
  const auto move = [&](FactKind kind, Account debit, Account credit, int64_t points) {
    AddMovement(movements, kPointsUnit, kind, debit, credit, points);
  };
  move(FactKind::kEarn, Account::kIssued, Account::kAvailable, 100);
  move(FactKind::kActivated, Account::kPending, Account::kAvailable, 40);  // moves nothing
  move(FactKind::kHoldCaptured, Account::kHeld, Account::kRedeemed, 30);
  move(FactKind::kSpendReversed, Account::kRedeemed, Account::kAvailable, 10);
  move(FactKind::kExpired, Account::kAvailable, Account::kExpired, 20);
  // Taken back after they expired, and forgiven after they were spent.
  move(FactKind::kEarnReversed, Account::kExpired, Account::kIssued, 5);
  move(FactKind::kEarnReversed, Account::kRedeemed, Account::kIssued, 7);
  EXPECT_THAT(movements, ElementsAre(Pair(Pair(kPointsUnit, Movement::kIssued), 100),
                                     Pair(Pair(kPointsUnit, Movement::kEarnReversed), -12),
                                     Pair(Pair(kPointsUnit, Movement::kRedeemed), -23),
                                     Pair(Pair(kPointsUnit, Movement::kSpendReversed), 10),
                                     Pair(Pair(kPointsUnit, Movement::kExpired), -15)));
  int64_t sum = 0;
  for (const auto& [key, points] : movements) sum += points;
  EXPECT_EQ(sum, 100 - 30 + 10 - 20);
}

TEST(Outstanding, LinesThatComeToNothingAreDropped) {
  const LineKey key{kPointsUnit, Origin::kGiven, Age::kTo6};
  Outstanding sum{{key, {.points = 5, .debt = -2}}};
  AddOutstanding(sum, {{key, {.points = 5, .debt = -2}}}, -1);
  EXPECT_THAT(sum, IsEmpty());
}

TEST(Rates, RoundDown) {
  const Rate rate{.minor_units = 5, .per_points = 100};
  EXPECT_EQ(WorthOf(0, rate), 0);
  EXPECT_EQ(WorthOf(19, rate), 0);
  EXPECT_EQ(WorthOf(20, rate), 1);
  EXPECT_EQ(WorthOf(399, rate), 19);
  EXPECT_EQ(WorthOf(-1, rate), -1);
  EXPECT_EQ(WorthOf(-20, rate), -1);
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(WorthOf(most, {.minor_units = 7, .per_points = 7}), most);
  EXPECT_EQ(WorthOf(most, {.minor_units = 2, .per_points = 1}), std::nullopt);
}

TEST(Rates, TheOneThatBeganLastIsInForce) {
  const std::vector<Rate> rates = {
      {.unit = 1, .version = 1, .minor_units = 1, .effective_from = At(2027, 1, 1)},
      {.unit = 1, .version = 3, .minor_units = 3, .effective_from = At(2027, 2, 1)},
      {.unit = 1, .version = 2, .minor_units = 2, .effective_from = At(2027, 3, 1)},
      {.unit = 2, .version = 1, .minor_units = 9, .effective_from = At(2026, 1, 1)}};
  EXPECT_EQ(RateBefore(rates, 1, At(2027, 1, 1)), nullptr);
  EXPECT_EQ(RateBefore(rates, 1, At(2027, 2, 1))->version, 1);
  EXPECT_EQ(RateBefore(rates, 1, At(2027, 2, 2))->version, 3);
  EXPECT_EQ(RateBefore(rates, 1, At(2028, 1, 1))->version, 2);
}

}  // namespace
}  // namespace gratis::ledger
