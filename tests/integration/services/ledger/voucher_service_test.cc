#include <atomic>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/ledger/voucher_code.h"
#include "common/rpc/values.h"
#include "gratis/ledger/v1/budgets.grpc.pb.h"
#include "gratis/ledger/v1/vouchers.grpc.pb.h"
#include "tests/integration/services/ledger/gift_house.h"

namespace gratis::ledger_service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Vouchers : public GiftHouse {
 protected:
  v1::GetVoucherResponse Get(const std::string& voucher, const std::string& key) {
    v1::GetVoucherRequest request;
    request.set_voucher_id(voucher);
    const auto found = Call(&v1::VoucherService::Stub::GetVoucher, request, key);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(v1::GetVoucherResponse());
  }
  v1::VoucherState StateOf(const std::string& voucher) {
    v1::ValidateVoucherRequest request;
    request.set_voucher_id(voucher);
    const auto found = Call(&v1::VoucherService::Stub::ValidateVoucher, request, till_);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return v1::VOUCHER_STATE_UNSPECIFIED;
    EXPECT_EQ(found->live(), found->voucher().state() == v1::VOUCHER_STATE_LIVE);
    EXPECT_EQ(found->voucher().code(), "");
    return found->voucher().state();
  }
  v1::RedeemVoucherRequest RedemptionOf(const std::string& voucher, int64_t minor_units) {
    v1::RedeemVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_voucher_id(voucher);
    request.set_order_id("A-17");
    if (minor_units > 0) *request.mutable_amount() = Usd(minor_units);
    return request;
  }
  auto Redeem(const v1::RedeemVoucherRequest& request) {
    return Call(&v1::VoucherService::Stub::RedeemVoucher, request, shop_);
  }
  v1::HoldVoucherRequest HoldOf(const std::string& voucher, int64_t minor_units) {
    v1::HoldVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_voucher_id(voucher);
    request.set_life_seconds(600);
    if (minor_units > 0) *request.mutable_amount() = Usd(minor_units);
    return request;
  }
  auto Hold(const v1::HoldVoucherRequest& request) {
    return Call(&v1::VoucherService::Stub::HoldVoucher, request, shop_);
  }
  v1::VoidVoucherRequest VoidingOf(const std::string& voucher) {
    v1::VoidVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_voucher_id(voucher);
    request.set_reason("lost card");
    return request;
  }
  auto Void(const v1::VoidVoucherRequest& request) {
    return Call(&v1::VoucherService::Stub::VoidVoucher, request, shop_);
  }
  absl::StatusOr<v1::ListVouchersResponse> List(int32_t page_size, const std::string& token = "") {
    v1::ListVouchersRequest request;
    request.set_member_id(member_);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call(&v1::VoucherService::Stub::ListVouchers, request, marketing_);
  }
  absl::Status Become(ledger::MemberState state) {
    return Do(
        [&](ledger::Books& books) {
          return ledger::SetMemberState(books, PostingOf(ledger::FactKind::kMemberStateSet), state);
        },
        member_);
  }
  ledger::Posting PostingOf(ledger::FactKind kind) {
    return {.kind = kind,
            .transaction = ledger::Beside(program_, Member(), TransactionId{ids_.Next(Now())}),
            .member = Member(),
            .unit = ledger::kPointsUnit,
            .effective_at = Now(),
            .source = "",
            .detail = ""};
  }
};

TEST_F(Vouchers, MoneyIsRedeemedInPartsToExactlyNothing) {
  const auto issued = Issue(MoneyOf(1000));
  ASSERT_TRUE(issued.ok()) << issued.status();
  const v1::Voucher& voucher = issued->voucher();
  EXPECT_TRUE(VoucherId::Parse(voucher.voucher_id()).ok());
  EXPECT_EQ(voucher.member_id(), member_);
  EXPECT_EQ(voucher.fixed().minor_units(), 1000);
  EXPECT_EQ(voucher.remaining().minor_units(), 1000);
  EXPECT_EQ(voucher.state(), v1::VOUCHER_STATE_LIVE);
  EXPECT_FALSE(voucher.has_expires_at());
  EXPECT_TRUE(issued->has_recorded_at());

  const auto first = Redeem(RedemptionOf(voucher.voucher_id(), 350));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->redeemed().minor_units(), 350);
  EXPECT_EQ(first->redeemed().currency_code(), "USD");
  EXPECT_EQ(first->voucher().remaining().minor_units(), 650);
  const auto much = Redeem(RedemptionOf(voucher.voucher_id(), 651));
  EXPECT_THAT(much, FailsWith(Reason::kInsufficientWorth));
  EXPECT_EQ(MetadataOf(much.status()), (Metadata{{"remaining", "650"}}));
  ASSERT_TRUE(Redeem(RedemptionOf(voucher.voucher_id(), 649)).ok());
  const auto last = Redeem(RedemptionOf(voucher.voucher_id(), 1));
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->voucher().remaining().minor_units(), 0);
  EXPECT_EQ(last->voucher().state(), v1::VOUCHER_STATE_USED_UP);
  EXPECT_THAT(Redeem(RedemptionOf(voucher.voucher_id(), 1)), FailsWith(Reason::kVoucherNotLive));
  EXPECT_EQ(StateOf(voucher.voucher_id()), v1::VOUCHER_STATE_USED_UP);
  ExpectSoundBooks();
}

