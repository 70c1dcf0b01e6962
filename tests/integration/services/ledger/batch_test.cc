#include <gmock/gmock.h>

#include "tests/integration/services/ledger/points_house.h"

namespace gratis::ledger_service {
namespace {

using ::testing::SizeIs;

class Batch : public Points {
 protected:
  Batch() {
    v1::Unit unit = PointsUnit();
    unit.set_transferable(true);
    SetUnit(unit);
  }
};

TEST_F(Batch, HoldsPostingsOfEveryKindInTheirOrder) {
  const std::string other = NewMember("demo");
  const auto earned = Send(EarnOf(100));
  v1::EarnRequest waits = EarnOf(7);
  waits.set_on_activation(true);
  const auto pending = Send(waits);
  const auto first = Send(HoldOf(10));
  const auto second = Send(HoldOf(20));
  ASSERT_TRUE(earned.ok() && pending.ok() && first.ok() && second.ok());

  const std::string boss = NewKey(house::Role::kAdmin, program_.number);
  v1::PostBatchRequest request;
  *request.add_postings()->mutable_earn() = EarnOf(5);
  *request.add_postings()->mutable_spend() = SpendOf(6);
  *request.add_postings()->mutable_place_hold() = HoldOf(3);
  *request.add_postings()->mutable_capture_hold() = CaptureOf(first->hold_id());
  *request.add_postings()->mutable_void_hold() = VoidOf(second->hold_id());
  *request.add_postings()->mutable_activate() = ActivateOf(pending->transaction_id());
  *request.add_postings()->mutable_reverse() = ReverseOf(earned->transaction_id(), 1);
  *request.add_postings()->mutable_adjust() = AdjustOf(2);
  *request.add_postings()->mutable_transfer() = TransferOf(other, 4);
  const auto posted = Post(request, boss);
  ASSERT_TRUE(posted.ok()) << posted.status();
  ASSERT_THAT(posted->results(), SizeIs(request.postings_size()));
  for (int i = 0; i < request.postings_size(); ++i) {
    EXPECT_FALSE(posted->results(i).status().has_error()) << posted->results(i).DebugString();
    EXPECT_EQ(static_cast<int>(posted->results(i).response_case()),
              static_cast<int>(request.postings(i).request_case()));
  }
  EXPECT_EQ(posted->results(3).capture_hold().captured_points(), 10);
  EXPECT_EQ(posted->results(4).void_hold().released_points(), 20);
  EXPECT_EQ(posted->results(5).activate().activated_points(), 7);
  const v1::GetBalanceResponse balance = BalanceOf(member_);
  EXPECT_EQ(balance.available_points(), 100 - 30 + 5 - 6 - 3 + 20 + 7 - 1 + 2 - 4);
  EXPECT_EQ(balance.held_points(), 3);
  EXPECT_EQ(BalanceOf(other).available_points(), 4);
  ExpectSoundBooks();

  const auto again = Post(request, boss);
  ASSERT_TRUE(again.ok());
  for (int i = 0; i < request.postings_size(); ++i) {
    EXPECT_TRUE(again->results(i).status().replayed());
    v1::PostingResult result = again->results(i);
    result.clear_status();
    v1::PostingResult before = posted->results(i);
    before.clear_status();
    EXPECT_EQ(result.SerializeAsString(), before.SerializeAsString());
  }
  EXPECT_EQ(BalanceOf(member_).available_points(), balance.available_points());
}

TEST_F(Batch, EachItemSucceedsOrFailsByItself) {
  v1::PostBatchRequest request;
  *request.add_postings()->mutable_spend() = SpendOf(1);
  *request.add_postings()->mutable_earn() = EarnOf(5);
  *request.add_postings()->mutable_spend() = SpendOf(5);
  request.add_postings();
  *request.add_postings()->mutable_adjust() = AdjustOf(1);
  *request.add_postings()->mutable_earn() = EarnOf(0);
  *request.add_postings()->mutable_earn() = EarnOf(9);
  request.mutable_postings(6)->mutable_earn()->set_validate_only(true);
  request.add_postings()->mutable_earn()->set_member_id(member_);
  const auto posted = Post(request);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_EQ(ReasonIn(posted->results(0)), Reason::kInsufficientPoints);
  EXPECT_EQ(posted->results(0).response_case(), v1::PostingResult::RESPONSE_NOT_SET);
  EXPECT_EQ(posted->results(1).earn().available_points(), 5);
  EXPECT_EQ(posted->results(2).spend().available_points(), 0);
  EXPECT_EQ(ReasonIn(posted->results(3)), Reason::kFieldMissing);
  EXPECT_EQ(ReasonIn(posted->results(4)), Reason::kRoleNotAllowed);
  EXPECT_EQ(ReasonIn(posted->results(5)), Reason::kPointsNotPositive);
  EXPECT_EQ(posted->results(6).earn().available_points(), 9);
  EXPECT_EQ(ReasonIn(posted->results(7)), Reason::kFieldMissing);
  EXPECT_EQ(Balance(), 0);
}

TEST_F(Batch, AnAtomicOneIsDoneWhollyAcrossPartitions) {
  v1::PostBatchRequest request;
  request.set_atomic(true);
  std::vector<std::string> members;
  for (int i = 0; i < 20; ++i) {
    members.push_back(NewMember("demo"));
    v1::EarnRequest& earn = *request.add_postings()->mutable_earn();
    earn = EarnOf(10 + i);
    earn.set_member_id(members.back());
  }
  const auto posted = Post(request);
  ASSERT_TRUE(posted.ok()) << posted.status();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(posted->results(i).earn().available_points(), 10 + i);
    EXPECT_EQ(BalanceOf(members[i]).available_points(), 10 + i);
  }
  const auto again = Post(request);
  ASSERT_TRUE(again.ok());
  for (const v1::PostingResult& result : again->results()) EXPECT_TRUE(result.status().replayed());
  EXPECT_EQ(BalanceOf(members[0]).available_points(), 10);
  ExpectSoundBooks();
}

TEST_F(Batch, OfAnAtomicOneNothingIsDoneWhenAnItemFails) {
  const std::string other = NewMember("demo");
  v1::PostBatchRequest request;
  request.set_atomic(true);
  *request.add_postings()->mutable_earn() = EarnOf(5);
  request.add_postings()->mutable_earn()->CopyFrom(EarnOf(5));
  request.mutable_postings(1)->mutable_earn()->set_member_id(other);
  *request.add_postings()->mutable_spend() = SpendOf(6);
  const int64_t before = Trial().entries();
  const auto posted = Post(request);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_EQ(ReasonIn(posted->results(0)), Reason::kBatchAborted);
  EXPECT_EQ(MetadataIn(posted->results(0)), (Metadata{{"failed_item", "2"}}));
  EXPECT_EQ(ReasonIn(posted->results(1)), Reason::kBatchAborted);
  EXPECT_EQ(ReasonIn(posted->results(2)), Reason::kInsufficientPoints);
  EXPECT_EQ(Trial().entries(), before);
  EXPECT_EQ(BalanceOf(other).available_points(), 0);

  // What is wrong before anything is looked at aborts it just so.
  request.mutable_postings(2)->mutable_spend()->set_member_id("mem_x");
  const auto unsound = Post(request);
  ASSERT_TRUE(unsound.ok());
  EXPECT_EQ(ReasonIn(unsound->results(0)), Reason::kBatchAborted);
  EXPECT_EQ(MetadataIn(unsound->results(0)), (Metadata{{"failed_item", "2"}}));
  EXPECT_EQ(ReasonIn(unsound->results(2)), Reason::kInvalidId);
  EXPECT_EQ(Trial().entries(), before);

  // Mended, the same request ids are good.
  *request.mutable_postings(2)->mutable_spend() = SpendOf(5);
  const auto mended = Post(request);
  ASSERT_TRUE(mended.ok());
  for (const v1::PostingResult& result : mended->results()) {
    EXPECT_EQ(ReasonIn(result), std::nullopt);
    EXPECT_FALSE(result.status().replayed());
  }
  EXPECT_EQ(Balance(), 0);
  EXPECT_EQ(BalanceOf(other).available_points(), 5);
}

TEST_F(Batch, OfAnAtomicOneTheTwinOfAnItemIsNotToldDoneEither) {
  v1::PostBatchRequest request;
  request.set_atomic(true);
  *request.add_postings()->mutable_earn() = EarnOf(5);
  *request.add_postings() = request.postings(0);
  *request.add_postings()->mutable_spend() = SpendOf(6);
  const auto aborted = Post(request);
  ASSERT_TRUE(aborted.ok()) << aborted.status();
  EXPECT_EQ(ReasonIn(aborted->results(0)), Reason::kBatchAborted);
  EXPECT_EQ(ReasonIn(aborted->results(1)), Reason::kBatchAborted);
  EXPECT_FALSE(aborted->results(1).status().replayed());
  EXPECT_EQ(Balance(), 0);
  // What was done before stays done, and is told so.
  ASSERT_TRUE(Send(request.postings(0).earn()).ok());
  const auto again = Post(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->results(1).status().replayed());
  EXPECT_EQ(ReasonIn(again->results(2)), Reason::kInsufficientPoints);
  EXPECT_EQ(Balance(), 5);
}

TEST_F(Batch, AnAtomicOneIsValidatedWhollyOrNotAtAll) {
  v1::PostBatchRequest request;
  request.set_atomic(true);
  *request.add_postings()->mutable_earn() = EarnOf(5);
  *request.add_postings()->mutable_spend() = SpendOf(3);
  request.mutable_postings(0)->mutable_earn()->set_validate_only(true);
  EXPECT_THAT(Post(request), FailsWith(Reason::kFieldInvalid));
  // Each is validated as if those before it were done.
  request.mutable_postings(1)->mutable_spend()->set_validate_only(true);
  const int64_t before = Trial().entries();
  const auto validated = Post(request);
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_EQ(validated->results(0).earn().transaction_id(), "");
  EXPECT_EQ(validated->results(1).spend().available_points(), 2);
  EXPECT_EQ(Trial().entries(), before);
}

TEST_F(Batch, HasItsBounds) {
  v1::PostBatchRequest request;
  EXPECT_THAT(Post(request)->results(), SizeIs(0));
  for (int i = 0; i < 1001; ++i) *request.add_postings()->mutable_earn() = EarnOf(1);
  const auto refused = Post(request);
  EXPECT_THAT(refused, FailsWith(Reason::kBatchTooLarge));
  request.mutable_postings()->RemoveLast();
  ASSERT_TRUE(Post(request).ok());
  EXPECT_EQ(Balance(), 1000);
  EXPECT_THAT(Post(request, NewKey(house::Role::kAuditor, program_.number)),
              FailsWith(Reason::kRoleNotAllowed));
}

}  // namespace
}  // namespace gratis::ledger_service
