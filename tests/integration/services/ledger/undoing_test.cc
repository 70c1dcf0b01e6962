#include <gmock/gmock.h>

#include <set>

#include "absl/time/time.h"
#include "common/rpc/values.h"
#include "tests/integration/services/ledger/points_house.h"

namespace gratis::ledger_service {
namespace {

class Undoing : public Points {
 protected:
  // The transaction of an earn.
  std::string Earned(int64_t points) {
    const auto earned = Send(EarnOf(points));
    EXPECT_TRUE(earned.ok()) << earned.status();
    return earned.ok() ? earned->transaction_id() : "";
  }
  std::string Spent(int64_t points) {
    const auto spent = Send(SpendOf(points));
    EXPECT_TRUE(spent.ok()) << spent.status();
    return spent.ok() ? spent->transaction_id() : "";
  }
};

TEST_F(Undoing, AnEarnIsTakenBackInPartsUpToTheWhole) {
  const std::string earned = Earned(100);
  const auto part = SendTwice(ReverseOf(earned, 30));
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->taken_points(), 30);
  EXPECT_EQ(part->available_points(), 70);
  const auto refused = Send(ReverseOf(earned, 71));
  EXPECT_THAT(refused, FailsWith(Reason::kReversalTooLarge));
  EXPECT_EQ(MetadataOf(refused.status()), (Metadata{{"left", "70"}}));
  const auto rest = Send(ReverseOf(earned));
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->taken_points(), 70);
  EXPECT_EQ(rest->available_points(), 0);
  Refuses(ReverseOf(earned), Reason::kNothingToReverse);
  ExpectSoundBooks();
}

TEST_F(Undoing, WhatWasSpentBecomesADebtThatTheNextPointsRepay) {
  const std::string earned = Earned(100);
  Spent(80);
  const auto reversed = Send(ReverseOf(earned));
  ASSERT_TRUE(reversed.ok()) << reversed.status();
  EXPECT_EQ(reversed->taken_points(), 100);
  EXPECT_EQ(reversed->taken_as_debt_points(), 80);
  EXPECT_EQ(reversed->available_points(), 0);
  EXPECT_EQ(reversed->debt_points(), 80);
  EXPECT_EQ(BalanceOf(member_).debt_points(), 80);
  const auto next = Send(EarnOf(100));
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->available_points(), 20);
  EXPECT_EQ(next->debt_points(), 0);
  ExpectSoundBooks();
}

TEST_F(Undoing, WhoMayChooseWhatBecomesOfPointsThatWereSpent) {
  const std::string earned = Earned(100);
  Spent(80);
  v1::ReverseRequest request = ReverseOf(earned);
  request.set_clawback(v1::CLAWBACK_REFUSE);
  Refuses(request, Reason::kRoleNotAllowed, "clawback", till_);
  const auto refused = Send(request);
  EXPECT_THAT(refused, FailsWith(Reason::kClawbackRefused));
  EXPECT_EQ(MetadataOf(refused.status()), (Metadata{{"available_points", "20"}}));
  request.set_clawback(static_cast<v1::Clawback>(77));
  Refuses(request, Reason::kFieldInvalid, "clawback");
  request.set_clawback(v1::CLAWBACK_CLAMP);
  const auto clamped = Send(request, support_);
  ASSERT_TRUE(clamped.ok()) << clamped.status();
  EXPECT_EQ(clamped->forgiven_points(), 80);
  EXPECT_EQ(clamped->debt_points(), 0);
  ExpectSoundBooks();
}

TEST_F(Undoing, ASpendComesBack) {
  Earned(100);
  const std::string spent = Spent(80);
  const auto part = SendTwice(ReverseOf(spent, 30));
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->restored_points(), 30);
  EXPECT_EQ(part->available_points(), 50);
  const auto rest = Send(ReverseOf(spent));
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->restored_points(), 50);
  EXPECT_EQ(Balance(), 100);
  Refuses(ReverseOf(spent), Reason::kNothingToReverse);
}

TEST_F(Undoing, ASpendThatComesBackRepaysWhatIsOwed) {
  const std::string earned = Earned(100);
  const std::string spent = Spent(100);
  ASSERT_TRUE(Send(ReverseOf(earned)).ok());
  const auto back = Send(ReverseOf(spent));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->restored_points(), 100);
  EXPECT_EQ(back->repaid_points(), 100);
  EXPECT_EQ(back->available_points(), 0);
  EXPECT_EQ(back->debt_points(), 0);
  ExpectSoundBooks();
}