TEST_F(Vouchers, WithoutAnAmountAllThatIsLeftIsUsed) {
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  ASSERT_TRUE(Redeem(RedemptionOf(voucher, 300)).ok());
  const auto rest = Redeem(RedemptionOf(voucher, 0));
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->redeemed().minor_units(), 700);
  EXPECT_THAT(Redeem(RedemptionOf(voucher, 0)), FailsWith(Reason::kVoucherNotLive));
}

TEST_F(Vouchers, APercentageAndAnItemAreUsedOnceAndWhole) {
  v1::IssueVoucherRequest percentage = MoneyOf(1);
  percentage.set_basis_points(1250);
  v1::IssueVoucherRequest item = MoneyOf(1);
  item.set_item("mug-red");
  for (const v1::IssueVoucherRequest& request : {percentage, item}) {
    const auto issued = Issue(request);
    ASSERT_TRUE(issued.ok()) << issued.status();
    EXPECT_FALSE(issued->voucher().has_remaining());
    EXPECT_EQ(issued->voucher().basis_points(), request.basis_points());
    EXPECT_EQ(issued->voucher().item(), request.item());
    const std::string voucher = issued->voucher().voucher_id();
    const auto part = Redeem(RedemptionOf(voucher, 1));
    EXPECT_THAT(part, FailsWith(Reason::kFieldInvalid));
    EXPECT_EQ(FieldOf(part.status()), "amount");
    const auto used = Redeem(RedemptionOf(voucher, 0));
    ASSERT_TRUE(used.ok()) << used.status();
    EXPECT_FALSE(used->has_redeemed());
    EXPECT_THAT(Redeem(RedemptionOf(voucher, 0)), FailsWith(Reason::kVoucherNotLive));
  }
  ExpectSoundBooks();
}

TEST_F(Vouchers, OneOfWhoMayNotSpendIsNotLiveAndTheAnswerSaysWhy) {
  const auto issued = Issue(MoneyOf(1000));
  ASSERT_TRUE(issued.ok()) << issued.status();
  v1::ValidateVoucherRequest request;
  request.set_code(issued->voucher().code());
  const auto validate = [&] {
    return Call(&v1::VoucherService::Stub::ValidateVoucher, request, till_);
  };
  const std::string& voucher = issued->voucher().voucher_id();
  ASSERT_EQ(Become(ledger::MemberState::kSuspended), absl::OkStatus());
  const auto suspended = validate();
  ASSERT_TRUE(suspended.ok()) << suspended.status();
  EXPECT_FALSE(suspended->live());
  EXPECT_EQ(suspended->voucher().state(), v1::VOUCHER_STATE_LIVE);
  EXPECT_EQ(suspended->refusal(), "MEMBER_NOT_ACTIVE");
  EXPECT_EQ(suspended->member_state(), "suspended");
  EXPECT_THAT(Redeem(RedemptionOf(voucher, 10)), FailsWith(Reason::kMemberNotActive));

  ASSERT_EQ(Become(ledger::MemberState::kActive), absl::OkStatus());
  const auto active = validate();
  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_TRUE(active->live());
  EXPECT_EQ(active->refusal() + active->member_state(), "");
  ASSERT_TRUE(Void(VoidingOf(voucher)).ok());
  ASSERT_EQ(Become(ledger::MemberState::kSuspended), absl::OkStatus());
  const auto voided = validate();
  EXPECT_EQ(voided->voucher().state(), v1::VOUCHER_STATE_VOIDED);
  EXPECT_EQ(voided->refusal(), "") << "what is wrong is the voucher";

  ASSERT_EQ(Become(ledger::MemberState::kErased), absl::OkStatus());
  EXPECT_THAT(validate(), FailsWith(Reason::kMemberErased));
  EXPECT_THAT(Redeem(RedemptionOf(voucher, 10)), FailsWith(Reason::kMemberErased));
  EXPECT_THAT(Hold(HoldOf(voucher, 10)), FailsWith(Reason::kMemberErased));
  EXPECT_THAT(Void(VoidingOf(voucher)), FailsWith(Reason::kMemberErased));
}

