#include <gmock/gmock.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include "gratis/ledger/v1/vouchers.grpc.pb.h"
#include "gratis/type/v1/batch.pb.h"
#include "tests/integration/services/ledger/points_house.h"

// What is done with vouchers, and with adjustments that wait, as items of batches.
namespace gratis::ledger_service {
namespace {

using house::Role;
using ::testing::SizeIs;

class VoucherBatch : public Points {
 protected:
  using Vouchers = v1::VoucherService::Stub;

  VoucherBatch() : boss_(NewKey(Role::kAdmin, program_.number)) {
    v1::Unit unit = PointsUnit();
    unit.set_adjust_limit_points(500);
    SetUnit(unit);
  }

  v1::IssueVoucherRequest IssueOf(int64_t minor_units) {
    v1::IssueVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_member_id(member_);
    request.mutable_fixed()->set_currency_code("USD");
    request.mutable_fixed()->set_minor_units(minor_units);
    return request;
  }
  // A voucher that was issued by a call of its own; the member's, if it is nobody else's.
  v1::Voucher Issued(int64_t minor_units, const std::string& member = "") {
    v1::IssueVoucherRequest request = IssueOf(minor_units);
    if (!member.empty()) request.set_member_id(member);
    const auto issued = Call(&Vouchers::IssueVoucher, request, backend_);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued.ok() ? issued->voucher() : v1::Voucher();
  }
  // By its id.
  v1::RedeemVoucherRequest RedemptionOf(const v1::Voucher& voucher, int64_t minor_units = 0) {
    v1::RedeemVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_voucher_id(voucher.voucher_id());
    if (minor_units == 0) return request;
    request.mutable_amount()->set_currency_code("USD");
    request.mutable_amount()->set_minor_units(minor_units);
    return request;
  }
  // By its code.
  v1::HoldVoucherRequest KeepingOf(const v1::Voucher& voucher) {
    v1::HoldVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_code(voucher.code());
    request.set_life_seconds(600);
    return request;
  }
  v1::VoidVoucherRequest VoidingOf(const v1::Voucher& voucher) {
    v1::VoidVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_voucher_id(voucher.voucher_id());
    request.set_reason("lost card");
    return request;
  }
  v1::Voucher Seen(const v1::Voucher& voucher) {
    v1::GetVoucherRequest request;
    request.set_voucher_id(voucher.voucher_id());
    const auto found = Call(&Vouchers::GetVoucher, request, backend_);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->voucher() : v1::Voucher();
  }
  // An adjustment that waits: its id.
  std::string Asked(int64_t points) {
    const auto asked = Send(AdjustOf(points));
    EXPECT_TRUE(asked.ok()) << asked.status();
    return asked.ok() ? asked->adjustment_id() : "";
  }

  // With this key a request that is only validated fails for `reason`, or not at all, as a call of
  // its own and as an item alike.
  template <class Service, class Req, class Resp>
  void ExpectAlike(grpc::Status (Service::*method)(grpc::ClientContext*, const Req&, Resp*),
                   Req request, Req* (v1::Posting::*item)(), const std::string& key,
                   std::optional<Reason> reason) {
    request.set_validate_only(true);
    EXPECT_EQ(ReasonOf(Call(method, request, key).status()), reason) << request.ShortDebugString();
    v1::PostBatchRequest batch;
    *(batch.add_postings()->*item)() = request;
    const auto posted = Post(batch, key);
    ASSERT_TRUE(posted.ok()) << posted.status();
    EXPECT_EQ(ReasonIn(posted->results(0)), reason) << request.ShortDebugString();
  }