TEST_F(Undoing, ACaptureComesBackToo) {
  Earned(100);
  const auto placed = Send(HoldOf(60));
  ASSERT_TRUE(placed.ok());
  const auto captured = Send(CaptureOf(placed->hold_id(), 45));
  ASSERT_TRUE(captured.ok());
  const auto back = Send(ReverseOf(captured->transaction_id()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->restored_points(), 45);
  EXPECT_EQ(Balance(), 100);
}

TEST_F(Undoing, WhatHadExpiredCountsAsTaken) {
  v1::EarnRequest request = EarnOf(100);
  rpc::SetTime(clock_.Now() + absl::Hours(12), *request.mutable_expires_at());
  const auto earned = Send(request);
  ASSERT_TRUE(earned.ok()) << earned.status();
  SetClock(clock_.Now() + absl::Hours(24));
  EXPECT_EQ(Balance(), 0);
  const auto reversed = Send(ReverseOf(earned->transaction_id()));
  ASSERT_TRUE(reversed.ok()) << reversed.status();
  EXPECT_EQ(reversed->taken_points(), 100);
  EXPECT_EQ(reversed->taken_expired_points(), 100);
  EXPECT_EQ(reversed->debt_points(), 0);
  ExpectSoundBooks();
}

TEST_F(Undoing, OnlyWhatIsThereIsReversed) {
  Refuses(ReverseOf(TransactionId{ids_.Next(clock_.Now())}.ToString()),
          Reason::kTransactionNotFound, "transaction_id");
  Refuses(ReverseOf("txn_x"), Reason::kInvalidId, "transaction_id");
  Refuses(ReverseOf(Earned(5), -1), Reason::kPointsNotPositive, "points");
  NewProgram("other");
  const std::string key = NewKey(house::Role::kBackend, Find("other").number);
  EXPECT_THAT(Send(ReverseOf(Earned(5)), key), FailsWith(Reason::kTransactionNotFound));
}

class ByHand : public Undoing {
 protected:
  ByHand() {
    v1::Unit unit = PointsUnit();
    unit.set_adjust_limit_points(500);
    unit.set_transferable(true);
    SetUnit(unit);
  }
};

TEST_F(ByHand, PointsAreGivenAndTaken) {
  const auto given = SendTwice(AdjustOf(500));
  ASSERT_TRUE(given.ok());
  EXPECT_EQ(given->state(), v1::ADJUSTMENT_STATE_POSTED);
  EXPECT_EQ(given->adjustment_id(), "");
  EXPECT_EQ(given->available_points(), 500);
  const auto taken = SendTwice(AdjustOf(-200));
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->available_points(), 300);
  Refuses(AdjustOf(-301), Reason::kInsufficientPoints);
  EXPECT_TRUE(Send(ReverseOf(taken->transaction_id())).ok());
  EXPECT_EQ(Balance(), 500);
  ExpectSoundBooks();
}

TEST_F(ByHand, AnAdjustmentSaysHowMuchAndWhy) {
  Refuses(AdjustOf(0), Reason::kPointsNotPositive, "points");
  Refuses(AdjustOf(1'000'000'000'001), Reason::kPointsOverflow, "points");
  Refuses(AdjustOf(-1'000'000'000'001), Reason::kPointsOverflow, "points");
  v1::AdjustRequest request = AdjustOf(1);
  request.set_reason("");
  Refuses(request, Reason::kFieldMissing, "reason");
  request.set_reason(std::string(129, 'x'));
  Refuses(request, Reason::kFieldTooLong, "reason");
  Refuses(AdjustOf(1), Reason::kRoleNotAllowed, "", backend_);
}