TEST_F(Vouchers, ACodeLeadsToItsVoucherHoweverItIsWritten) {
  const auto issued = Issue(MoneyOf(1000));
  ASSERT_TRUE(issued.ok()) << issued.status();
  const std::string code = issued->voucher().code();
  ASSERT_EQ(code.size(), 16u);
  v1::ValidateVoucherRequest request;
  request.set_code(absl::StrCat(" ", absl::AsciiStrToLower(code), " "));
  const auto found = Call(&v1::VoucherService::Stub::ValidateVoucher, request, till_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->voucher().voucher_id(), issued->voucher().voucher_id());
  EXPECT_EQ(found->voucher().member_id(), member_);
  EXPECT_TRUE(found->live());

  // Mistyped is not the same as unknown.
  std::string wrong = code;
  wrong[0] = wrong[0] == '7' ? '8' : '7';
  request.set_code(wrong);
  const auto mistyped = Call(&v1::VoucherService::Stub::ValidateVoucher, request, till_);
  EXPECT_THAT(mistyped, FailsWith(Reason::kFieldInvalid));
  EXPECT_EQ(FieldOf(mistyped.status()), "code");
  request.set_code(
      absl::StrCat("0000-0000-0000-", std::string(1, ledger::CheckCharacter("000000000000"))));
  const auto unknown = Call(&v1::VoucherService::Stub::ValidateVoucher, request, till_);
  EXPECT_THAT(unknown, FailsWith(Reason::kVoucherNotFound));

  NewProgram("other");
  request.set_code(code);
  EXPECT_THAT(Call(&v1::VoucherService::Stub::ValidateVoucher, request, admin_, "other"),
              FailsWith(Reason::kVoucherNotFound));

  v1::RedeemVoucherRequest redemption = RedemptionOf("", 10);
  redemption.set_code(code);
  EXPECT_TRUE(Redeem(redemption).ok());
}

TEST_F(Vouchers, TheCodeIsInEveryReplayAndNowhereInTheDatabase) {
  const v1::IssueVoucherRequest request = MoneyOf(1000);
  const auto first = Issue(request);
  const auto again = Issue(request);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  std::string plain = *ledger::ParseVoucherCode(first->voucher().code());
  for (const std::string& code : {first->voucher().code(), plain}) {
    for (const char* table : {"request", "journal", "voucher", "directory"}) {
      database_.Execute(absl::StrCat("DO $$ BEGIN IF EXISTS (SELECT FROM ledger.", table,
                                     " t WHERE position('", code,
                                     "' IN t::text) > 0 OR position(encode('", code,
                                     "', 'hex') IN t::text) > 0)"
                                     " THEN RAISE 'the code is stored'; END IF; END $$"));
    }
  }
}

TEST_F(Vouchers, OnlyThoseWhoSendThemAreShownCodes) {
  const auto issued = Issue(MoneyOf(1000));
  ASSERT_TRUE(issued.ok()) << issued.status();
  const std::string& voucher = issued->voucher().voucher_id();
  EXPECT_EQ(Get(voucher, shop_).voucher().code(), issued->voucher().code());
  for (const house::Role role : {house::Role::kAuditor, house::Role::kMarketing}) {
    EXPECT_EQ(Get(voucher, NewKey(role, program_.number)).voucher().code(), "");
  }
  EXPECT_EQ(List(10)->vouchers(0).code(), "");
}

TEST_F(Vouchers, ARetryGetsTheFirstAnswerAndOtherContentNone) {
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  const v1::RedeemVoucherRequest request = RedemptionOf(voucher, 400);
  const auto first = Redeem(request);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Redeem(RedemptionOf(voucher, 600)).ok());
  const auto again = Redeem(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  v1::RedeemVoucherRequest other = request;
  *other.mutable_amount() = Usd(401);
  EXPECT_THAT(Redeem(other), FailsWith(Reason::kRequestIdReused));
}

TEST_F(Vouchers, ValidateOnlyDoesNothing) {
  v1::IssueVoucherRequest issue = MoneyOf(1000);
  issue.set_validate_only(true);
  const auto would = Issue(issue);
  ASSERT_TRUE(would.ok()) << would.status();
  EXPECT_EQ(would->voucher().voucher_id(), "");
  EXPECT_EQ(would->voucher().code(), "");
  EXPECT_EQ(would->transaction_id(), "");
  EXPECT_FALSE(would->has_recorded_at());
  EXPECT_EQ(would->voucher().remaining().minor_units(), 1000);
  EXPECT_EQ(List(10)->vouchers_size(), 0);

  issue.set_validate_only(false);
  const std::string voucher = Issue(issue)->voucher().voucher_id();
  v1::RedeemVoucherRequest redemption = RedemptionOf(voucher, 400);
  redemption.set_validate_only(true);
  const auto redeemed = Redeem(redemption);
  ASSERT_TRUE(redeemed.ok()) << redeemed.status();
  EXPECT_EQ(redeemed->voucher().remaining().minor_units(), 600);
  EXPECT_EQ(redeemed->transaction_id(), "");
  v1::HoldVoucherRequest hold = HoldOf(voucher, 0);
  hold.set_validate_only(true);
  const auto held = Hold(hold);
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(held->hold_id(), "");
  EXPECT_EQ(held->voucher().state(), v1::VOUCHER_STATE_HELD);
  v1::VoidVoucherRequest voiding = VoidingOf(voucher);
  voiding.set_validate_only(true);
  const auto voided = Void(voiding);
  ASSERT_TRUE(voided.ok()) << voided.status();
  EXPECT_EQ(voided->voided().minor_units(), 1000);
  EXPECT_EQ(Get(voucher, shop_).voucher().remaining().minor_units(), 1000);
}

