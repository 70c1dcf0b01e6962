#include <gmock/gmock.h>

#include "absl/time/time.h"
#include "common/rpc/values.h"
#include "tests/integration/services/ledger/points_house.h"

namespace gratis::ledger_service {
namespace {

class Holds : public Points {
 protected:
  Holds() {
    EXPECT_TRUE(Send(EarnOf(100)).ok());
    now_ = clock_.Now() + absl::Hours(24);
  }
  // The id of a hold of so many points.
  std::string Place(int64_t points) {
    const auto placed = Send(HoldOf(points));
    EXPECT_TRUE(placed.ok()) << placed.status();
    return placed.ok() ? placed->hold_id() : "";
  }

  absl::Time now_;  // a day from now
};

TEST_F(Holds, PinPointsUntilTheyAreSpent) {
  const auto placed = SendTwice(HoldOf(60));
  ASSERT_TRUE(placed.ok());
  EXPECT_TRUE(HoldId::Parse(placed->hold_id()).ok());
  EXPECT_EQ(placed->available_points(), 40);
  EXPECT_EQ(placed->held_points(), 60);
  EXPECT_EQ(placed->expires_at().seconds() - placed->recorded_at().seconds(), 15 * 60);
  Refuses(SpendOf(41), Reason::kInsufficientPoints);

  const auto captured = SendTwice(CaptureOf(placed->hold_id(), 45));
  ASSERT_TRUE(captured.ok());
  EXPECT_EQ(captured->captured_points(), 45);
  EXPECT_EQ(captured->released_points(), 15);
  EXPECT_EQ(captured->available_points(), 55);
  EXPECT_EQ(captured->held_points(), 0);
  Refuses(CaptureOf(placed->hold_id()), Reason::kHoldResolved);
  Refuses(VoidOf(placed->hold_id()), Reason::kHoldResolved);
  ExpectSoundBooks();
}

TEST_F(Holds, AreCapturedWhollyWhenNobodySaysHowMuch) {
  const auto captured = Send(CaptureOf(Place(60)));
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ(captured->captured_points(), 60);
  EXPECT_EQ(captured->released_points(), 0);
  EXPECT_EQ(Balance(), 40);
}

TEST_F(Holds, AreVoided) {
  const auto released = SendTwice(VoidOf(Place(60)));
  ASSERT_TRUE(released.ok());
  EXPECT_EQ(released->released_points(), 60);
  EXPECT_EQ(released->available_points(), 100);
  EXPECT_EQ(released->held_points(), 0);
}

TEST_F(Holds, NeverPinMoreThanThereIsNorAreCapturedForMore) {
  Refuses(HoldOf(101), Reason::kInsufficientPoints);
  const std::string hold = Place(60);
  Place(40);  // of which the first captures nothing
  Refuses(CaptureOf(hold, 61), Reason::kInsufficientPoints);
  EXPECT_EQ(BalanceOf(member_).held_points(), 100);
}

TEST_F(Holds, RunOutByThemselves) {
  v1::PlaceHoldRequest request = HoldOf(60);
  request.set_life_seconds(3600);
  const auto placed = Send(request);
  ASSERT_TRUE(placed.ok()) << placed.status();
  SetClock(now_);
  EXPECT_EQ(Balance(), 100);  // nobody has to have posted it
  Refuses(CaptureOf(placed->hold_id()), Reason::kHoldResolved);
  ASSERT_TRUE(Send(SpendOf(100)).ok());
  ExpectSoundBooks();
}

TEST_F(Holds, LiveNoLongerThanTheUnitAllows) {
  v1::PlaceHoldRequest request = HoldOf(1);
  request.set_life_seconds(720 * 3600);
  EXPECT_TRUE(Send(request).ok());
  request.set_request_id(NextRequestId());
  request.set_life_seconds(720 * 3600 + 1);
  Refuses(request, Reason::kHoldTooLong, "life_seconds");
  request.set_life_seconds(-1);
  Refuses(request, Reason::kFieldInvalid, "life_seconds");
}

TEST_F(Holds, AreKnownByTheirIds) {
  const std::string hold = Place(10);
  const std::string nobody = HoldId{ids_.Next(clock_.Now())}.ToString();
  Refuses(CaptureOf(nobody), Reason::kHoldNotFound, "hold_id");
  Refuses(VoidOf(nobody), Reason::kHoldNotFound, "hold_id");
  Refuses(CaptureOf(member_), Reason::kInvalidId, "hold_id");
  Refuses(VoidOf(""), Reason::kInvalidId, "hold_id");
  Refuses(CaptureOf(hold, -1), Reason::kPointsNotPositive, "points");
  v1::VoidHoldRequest late = VoidOf(hold);
  rpc::SetTime(clock_.Now() - absl::Hours(1), *late.mutable_effective_at());
  Refuses(late, Reason::kEffectiveTimeInvalid, "effective_at");
  NewProgram("other");
  const std::string key = NewKey(house::Role::kBackend, Find("other").number);
  EXPECT_THAT(Send(VoidOf(hold), key), FailsWith(Reason::kHoldNotFound));
  EXPECT_EQ(BalanceOf(member_).held_points(), 10);
}

TEST_F(Holds, ARequestIsKnownByItsContent) {
  v1::PlaceHoldRequest place = HoldOf(10);
  const auto placed = Send(place);
  ASSERT_TRUE(placed.ok());
  place.set_points(11);
  Refuses(place, Reason::kRequestIdReused, "request_id");
  v1::CaptureHoldRequest capture = CaptureOf(placed->hold_id(), 5);
  ASSERT_TRUE(Send(capture).ok());
  capture.set_points(6);
  Refuses(capture, Reason::kRequestIdReused, "request_id");
}

class Pending : public Points {};

TEST_F(Pending, PointsWaitForTheirTime) {
  v1::EarnRequest request = EarnOf(30);
  rpc::SetTime(clock_.Now() + absl::Hours(12), *request.mutable_available_at());
  const auto earned = SendTwice(request);
  ASSERT_TRUE(earned.ok());
  EXPECT_EQ(earned->available_points(), 0);
  EXPECT_EQ(earned->pending_points(), 30);
  Refuses(SpendOf(1), Reason::kInsufficientPoints);
  SetClock(clock_.Now() + absl::Hours(24));
  EXPECT_EQ(Balance(), 30);
  EXPECT_TRUE(Send(SpendOf(30)).ok());
  ExpectSoundBooks();
}

TEST_F(Pending, PointsWaitToBeActivated) {
  v1::EarnRequest request = EarnOf(30);
  request.set_on_activation(true);
  const auto earned = Send(request);
  ASSERT_TRUE(earned.ok()) << earned.status();
  SetClock(clock_.Now() + absl::Hours(24 * 365));
  EXPECT_EQ(BalanceOf(member_).pending_points(), 30);
  const auto activated = SendTwice(ActivateOf(earned->transaction_id()));
  ASSERT_TRUE(activated.ok());
  EXPECT_EQ(activated->activated_points(), 30);
  EXPECT_EQ(activated->available_points(), 30);
  EXPECT_EQ(activated->pending_points(), 0);
  Refuses(ActivateOf(earned->transaction_id()), Reason::kNothingPending);
}

TEST_F(Pending, OnlyWhatIsThereIsActivated) {
  Refuses(ActivateOf(TransactionId{ids_.Next(clock_.Now())}.ToString()),
          Reason::kTransactionNotFound, "transaction_id");
  Refuses(ActivateOf("txn_x"), Reason::kInvalidId, "transaction_id");
  const auto earned = Send(EarnOf(5));
  ASSERT_TRUE(earned.ok());
  Refuses(ActivateOf(earned->transaction_id()), Reason::kNothingPending);
}

}  // namespace
}  // namespace gratis::ledger_service