TEST_F(ByHand, AboveTheLimitItTakesASecondPerson) {
  const auto requested = SendTwice(AdjustOf(501));
  ASSERT_TRUE(requested.ok());
  EXPECT_EQ(requested->state(), v1::ADJUSTMENT_STATE_PENDING_APPROVAL);
  EXPECT_EQ(requested->available_points(), 0);
  EXPECT_TRUE(AdjustmentId::Parse(requested->adjustment_id()).ok());
  Refuses(ReverseOf(requested->transaction_id()), Reason::kNothingToReverse);

  Refuses(ApproveOf(requested->adjustment_id()), Reason::kRoleNotAllowed, "", support_);
  const auto approved = SendTwice(ApproveOf(requested->adjustment_id()));
  ASSERT_TRUE(approved.ok());
  EXPECT_EQ(approved->adjusted_points(), 501);
  EXPECT_EQ(approved->available_points(), 501);
  EXPECT_EQ(approved->transaction_id(), requested->transaction_id());
  Refuses(ApproveOf(requested->adjustment_id()), Reason::kAdjustmentResolved);
  EXPECT_TRUE(Send(ReverseOf(approved->transaction_id())).ok());
  EXPECT_EQ(Balance(), 0);
  ExpectSoundBooks();
}

TEST_F(ByHand, WhoeverRequestedItDoesNotApproveIt) {
  const std::string boss = NewKey(house::Role::kAdmin, program_.number);
  const auto requested = Send(AdjustOf(-501), boss);
  ASSERT_TRUE(requested.ok()) << requested.status();
  Refuses(ApproveOf(requested->adjustment_id()), Reason::kSecondPersonNeeded, "", boss);
  const std::string other = NewKey(house::Role::kAdmin, program_.number);
  Refuses(ApproveOf(requested->adjustment_id()), Reason::kInsufficientPoints, "", other);
  Earned(600);
  const auto approved = Send(ApproveOf(requested->adjustment_id()), other);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(approved->adjusted_points(), -501);
  EXPECT_EQ(approved->available_points(), 99);
}

TEST_F(ByHand, OnlyWhatWaitsIsApproved) {
  Refuses(ApproveOf(AdjustmentId{ids_.Next(clock_.Now())}.ToString()), Reason::kAdjustmentNotFound,
          "adjustment_id");
  Refuses(ApproveOf("adj_x"), Reason::kInvalidId, "adjustment_id");
  // A posting of another kind is none.
  const absl::StatusOr<TransactionId> earned = TransactionId::Parse(Earned(5));
  ASSERT_TRUE(earned.ok());
  Refuses(ApproveOf(AdjustmentId{earned->uuid}.ToString()), Reason::kAdjustmentNotFound,
          "adjustment_id");
}

class Transfers : public ByHand {
 protected:
  int32_t PartitionOf(const std::string& member) {
    return ledger::PartitionOf(program_, MemberId::Parse(member).value());
  }
};

TEST_F(Transfers, MovePointsWithinAPartitionAndAcross) {
  Earned(100);
  std::set<bool> seen;  // whether the receiver is in the giver's partition
  int64_t given = 0;
  for (int i = 0; i < 100 && seen.size() < 2; ++i) {
    const std::string other = NewMember("demo");
    if (!seen.insert(PartitionOf(other) == PartitionOf(member_)).second) continue;
    const auto moved = SendTwice(TransferOf(other, 20));
    ASSERT_TRUE(moved.ok());
    given += 20;
    EXPECT_EQ(moved->available_points(), 100 - given);
    EXPECT_EQ(BalanceOf(other).available_points(), 20);
    Refuses(ReverseOf(moved->transaction_id()), Reason::kNothingToReverse);
  }
  EXPECT_EQ(given, 40);
  ExpectSoundBooks();
}

TEST_F(Transfers, AreRefusedWithNothingDone) {
  Earned(100);
  const std::string other = NewMember("demo");
  Refuses(TransferOf(member_, 1), Reason::kTransferNotAllowed);
  Refuses(TransferOf(other, 101), Reason::kInsufficientPoints);
  Refuses(TransferOf(MemberId{ids_.Next(clock_.Now())}.ToString(), 1), Reason::kMemberNotFound,
          "to_member_id");
  Refuses(TransferOf("mem_x", 1), Reason::kInvalidId, "to_member_id");
  Refuses(TransferOf(other, 0), Reason::kPointsNotPositive, "points");
  Refuses(TransferOf(other, 1), Reason::kRoleNotAllowed, "", till_);
  v1::Unit unit = PointsUnit();
  unit.set_transferable(false);
  SetUnit(unit);
  Refuses(TransferOf(other, 1), Reason::kTransferNotAllowed);
  EXPECT_EQ(Balance(), 100);
}

}  // namespace
}  // namespace gratis::ledger_service