// Nothing posts the expiry before somebody asks.
TEST_F(Vouchers, OneThatIsOverIsSeenAsSuchAlthoughNothingRan) {
  v1::IssueVoucherRequest request = MoneyOf(1000);
  rpc::SetTime(Now() + absl::Hours(24), *request.mutable_expires_at());
  const std::string voucher = Issue(request)->voucher().voucher_id();
  ASSERT_TRUE(Redeem(RedemptionOf(voucher, 100)).ok());
  MoveClock(absl::Hours(25));
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_EXPIRED);
  EXPECT_EQ(Get(voucher, shop_).voucher().remaining().minor_units(), 0);
  ASSERT_EQ(List(10)->vouchers_size(), 1);
  EXPECT_EQ(List(10)->vouchers(0).state(), v1::VOUCHER_STATE_EXPIRED);
  database_.Execute(
      "DO $$ BEGIN ASSERT (SELECT count(*) FROM ledger.journal WHERE kind = 53) = 0; END $$");
  EXPECT_THAT(Redeem(RedemptionOf(voucher, 100)), FailsWith(Reason::kVoucherNotLive));
  EXPECT_THAT(Void(VoidingOf(voucher)), FailsWith(Reason::kVoucherNotLive));
  EXPECT_THAT(Hold(HoldOf(voucher, 100)), FailsWith(Reason::kVoucherNotLive));
  ExpectSoundBooks();
}

TEST_F(Vouchers, WhatIsHeldNobodyRedeems) {
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  const auto held = Hold(HoldOf(voucher, 0));
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_TRUE(HoldId::Parse(held->hold_id()).ok());
  EXPECT_EQ(held->held().minor_units(), 1000);
  EXPECT_EQ(held->voucher().held().minor_units(), 1000);
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_HELD);
  EXPECT_THAT(Redeem(RedemptionOf(voucher, 1)), FailsWith(Reason::kVoucherNotLive));
  EXPECT_THAT(Void(VoidingOf(voucher)), FailsWith(Reason::kVoucherNotLive));

  const HoldId hold = *HoldId::Parse(held->hold_id());
  ASSERT_EQ(Do([&](ledger::Books& books) {
              return ledger::CaptureHold(books, PostingOf(ledger::FactKind::kHoldCaptured), hold,
                                         400)
                  .status();
            }),
            absl::OkStatus());
  EXPECT_EQ(Get(voucher, shop_).voucher().remaining().minor_units(), 600);
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_LIVE);
  ExpectSoundBooks();
}

TEST_F(Vouchers, AHoldThatIsLongerThanTheUnitAllowsIsRefusedByTheBooksToo) {
  const VoucherId voucher = *VoucherId::Parse(Issue(MoneyOf(1000))->voucher().voucher_id());
  const auto hold = [&](absl::Duration life) {
    return Do([&](ledger::Books& books) {
      return ledger::HoldVoucher(
                 books,
                 {.posting = PostingOf(ledger::FactKind::kHoldPlaced),
                  .hold =
                      {ledger::Beside(program_, Member(), TransactionId{ids_.Next(Now())}).uuid},
                  .points = 10,
                  .life = life},
                 voucher)
          .status();
    });
  };
  EXPECT_EQ(ReasonOf(hold(absl::Hours(720) + absl::Seconds(1))), Reason::kHoldTooLong);
  EXPECT_EQ(hold(absl::Hours(720)), absl::OkStatus());
}

// What its hold gave back later would live again.
TEST_F(Vouchers, OneThatIsHeldInPartIsVoidedOnlyWhenTheHoldIsOver) {
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  ASSERT_TRUE(Hold(HoldOf(voucher, 300)).ok());
  EXPECT_THAT(Void(VoidingOf(voucher)), FailsWith(Reason::kVoucherNotLive));
  MoveClock(absl::Minutes(11));
  ASSERT_TRUE(Void(VoidingOf(voucher)).ok());
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_VOIDED);
  ExpectSoundBooks();
}