  const std::string boss_;
};

// Nothing that is needed first is in the batch itself, so the order is of no matter.
TEST_F(VoucherBatch, HoldsOneOfEachWhetherItIsAtomicOrNot) {
  int64_t adjusted = 0;
  for (const bool atomic : {false, true}) {
    const v1::Voucher used = Issued(1000);
    const v1::Voucher kept = Issued(1000);
    const v1::Voucher lost = Issued(1000, NewMember("demo"));
    v1::PostBatchRequest request;
    request.set_atomic(atomic);
    *request.add_postings()->mutable_issue_voucher() = IssueOf(700);
    *request.add_postings()->mutable_redeem_voucher() = RedemptionOf(used, 300);
    *request.add_postings()->mutable_hold_voucher() = KeepingOf(kept);
    *request.add_postings()->mutable_void_voucher() = VoidingOf(lost);
    *request.add_postings()->mutable_approve_adjustment() = ApproveOf(Asked(501));
    *request.add_postings()->mutable_reject_adjustment() = RejectOf(Asked(502));
    const auto posted = Post(request, boss_);
    ASSERT_TRUE(posted.ok()) << posted.status();
    ASSERT_THAT(posted->results(), SizeIs(request.postings_size()));
    for (int i = 0; i < request.postings_size(); ++i) {
      EXPECT_FALSE(posted->results(i).status().has_error()) << posted->results(i).DebugString();
      EXPECT_EQ(static_cast<int>(posted->results(i).response_case()),
                static_cast<int>(request.postings(i).request_case()));
    }
    const v1::Voucher& given = posted->results(0).issue_voucher().voucher();
    EXPECT_EQ(given.code().size(), 16u);
    EXPECT_EQ(Seen(given).code(), given.code());
    EXPECT_EQ(posted->results(1).redeem_voucher().redeemed().minor_units(), 300);
    EXPECT_EQ(Seen(used).remaining().minor_units(), 700);
    EXPECT_EQ(posted->results(2).hold_voucher().held().minor_units(), 1000);
    EXPECT_EQ(Seen(kept).state(), v1::VOUCHER_STATE_HELD);
    EXPECT_EQ(posted->results(3).void_voucher().voided().minor_units(), 1000);
    EXPECT_EQ(Seen(lost).state(), v1::VOUCHER_STATE_VOIDED);
    EXPECT_EQ(posted->results(4).approve_adjustment().adjusted_points(), 501);
    EXPECT_EQ(posted->results(5).reject_adjustment().adjustment().state(),
              v1::ADJUSTMENT_STATE_REJECTED);
    adjusted += 501;
    EXPECT_EQ(Balance(), adjusted);

    const int64_t before = Trial().entries();
    const auto again = Post(request, boss_);
    ASSERT_TRUE(again.ok()) << again.status();
    for (int i = 0; i < request.postings_size(); ++i) {
      EXPECT_TRUE(again->results(i).status().replayed());
      v1::PostingResult second = again->results(i);
      second.clear_status();
      v1::PostingResult first = posted->results(i);
      first.clear_status();
      EXPECT_EQ(second.SerializeAsString(), first.SerializeAsString());
    }
    EXPECT_EQ(Trial().entries(), before);
    ExpectSoundBooks();
  }
}

TEST_F(VoucherBatch, AnItemAndACallOfItsOwnAreAnsweredAlikeToTheCode) {
  const v1::IssueVoucherRequest first = IssueOf(1000);
  const auto alone = Call(&Vouchers::IssueVoucher, first, backend_);
  ASSERT_TRUE(alone.ok()) << alone.status();
  v1::PostBatchRequest batch;
  *batch.add_postings()->mutable_issue_voucher() = first;
  *batch.add_postings()->mutable_issue_voucher() = IssueOf(2000);
  const auto posted = Post(batch);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_TRUE(posted->results(0).status().replayed());
  EXPECT_EQ(posted->results(0).issue_voucher().SerializeAsString(), alone->SerializeAsString());
  EXPECT_FALSE(posted->results(1).status().replayed());
  const auto again = Call(&Vouchers::IssueVoucher, batch.postings(1).issue_voucher(), backend_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), posted->results(1).issue_voucher().SerializeAsString());
  EXPECT_NE(again->voucher().code(), alone->voucher().code());
}

TEST_F(VoucherBatch, EachItemIsAboutTheVoucherThatItNames) {
  constexpr int kVouchers = 20;
  v1::PostBatchRequest issue;
  issue.set_atomic(true);
  for (int i = 0; i < kVouchers; ++i) {
    *issue.add_postings()->mutable_issue_voucher() = IssueOf(100 + i);
    issue.mutable_postings(i)->mutable_issue_voucher()->set_member_id(NewMember("demo"));
  }
  const auto issued = Post(issue);
  ASSERT_TRUE(issued.ok()) << issued.status();
  v1::PostBatchRequest redeem;
  for (int i = 0; i < kVouchers; ++i) {
    const v1::Voucher& voucher = issued->results(i).issue_voucher().voucher();
    *redeem.add_postings()->mutable_redeem_voucher() = RedemptionOf(voucher);
    if (i % 2 == 0) redeem.mutable_postings(i)->mutable_redeem_voucher()->set_code(voucher.code());
  }
  // One twice, one that is not there, one that is none, and one that is not said.
  *redeem.add_postings()->mutable_redeem_voucher() = redeem.postings(0).redeem_voucher();
  redeem.mutable_postings(kVouchers)->mutable_redeem_voucher()->set_request_id(NextRequestId());
  v1::Voucher nobodys;
  nobodys.set_voucher_id(VoucherId{ids_.Next(clock_.Now())}.ToString());
  *redeem.add_postings()->mutable_void_voucher() = VoidingOf(nobodys);
  nobodys.set_code("mistyped");
  *redeem.add_postings()->mutable_hold_voucher() = KeepingOf(nobodys);
  *redeem.add_postings()->mutable_hold_voucher() = KeepingOf(nobodys);
  redeem.mutable_postings(kVouchers + 3)->mutable_hold_voucher()->clear_which();
  const auto redeemed = Post(redeem);
  ASSERT_TRUE(redeemed.ok()) << redeemed.status();
  for (int i = 0; i < kVouchers; ++i) {
    const v1::RedeemVoucherResponse& answer = redeemed->results(i).redeem_voucher();
    EXPECT_EQ(answer.redeemed().minor_units(), 100 + i);
    EXPECT_EQ(answer.voucher().voucher_id(),
              issued->results(i).issue_voucher().voucher().voucher_id());
  }
  EXPECT_EQ(ReasonIn(redeemed->results(kVouchers)), Reason::kVoucherNotLive);
  EXPECT_EQ(ReasonIn(redeemed->results(kVouchers + 1)), Reason::kVoucherNotFound);
  EXPECT_EQ(ReasonIn(redeemed->results(kVouchers + 2)), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonIn(redeemed->results(kVouchers + 3)), Reason::kFieldMissing);
  ExpectSoundBooks();
}

TEST_F(VoucherBatch, WhenOneFailsTheOthersAreDoneByThemselvesAndNotTogether) {
  const v1::Voucher good = Issued(1000);
  const v1::Voucher used_up = Issued(1000);
  ASSERT_TRUE(Call(&Vouchers::RedeemVoucher, RedemptionOf(used_up), backend_).ok());
  const std::string waits = Asked(501);
  v1::PostBatchRequest request;
  *request.add_postings()->mutable_issue_voucher() = IssueOf(700);
  *request.add_postings()->mutable_redeem_voucher() = RedemptionOf(good, 300);
  *request.add_postings()->mutable_void_voucher() = VoidingOf(used_up);
  *request.add_postings()->mutable_hold_voucher() = KeepingOf(good);
  *request.add_postings()->mutable_approve_adjustment() = ApproveOf(waits);
  request.set_atomic(true);
  const int64_t before = Trial().entries();
  const auto aborted = Post(request, boss_);
  ASSERT_TRUE(aborted.ok()) << aborted.status();
  for (int i = 0; i < request.postings_size(); ++i) {
    const v1::PostingResult& result = aborted->results(i);
    EXPECT_EQ(ReasonIn(result), i == 2 ? Reason::kVoucherNotLive : Reason::kBatchAborted);
    EXPECT_EQ(result.response_case(), v1::PostingResult::RESPONSE_NOT_SET);
    if (i != 2) {
      EXPECT_EQ(MetadataIn(result), (Metadata{{"failed_item", "2"}}));
    }
  }
  EXPECT_EQ(Trial().entries(), before);
  EXPECT_EQ(Seen(good).remaining().minor_units(), 1000);

  // One that is not there aborts it before anything is posted.
  v1::Voucher nobodys;
  nobodys.set_voucher_id(VoucherId{ids_.Next(clock_.Now())}.ToString());
  v1::PostBatchRequest lost = request;
  *lost.mutable_postings(2)->mutable_void_voucher() = VoidingOf(nobodys);
  const auto not_found = Post(lost, boss_);
  ASSERT_TRUE(not_found.ok()) << not_found.status();
  EXPECT_EQ(ReasonIn(not_found->results(0)), Reason::kBatchAborted);
  EXPECT_EQ(ReasonIn(not_found->results(2)), Reason::kVoucherNotFound);
  EXPECT_EQ(Trial().entries(), before);

  request.set_atomic(false);
  const auto each = Post(request, boss_);
  ASSERT_TRUE(each.ok()) << each.status();
  for (int i = 0; i < request.postings_size(); ++i) {
    EXPECT_EQ(ReasonIn(each->results(i)),
              i == 2 ? std::optional(Reason::kVoucherNotLive) : std::nullopt);
    EXPECT_FALSE(each->results(i).status().replayed());
  }
  EXPECT_EQ(each->results(3).hold_voucher().held().minor_units(), 700);
  EXPECT_EQ(Balance(), 501);
  ExpectSoundBooks();
}

TEST_F(VoucherBatch, IsValidatedAndChangesNothing) {
  const v1::Voucher voucher = Issued(1000);
  const v1::Voucher lost = Issued(1000);
  const std::string approved = Asked(501);
  const std::string rejected = Asked(502);
  v1::PostBatchRequest request;
  *request.add_postings()->mutable_issue_voucher() = IssueOf(700);
  *request.add_postings()->mutable_redeem_voucher() = RedemptionOf(voucher, 400);
  *request.add_postings()->mutable_hold_voucher() = KeepingOf(voucher);
  *request.add_postings()->mutable_void_voucher() = VoidingOf(lost);
  *request.add_postings()->mutable_approve_adjustment() = ApproveOf(approved);
  *request.add_postings()->mutable_reject_adjustment() = RejectOf(rejected);
  request.mutable_postings(0)->mutable_issue_voucher()->set_validate_only(true);
  request.mutable_postings(1)->mutable_redeem_voucher()->set_validate_only(true);
  request.mutable_postings(2)->mutable_hold_voucher()->set_validate_only(true);
  request.mutable_postings(3)->mutable_void_voucher()->set_validate_only(true);
  request.mutable_postings(4)->mutable_approve_adjustment()->set_validate_only(true);
  request.mutable_postings(5)->mutable_reject_adjustment()->set_validate_only(true);
  const int64_t before = Trial().entries();
  for (const bool atomic : {false, true}) {
    request.set_atomic(atomic);
    const auto posted = Post(request, boss_);
    ASSERT_TRUE(posted.ok()) << posted.status();
    for (const v1::PostingResult& result : posted->results()) {
      EXPECT_EQ(ReasonIn(result), std::nullopt) << result.DebugString();
    }
    const v1::IssueVoucherResponse& issued = posted->results(0).issue_voucher();
    EXPECT_EQ(issued.transaction_id() + issued.voucher().voucher_id() + issued.voucher().code(),
              "");
    EXPECT_EQ(posted->results(1).redeem_voucher().voucher().remaining().minor_units(), 600);
    // Together each is validated as if those before it were done.
    EXPECT_EQ(posted->results(2).hold_voucher().held().minor_units(), atomic ? 600 : 1000);
    EXPECT_EQ(posted->results(2).hold_voucher().hold_id(), "");
    EXPECT_EQ(posted->results(3).void_voucher().transaction_id(), "");
    EXPECT_EQ(posted->results(4).approve_adjustment().adjusted_points(), 501);
    EXPECT_EQ(posted->results(4).approve_adjustment().transaction_id(), "");
    EXPECT_FALSE(posted->results(5).reject_adjustment().adjustment().has_resolved_at());
    EXPECT_EQ(Trial().entries(), before);
  }
  EXPECT_EQ(Seen(voucher).remaining().minor_units(), 1000);
  EXPECT_TRUE(Send(ApproveOf(approved)).ok());
  EXPECT_TRUE(Send(RejectOf(rejected)).ok());
}

TEST_F(VoucherBatch, AnItemIsAllowedToWhoMayMakeItAsACallOfItsOwn) {
  const v1::Voucher voucher = Issued(1000);
  const std::string adjustment = Asked(501);
  for (const Role role : {Role::kAdmin, Role::kBackend, Role::kPos, Role::kMarketing,
                          Role::kSupport, Role::kFinance, Role::kImport}) {
    SCOPED_TRACE(static_cast<int>(role));
    const std::string key = NewKey(role, program_.number);
    const auto unless = [role](std::initializer_list<Role> allowed) {
      const bool may = std::find(allowed.begin(), allowed.end(), role) != allowed.end();
      return may ? std::nullopt : std::optional(Reason::kRoleNotAllowed);
    };
    ExpectAlike(&Vouchers::IssueVoucher, IssueOf(5), &v1::Posting::mutable_issue_voucher, key,
                unless({Role::kAdmin, Role::kBackend, Role::kPos, Role::kMarketing, Role::kSupport,
                        Role::kImport}));
    // A till that has only its id has no proof of the member here.
    std::optional<Reason> by_id = unless({Role::kAdmin, Role::kBackend, Role::kSupport});
    if (role == Role::kPos) by_id = Reason::kProofRequired;
    ExpectAlike(&Vouchers::RedeemVoucher, RedemptionOf(voucher),
                &v1::Posting::mutable_redeem_voucher, key, by_id);
    ExpectAlike(&Vouchers::HoldVoucher, KeepingOf(voucher), &v1::Posting::mutable_hold_voucher, key,
                unless({Role::kAdmin, Role::kBackend, Role::kPos, Role::kSupport}));
    ExpectAlike(&Vouchers::VoidVoucher, VoidingOf(voucher), &v1::Posting::mutable_void_voucher, key,
                unless({Role::kAdmin, Role::kBackend, Role::kMarketing, Role::kSupport}));
    ExpectAlike(&Stub::ApproveAdjustment, ApproveOf(adjustment),
                &v1::Posting::mutable_approve_adjustment, key,
                unless({Role::kAdmin, Role::kFinance}));
    // Support withdraws only what the same key asked for.
    ExpectAlike(&Stub::RejectAdjustment, RejectOf(adjustment),
                &v1::Posting::mutable_reject_adjustment, key,
                unless({Role::kAdmin, Role::kFinance}));
    ExpectAlike(&Stub::Earn, EarnOf(1), &v1::Posting::mutable_earn, key,
                unless({Role::kAdmin, Role::kBackend, Role::kPos, Role::kSupport, Role::kImport}));
  }
  ExpectAlike(&Stub::RejectAdjustment, RejectOf(adjustment),
              &v1::Posting::mutable_reject_adjustment, support_, std::nullopt);
  ExpectAlike(&Stub::ApproveAdjustment, ApproveOf(Asked(-501)),
              &v1::Posting::mutable_approve_adjustment, finance_, Reason::kInsufficientPoints);
}

}  // namespace
}  // namespace gratis::ledger_service
