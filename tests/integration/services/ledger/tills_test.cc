#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/metadata.h"
#include "gratis/ledger/v1/vouchers.grpc.pb.h"
#include "tests/integration/services/ledger/points_house.h"

namespace gratis::ledger_service {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

// What a till may do to points, with a proof of the member and without. How proofs are come by is
// the members' affair; here they are made with the house's key.
class Tills : public Points {
 protected:
  Tills() { EXPECT_TRUE(Earn(EarnOf(100)).ok()); }

  std::string ProofOf(rpc::ProofStrength strength, int64_t weak_limit_points = 0,
                      absl::Duration life = absl::Minutes(10)) {
    return shell_->proofs().Make({.member = *MemberId::Parse(member_),
                                  .strength = strength,
                                  .weak_limit_points = weak_limit_points,
                                  .expires_at = clock_.Now() + life},
                                 program_.number, house::KeyIdIn(till_)->ToString());
  }
  std::string Strong() { return ProofOf(rpc::ProofStrength::kStrong); }
  std::string Weak(int64_t limit = 0) { return ProofOf(rpc::ProofStrength::kWeak, limit); }

  // One call of the till's, with these proofs.
  template <class Service, class Req, class Resp>
  absl::StatusOr<Resp> AtTill(grpc::Status (Service::*method)(grpc::ClientContext*, const Req&,
                                                              Resp*),
                              const Req& request, const std::vector<std::string>& proofs) {
    Service stub(server_->InProcessChannel(rpc::KeyAuthorization(till_)));
    grpc::ClientContext context;
    rpc::Begin("", clock_.Now() + absl::Seconds(30), context);
    for (const std::string& proof : proofs) context.AddMetadata(rpc::kProofKey, proof);
    Resp response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    replayed_ = context.GetServerTrailingMetadata().count("gratis-replayed") != 0;
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::SpendResponse> Spend(const v1::SpendRequest& request,
                                          const std::vector<std::string>& proofs) {
    return AtTill(&v1::LedgerService::Stub::Spend, request, proofs);
  }
  absl::StatusOr<v1::EarnResponse> EarnAtTill(const v1::EarnRequest& request,
                                              const std::vector<std::string>& proofs) {
    return AtTill(&v1::LedgerService::Stub::Earn, request, proofs);
  }
};

TEST_F(Tills, SpendWithTheMembersStrongProofOnly) {
  for (const std::vector<std::string>& proofs :
       std::vector<std::vector<std::string>>{{}, {"nonsense"}, {Weak()}}) {
    EXPECT_THAT(Spend(SpendOf(1), proofs), FailsWith(Reason::kProofRequired));
  }
  EXPECT_EQ(Balance(), 100);
  const auto spent = Spend(SpendOf(30), {Weak(), Strong()});
  ASSERT_TRUE(spent.ok()) << spent.status();
  EXPECT_EQ(spent->available_points(), 70);
  ExpectSoundBooks();
}

TEST_F(Tills, ARetryIsAnsweredAsTheFirstWasThoughTheProofIsOver) {
  const v1::SpendRequest request = SpendOf(30);
  const auto first = Spend(request, {Strong()});
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string over = ProofOf(rpc::ProofStrength::kStrong, 0, -absl::Seconds(1));
  for (const std::vector<std::string>& proofs :
       std::vector<std::vector<std::string>>{{}, {over}, {Weak()}, {Strong()}}) {
    const auto again = Spend(request, proofs);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(replayed_);
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  }
  EXPECT_EQ(Balance(), 70);
  const auto refused = Spend(SpendOf(30), {over});
  EXPECT_THAT(refused, FailsWith(Reason::kProofRequired));
  EXPECT_THAT(MetadataOf(refused.status()), Contains(Pair("why", "over")));
}

TEST_F(Tills, ARefusedSpendLeavesNothingBehindAndMayBeSentAgain) {
  const v1::SpendRequest request = SpendOf(30);
  EXPECT_THAT(Spend(request, {Weak()}), FailsWith(Reason::kProofRequired));
  const auto spent = Spend(request, {Strong()});
  ASSERT_TRUE(spent.ok()) << spent.status();
  EXPECT_FALSE(replayed_);
  EXPECT_EQ(Balance(), 70);
}

TEST_F(Tills, AWeakProofIsGoodUpToTheProgramsLimitInPointsAlone) {
  EXPECT_THAT(Spend(SpendOf(21), {Weak(20)}), FailsWith(Reason::kProofRequired));
  EXPECT_TRUE(Spend(SpendOf(20), {Weak(20)}).ok());
  v1::PlaceHoldRequest hold = HoldOf(21);
  EXPECT_THAT(AtTill(&Stub::PlaceHold, hold, {Weak(20)}), FailsWith(Reason::kProofRequired));
  hold = HoldOf(20);
  EXPECT_TRUE(AtTill(&Stub::PlaceHold, hold, {Weak(20)}).ok());
  v1::Unit stamps;
  stamps.set_code("stamps");
  SetUnit(stamps);
  v1::SpendRequest in_stamps = SpendOf(1);
  in_stamps.set_unit("stamps");
  EXPECT_THAT(Spend(in_stamps, {Weak(20)}), FailsWith(Reason::kProofRequired));
}

TEST_F(Tills, ABatchChecksEachOfItsPostings) {
  const std::string other = NewMember("demo");
  v1::PostBatchRequest batch;
  *batch.add_postings()->mutable_spend() = SpendOf(10);
  *batch.add_postings()->mutable_spend() = SpendOf(10);
  batch.mutable_postings(1)->mutable_spend()->set_member_id(other);
  *batch.add_postings()->mutable_earn() = EarnOf(5);
  const auto answered = AtTill(&Stub::PostBatch, batch, {Strong()});
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_TRUE(answered->results(0).has_spend());
  EXPECT_EQ(ReasonIn(answered->results(1)), Reason::kProofRequired);
  EXPECT_TRUE(answered->results(2).has_earn());
  EXPECT_EQ(Balance(), 95);
}

TEST_F(Tills, EarnForAnybodyAndAreToldTheBalancesOfThoseTheyKnow) {
  const v1::EarnRequest request = EarnOf(5);
  const auto untold = EarnAtTill(request, {Weak(1'000)});
  ASSERT_TRUE(untold.ok()) << untold.status();
  EXPECT_EQ(untold->earned_points(), 5);
  EXPECT_FALSE(untold->has_available_points());
  EXPECT_FALSE(untold->has_pending_points());
  EXPECT_FALSE(untold->has_held_points());
  EXPECT_FALSE(untold->has_debt_points());
  // Also when they know them by the time they ask again: it is the first answer.
  EXPECT_EQ(EarnAtTill(request, {Strong()})->SerializeAsString(), untold->SerializeAsString());

  const auto told = EarnAtTill(EarnOf(5), {Strong()});
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->available_points(), 110);
  EXPECT_TRUE(told->has_debt_points());
}

TEST_F(Tills, ARefusalTellsNoBalanceEither) {
  const auto of_weak = Spend(SpendOf(101), {Weak(1'000)});
  EXPECT_THAT(of_weak, FailsWith(Reason::kInsufficientPoints));
  EXPECT_THAT(MetadataOf(of_weak.status()), IsEmpty());
  EXPECT_THAT(std::string(of_weak.status().message()), Not(HasSubstr("100")));
  const auto of_strong = Spend(SpendOf(101), {Strong()});
  EXPECT_THAT(MetadataOf(of_strong.status()), Contains(Pair("available_points", "100")));

  v1::Unit strict = PointsUnit();
  strict.set_clawback(v1::CLAWBACK_REFUSE);
  SetUnit(strict);
  const auto earned = EarnAtTill(EarnOf(50), {});
  ASSERT_TRUE(earned.ok()) << earned.status();
  ASSERT_TRUE(Spend(SpendOf(149), {Strong()}).ok());
  const auto reversed = AtTill(&Stub::Reverse, ReverseOf(earned->transaction_id()), {});
  EXPECT_THAT(reversed, FailsWith(Reason::kClawbackRefused));
  EXPECT_THAT(MetadataOf(reversed.status()), IsEmpty());
}

TEST_F(Tills, SeeWhatIsTheMembersWithTheirStrongProofOnly) {
  using Statement = v1::StatementService::Stub;
  const auto all_fail = [&](const std::vector<std::string>& proofs, bool fail) {
    v1::GetBalanceRequest balance;
    balance.set_member_id(member_);
    v1::GetBalancesRequest balances;
    balances.set_member_id(member_);
    v1::ListLotsRequest lots;
    lots.set_member_id(member_);
    v1::ListUpcomingRequest upcoming;
    upcoming.set_member_id(member_);
    v1::ListVouchersRequest vouchers;
    vouchers.set_member_id(member_);
    for (const absl::Status& status :
         {AtTill(&Stub::GetBalance, balance, proofs).status(),
          AtTill(&Statement::GetBalances, balances, proofs).status(),
          AtTill(&Statement::ListLots, lots, proofs).status(),
          AtTill(&Statement::ListUpcoming, upcoming, proofs).status(),
          AtTill(&v1::VoucherService::Stub::ListVouchers, vouchers, proofs).status()}) {
      EXPECT_EQ(ReasonOf(status), fail ? std::optional(Reason::kProofRequired) : std::nullopt)
          << status;
    }
  };
  all_fail({}, true);
  all_fail({Weak(1'000'000)}, true);
  all_fail({Strong()}, false);
}

TEST_F(Tills, ReleaseAndCaptureWhatTheyHoldWithoutAskingAgain) {
  const auto placed = AtTill(&Stub::PlaceHold, HoldOf(40), {Strong()});
  ASSERT_TRUE(placed.ok()) << placed.status();
  const auto captured = AtTill(&Stub::CaptureHold, CaptureOf(placed->hold_id(), 0), {});
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ(captured->captured_points(), 40);
  EXPECT_FALSE(captured->has_available_points());
}

TEST_F(Tills, AVouchersCodeIsProofEnoughAndItsIdIsNot) {
  v1::IssueVoucherRequest issue;
  issue.set_request_id(NextRequestId());
  issue.set_member_id(member_);
  issue.set_item("coffee");
  const auto issued = Call(&v1::VoucherService::Stub::IssueVoucher, issue, backend_);
  ASSERT_TRUE(issued.ok()) << issued.status();
  using Vouchers = v1::VoucherService::Stub;
  v1::RedeemVoucherRequest by_id;
  by_id.set_request_id(NextRequestId());
  by_id.set_voucher_id(issued->voucher().voucher_id());
  EXPECT_THAT(AtTill(&Vouchers::RedeemVoucher, by_id, {Weak(1'000'000)}),
              FailsWith(Reason::kProofRequired));
  by_id.set_validate_only(true);
  EXPECT_TRUE(AtTill(&Vouchers::RedeemVoucher, by_id, {Strong()}).ok());
  v1::RedeemVoucherRequest by_code;
  by_code.set_request_id(NextRequestId());
  by_code.set_code(issued->voucher().code());
  // As items of a batch they take the same.
  v1::PostBatchRequest batch;
  *batch.add_postings()->mutable_redeem_voucher() = by_id;
  *batch.add_postings()->mutable_redeem_voucher() = by_code;
  batch.mutable_postings(1)->mutable_redeem_voucher()->set_validate_only(true);
  const auto weak = AtTill(&Stub::PostBatch, batch, {Weak(1'000'000)});
  ASSERT_TRUE(weak.ok()) << weak.status();
  EXPECT_EQ(ReasonIn(weak->results(0)), Reason::kProofRequired);
  EXPECT_EQ(ReasonIn(weak->results(1)), std::nullopt);
  const auto strong = AtTill(&Stub::PostBatch, batch, {Strong()});
  ASSERT_TRUE(strong.ok()) << strong.status();
  EXPECT_EQ(ReasonIn(strong->results(0)), std::nullopt);
  EXPECT_TRUE(AtTill(&Vouchers::RedeemVoucher, by_code, {}).ok());
}

}  // namespace
}  // namespace gratis::ledger_service