TEST_F(Vouchers, WhatWasCapturedAndComesBackIsAboutTheVoucher) {
  ASSERT_TRUE(Issue(MoneyOf(5)).ok());
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  v1::CaptureHoldRequest capture;
  capture.set_request_id(NextRequestId());
  capture.set_hold_id(Hold(HoldOf(voucher, 0))->hold_id());
  const auto captured = Call(&v1::LedgerService::Stub::CaptureHold, capture, shop_);
  ASSERT_TRUE(captured.ok()) << captured.status();
  v1::ReverseRequest reversal;
  reversal.set_request_id(NextRequestId());
  reversal.set_transaction_id(captured->transaction_id());
  ASSERT_TRUE(Call(&v1::LedgerService::Stub::Reverse, reversal, shop_).ok());
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_LIVE);
  v1::ListEntriesRequest request;
  request.set_member_id(member_);
  request.add_kinds(v1::ENTRY_KIND_VOUCHER_REINSTATED);
  const auto entries = Call(&v1::LedgerService::Stub::ListEntries, request, shop_);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->entries_size(), 1);
  EXPECT_EQ(entries->entries(0).about_id(), voucher);
  ExpectSoundBooks();
}

TEST_F(Vouchers, AHoldThatRunsOutGivesBackAlthoughNothingRan) {
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  ASSERT_TRUE(Hold(HoldOf(voucher, 300)).ok());
  EXPECT_THAT(Redeem(RedemptionOf(voucher, 701)), FailsWith(Reason::kInsufficientWorth));
  MoveClock(absl::Minutes(11));
  EXPECT_EQ(Get(voucher, shop_).voucher().remaining().minor_units(), 1000);
  EXPECT_TRUE(Redeem(RedemptionOf(voucher, 1000)).ok());
  ExpectSoundBooks();
}

TEST_F(Vouchers, AVoidedOneIsWorthNothing) {
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  ASSERT_TRUE(Redeem(RedemptionOf(voucher, 300)).ok());
  const auto voided = Void(VoidingOf(voucher));
  ASSERT_TRUE(voided.ok()) << voided.status();
  EXPECT_EQ(voided->voided().minor_units(), 700);
  EXPECT_EQ(voided->voucher().state(), v1::VOUCHER_STATE_VOIDED);
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_VOIDED);
  EXPECT_EQ(List(10)->vouchers(0).state(), v1::VOUCHER_STATE_VOIDED);
  EXPECT_THAT(Void(VoidingOf(voucher)), FailsWith(Reason::kVoucherNotLive));
  EXPECT_THAT(Redeem(RedemptionOf(voucher, 1)), FailsWith(Reason::kVoucherNotLive));
  // The books say what became of it: not redeemed.
  database_.Execute(
      "DO $$ BEGIN ASSERT (SELECT sum(points) FROM ledger.account WHERE account = 15) = 700; "
      "ASSERT (SELECT sum(points) FROM ledger.account WHERE account = 11) = 300; END $$");
  // Another one, used up, is not voided for it.
  const std::string other = Issue(MoneyOf(1))->voucher().voucher_id();
  ASSERT_TRUE(Redeem(RedemptionOf(other, 0)).ok());
  EXPECT_EQ(StateOf(other), v1::VOUCHER_STATE_USED_UP);
  ExpectSoundBooks();
}

TEST_F(Vouchers, ARedemptionThatIsUndoneReinstatesIt) {
  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  const auto redeemed = Redeem(RedemptionOf(voucher, 1000));
  ASSERT_TRUE(redeemed.ok()) << redeemed.status();
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_USED_UP);
  ledger::Reversal reversal{.posting = PostingOf(ledger::FactKind::kVoucherReinstated),
                            .undone = *TransactionId::Parse(redeemed->transaction_id()),
                            .points = 400,
                            .clawback = {}};
  ASSERT_EQ(Do([&](ledger::Books& books) { return ledger::Reverse(books, reversal).status(); }),
            absl::OkStatus());
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_LIVE);
  EXPECT_EQ(Get(voucher, shop_).voucher().remaining().minor_units(), 400);
  reversal.posting = PostingOf(ledger::FactKind::kVoucherReinstated);
  reversal.points = 601;
  EXPECT_EQ(
      ReasonOf(Do([&](ledger::Books& books) { return ledger::Reverse(books, reversal).status(); })),
      Reason::kReversalTooLarge);
  EXPECT_TRUE(Redeem(RedemptionOf(voucher, 400)).ok());
  ExpectSoundBooks();
}

TEST_F(Vouchers, WhatComesBackAfterItsEndCanBeUsedForThirtyDaysHoweverItComesBack) {
  const absl::Duration grace = absl::Hours(24 * ledger::kVoucherGraceDays);
  v1::IssueVoucherRequest request = MoneyOf(1000);
  rpc::SetTime(Now() + absl::Hours(24), *request.mutable_expires_at());
  const std::string voucher = Issue(request)->voucher().voucher_id();
  const auto redeem = [&](int64_t minor_units) {
    const auto redeemed = Redeem(RedemptionOf(voucher, minor_units));
    EXPECT_TRUE(redeemed.ok()) << redeemed.status();
    return redeemed.ok() ? redeemed->transaction_id() : std::string();
  };
  const auto reverse = [&](const std::string& transaction, int64_t points) {
    v1::ReverseRequest reversal;
    reversal.set_request_id(NextRequestId());
    reversal.set_transaction_id(transaction);
    reversal.set_points(points);
    const auto reversed = Call(&v1::LedgerService::Stub::Reverse, reversal, shop_);
    EXPECT_TRUE(reversed.ok()) << reversed.status();
  };
  const auto remaining = [&] { return Get(voucher, shop_).voucher().remaining().minor_units(); };
  const auto ends = [&] { return Get(voucher, shop_).voucher().expires_at().seconds(); };
  const std::string one_order = redeem(500);
  const std::string another = redeem(300);
  MoveClock(absl::Hours(24 * 8));
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_EXPIRED);

  const int64_t before = absl::ToUnixSeconds(Now() + grace);
  reverse(one_order, 200);
  const int64_t after = absl::ToUnixSeconds(Now() + grace);
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_LIVE);
  EXPECT_EQ(remaining(), 200);
  const int64_t end = ends();
  EXPECT_GE(end, before);
  EXPECT_LE(end, after);
  // All of it is in the one voucher, also what comes later and of another order. What nobody had
  // used by its end stays gone.
  reverse(another, 300);
  reverse(one_order, 300);
  EXPECT_EQ(remaining(), 800);
  EXPECT_EQ(ends(), end);
  const std::string again = redeem(800);
  ExpectSoundBooks();

  MoveClock(grace + absl::Hours(1));
  reverse(again, 500);
  EXPECT_EQ(remaining(), 500);
  EXPECT_GT(ends(), end);
  MoveClock(grace + absl::Hours(1));
  EXPECT_EQ(StateOf(voucher), v1::VOUCHER_STATE_EXPIRED);
  EXPECT_EQ(remaining(), 0);
  ExpectSoundBooks();
}

TEST_F(Vouchers, OneLivesOfAnOriginWhereSoSet) {
  v1::IssueVoucherRequest request = MoneyOf(1000);
  request.set_origin("birthday");
  request.set_one_live(true);
  const auto first = Issue(request);
  ASSERT_TRUE(first.ok()) << first.status();
  request.set_request_id(NextRequestId());
  const auto second = Issue(request);
  EXPECT_THAT(second, FailsWith(Reason::kVoucherLive));
  EXPECT_EQ(MetadataOf(second.status()), (Metadata{{"voucher_id", first->voucher().voucher_id()}}));
  v1::IssueVoucherRequest other = request;
  other.set_request_id(NextRequestId());
  other.set_origin("welcome");
  EXPECT_TRUE(Issue(other).ok());
  ASSERT_TRUE(Redeem(RedemptionOf(first->voucher().voucher_id(), 0)).ok());
  // It was refused, so its request id is free.
  EXPECT_TRUE(Issue(request).ok());
}

TEST_F(Vouchers, OneThatComesBackDoesNotLiveBesideAnotherOfItsOrigin) {
  v1::IssueVoucherRequest request = MoneyOf(1000);
  request.set_origin("birthday");
  request.set_one_live(true);
  rpc::SetTime(Now() + absl::Hours(24), *request.mutable_expires_at());
  const std::string first = Issue(request)->voucher().voucher_id();
  const auto redeemed = Redeem(RedemptionOf(first, 0));
  ASSERT_TRUE(redeemed.ok()) << redeemed.status();
  request.set_request_id(NextRequestId());
  request.clear_expires_at();
  const std::string second = Issue(request)->voucher().voucher_id();
  v1::CaptureHoldRequest capture;
  capture.set_request_id(NextRequestId());
  capture.set_hold_id(Hold(HoldOf(second, 0))->hold_id());
  const auto captured = Call(&v1::LedgerService::Stub::CaptureHold, capture, shop_);
  ASSERT_TRUE(captured.ok()) << captured.status();

  const auto reverse = [&](const std::string& transaction, int64_t points = 0) {
    v1::ReverseRequest reversal;
    reversal.set_request_id(NextRequestId());
    reversal.set_transaction_id(transaction);
    reversal.set_points(points);
    return Call(&v1::LedgerService::Stub::Reverse, reversal, shop_);
  };
  // Part by part it is one that lives, and only itself; the captured one waits for it.
  ASSERT_TRUE(reverse(redeemed->transaction_id(), 400).ok());
  ASSERT_TRUE(reverse(redeemed->transaction_id(), 300).ok());
  const auto captured_too = reverse(captured->transaction_id());
  EXPECT_THAT(captured_too, FailsWith(Reason::kVoucherLive));
  EXPECT_EQ(MetadataOf(captured_too.status()), (Metadata{{"voucher_id", first}}));
  EXPECT_EQ(StateOf(second), v1::VOUCHER_STATE_USED_UP);

  ASSERT_TRUE(Void(VoidingOf(first)).ok());
  ASSERT_TRUE(reverse(captured->transaction_id()).ok());
  EXPECT_EQ(StateOf(second), v1::VOUCHER_STATE_LIVE);
  EXPECT_THAT(reverse(redeemed->transaction_id()), FailsWith(Reason::kVoucherLive));
  // What comes back after its end lives on for a while, and not beside another either.
  MoveClock(absl::Hours(25));
  EXPECT_THAT(reverse(redeemed->transaction_id()), FailsWith(Reason::kVoucherLive));
  ASSERT_TRUE(Void(VoidingOf(second)).ok());
  EXPECT_TRUE(reverse(redeemed->transaction_id()).ok());
  EXPECT_EQ(StateOf(first), v1::VOUCHER_STATE_LIVE);
  ExpectSoundBooks();
}

TEST_F(Vouchers, OneLivesHoweverManyAreGivenAtOnce) {
  v1::IssueVoucherRequest request = MoneyOf(1000);
  request.set_origin("birthday");
  request.set_one_live(true);
  std::vector<v1::IssueVoucherRequest> requests(16, request);
  for (v1::IssueVoucherRequest& one : requests) one.set_request_id(NextRequestId());
  const auto outcomes = IssueAtOnce(requests);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), std::nullopt), 1);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Reason::kVoucherLive), 15);
  EXPECT_EQ(List(100)->vouchers_size(), 1);
}

TEST_F(Vouchers, AreListedAsTheyExpireAndThenThoseThatAreOver) {
  const auto issue = [&](int64_t worth, int days) {
    v1::IssueVoucherRequest request = MoneyOf(worth);
    if (days > 0) rpc::SetTime(Now() + absl::Hours(24 * days), *request.mutable_expires_at());
    const auto issued = Issue(request);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued->voucher().voucher_id();
  };
  issue(1, 0);
  issue(2, 30);
  issue(3, 1);
  issue(4, 10);
  const std::string used = issue(5, 5);
  issue(6, 30);
  ASSERT_TRUE(Redeem(RedemptionOf(used, 0)).ok());
  MoveClock(absl::Hours(25));
  for (const int32_t page_size : {1, 2, 3, 4, 6, 50}) {
    std::vector<int64_t> worths;
    std::string token;
    do {
      const auto page = List(page_size, token);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->vouchers_size(), page_size);
      for (const v1::Voucher& voucher : page->vouchers()) {
        worths.push_back(voucher.fixed().minor_units());
      }
      token = page->next_page_token();
    } while (!token.empty() && worths.size() < 100);
    EXPECT_THAT(worths, ElementsAre(4, 2, 6, 1, 5, 3)) << page_size;
  }
  EXPECT_THAT(List(10, "nonsense"), FailsWith(Reason::kInvalidPageToken));
  v1::ListVouchersRequest stranger;
  stranger.set_member_id(MemberId{ids_.Next(Now())}.ToString());
  EXPECT_THAT(Call(&v1::VoucherService::Stub::ListVouchers, stranger, shop_),
              FailsWith(Reason::kMemberNotFound));
}

TEST_F(Vouchers, BadRequestsAreNamedWithTheirField) {
  struct Bad {
    std::function<void(v1::IssueVoucherRequest&)> spoil;
    Reason reason;
    std::string field;
  };
  const Bad kCases[] = {
      {[](auto& r) { r.clear_worth(); }, Reason::kFieldMissing, "fixed"},
      {[](auto& r) { *r.mutable_fixed() = Usd(0); }, Reason::kInvalidAmount, "fixed.minor_units"},
      {[](auto& r) { r.mutable_fixed()->set_currency_code("CHF"); }, Reason::kInvalidCurrency,
       "fixed.currency_code"},
      {[](auto& r) { r.set_basis_points(10'001); }, Reason::kFieldInvalid, "basis_points"},
      {[](auto& r) { r.set_item(""); }, Reason::kFieldMissing, "item"},
      {[](auto& r) { r.set_origin(std::string(65, 'x')); }, Reason::kFieldTooLong, "origin"},
      {[](auto& r) { r.set_one_live(true); }, Reason::kFieldMissing, "origin"},
      {[](auto& r) { r.set_source(std::string(129, 'x')); }, Reason::kFieldTooLong, "source"},
      {[](auto& r) { r.set_member_id("mem_x"); }, Reason::kInvalidId, "member_id"},
      {[](auto& r) { r.set_member_id("mem_01hz3v6q5s0000000000000000"); }, Reason::kMemberNotFound,
       "member_id"},
      {[](auto& r) { r.set_budget_id("bgt_x"); }, Reason::kInvalidId, "budget_id"},
      {[](auto& r) { r.set_budget_id("bgt_01hz3v6q5s0000000000000000"); }, Reason::kBudgetNotFound,
       "budget_id"},
      {[](auto& r) { r.mutable_expires_at()->set_seconds(1); }, Reason::kFieldInvalid,
       "expires_at"},
      {[](auto& r) { r.mutable_effective_at()->set_seconds(1); }, Reason::kEffectiveTimeInvalid,
       "effective_at"},
      {[](auto& r) { r.set_request_id(""); }, Reason::kRequestIdMissing, "request_id"},
  };
  for (const Bad& bad : kCases) {
    v1::IssueVoucherRequest request = MoneyOf(1000);
    bad.spoil(request);
    const auto refused = Issue(request);
    EXPECT_THAT(refused, FailsWith(bad.reason)) << bad.field;
    EXPECT_EQ(FieldOf(refused.status()), bad.field);
  }

  const std::string voucher = Issue(MoneyOf(1000))->voucher().voucher_id();
  v1::HoldVoucherRequest hold = HoldOf(voucher, 0);
  hold.set_life_seconds(0);
  EXPECT_EQ(FieldOf(Hold(hold).status()), "life_seconds");
  v1::VoidVoucherRequest voiding = VoidingOf(voucher);
  voiding.clear_reason();
  EXPECT_EQ(FieldOf(Void(voiding).status()), "reason");
  v1::RedeemVoucherRequest redemption = RedemptionOf(voucher, 1);
  redemption.clear_which();
  EXPECT_THAT(Redeem(redemption), FailsWith(Reason::kFieldMissing));
  redemption.set_voucher_id("vch_x");
  EXPECT_THAT(Redeem(redemption), FailsWith(Reason::kInvalidId));
  redemption.set_voucher_id(VoucherId{ids_.Next(Now())}.ToString());
  EXPECT_THAT(Redeem(redemption), FailsWith(Reason::kVoucherNotFound));
  redemption.set_voucher_id(voucher);
  redemption.mutable_amount()->set_currency_code("CHF");
  EXPECT_EQ(FieldOf(Redeem(redemption).status()), "amount.currency_code");
  EXPECT_EQ(Get(voucher, shop_).voucher().remaining().minor_units(), 1000);
}

// A voucher that a till gave away while its line was down.
TEST_F(Vouchers, WhoeverBringsInHistoryStatesWhenItWas) {
  v1::IssueVoucherRequest request = MoneyOf(1000);
  const absl::Time then = absl::FromUnixSeconds(absl::ToUnixSeconds(Now()) - 100 * 24 * 3600);
  rpc::SetTime(then, *request.mutable_effective_at());
  EXPECT_THAT(Issue(request), FailsWith(Reason::kEffectiveTimeInvalid));
  const auto issued = Call(&v1::VoucherService::Stub::IssueVoucher, request,
                           NewKey(house::Role::kImport, program_.number));
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->voucher().issued_at().seconds(), absl::ToUnixSeconds(then));
}

TEST_F(Vouchers, AHoldAndAVoidingTakeEffectWhenItIsSaidAndTheHoldLivesFromNowOn) {
  const std::string boss = NewKey(house::Role::kAdmin, program_.number);
  const absl::Time then = absl::FromUnixSeconds(absl::ToUnixSeconds(Now()) - 3600);
  v1::HoldVoucherRequest hold = HoldOf(Issue(MoneyOf(1000))->voucher().voucher_id(), 0);
  rpc::SetTime(then, *hold.mutable_effective_at());
  const auto refused = Hold(hold);
  EXPECT_THAT(refused, FailsWith(Reason::kEffectiveTimeInvalid));
  EXPECT_EQ(FieldOf(refused.status()), "effective_at");
  const auto held = Call(&v1::VoucherService::Stub::HoldVoucher, hold, boss);
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_GT(held->hold_expires_at().seconds(), absl::ToUnixSeconds(Now()));

  v1::VoidVoucherRequest voiding = VoidingOf(Issue(MoneyOf(1000))->voucher().voucher_id());
  rpc::SetTime(then, *voiding.mutable_effective_at());
  EXPECT_THAT(Void(voiding), FailsWith(Reason::kEffectiveTimeInvalid));
  const auto voided = Call(&v1::VoucherService::Stub::VoidVoucher, voiding, boss);
  ASSERT_TRUE(voided.ok()) << voided.status();

  v1::ListEntriesRequest request;
  request.set_member_id(member_);
  request.add_kinds(v1::ENTRY_KIND_HOLD_PLACED);
  request.add_kinds(v1::ENTRY_KIND_VOUCHER_VOIDED);
  const auto entries = Call(&v1::LedgerService::Stub::ListEntries, request, shop_);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->entries_size(), 2);
  for (const v1::Entry& entry : entries->entries()) {
    EXPECT_EQ(entry.effective_at().seconds(), absl::ToUnixSeconds(then)) << entry.DebugString();
  }
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger_service
