#include "services/ledger/voucher_contract.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/vouchers.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/ledger_rules.h"
#include "services/ledger/voucher_convert.h"
#include "services/ledger/voucher_rules.h"
#include "services/ledger/vouchers.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;

// The answer to a deed; `set_more` adds what only this kind of answer says.
template <class Resp>
VoucherAnswer AnswerAs(const Call& call, bool validate_only,
                       void (*set_more)(const VoucherDeed&, const base::Money& worth, Resp&)) {
  return [currency = call.program.currency_code, validate_only, set_more](const VoucherDeed& deed) {
    Resp response;
    ToProto(deed.after, currency, *response.mutable_voucher());
    if (!validate_only) {
      response.set_transaction_id(deed.transaction.ToString());
      rpc::SetTime(deed.recorded_at, *response.mutable_recorded_at());
    }
    set_more(deed, {currency, deed.worth}, response);
    return response.SerializeAsString();
  };
}

bool IsMoney(const VoucherDeed& deed) {
  return deed.after.voucher.terms.kind == ledger::VoucherKind::kFixed;
}

// What only an answer of its kind says.

void TellIssued(const VoucherDeed&, const base::Money&, v1::IssueVoucherResponse& response) {
  if (response.transaction_id().empty()) response.mutable_voucher()->clear_voucher_id();
}

void TellRedeemed(const VoucherDeed& deed, const base::Money& worth,
                  v1::RedeemVoucherResponse& response) {
  if (IsMoney(deed)) rpc::SetMoney(worth, *response.mutable_redeemed());
}

void TellHeld(const VoucherDeed& deed, const base::Money& worth,
              v1::HoldVoucherResponse& response) {
  if (!response.transaction_id().empty()) response.set_hold_id(deed.hold->id.ToString());
  if (IsMoney(deed)) rpc::SetMoney(worth, *response.mutable_held());
  rpc::SetTime(deed.hold->expires_at, *response.mutable_hold_expires_at());
}

void TellVoided(const VoucherDeed& deed, const base::Money& worth,
                v1::VoidVoucherResponse& response) {
  if (IsMoney(deed)) rpc::SetMoney(worth, *response.mutable_voided());
}

absl::StatusOr<std::optional<int64_t>> AmountOf(const Call& call, bool given,
                                                const type::v1::Money& amount) {
  if (!given) return std::nullopt;
  ASSIGN_OR_RETURN(const base::Money money, rpc::ParseMoney(amount, "amount"));
  return WorthOf(money, call.program.currency_code, "amount");
}

// A new id in the member's partition.
template <class Id>
Id NewId(const Call& call, const MemberId& member, base::IdSource& ids) {
  return ledger::Beside(call.program, member, Id{ids.Next(call.now)});
}

// Whoever has the code has the voucher; who only has its id was shown a list.
template <class Req>
std::unique_ptr<ledger::Mutation> WithProof(const Call& call, const Req& request,
                                            const NamedVoucher& named,
                                            std::unique_ptr<ledger::Mutation> mutation) {
  if (request.which_case() == Req::kVoucherId) {
    mutation->envelope.refusal = rpc::NeedStrongProof(call, named.holder);
  }
  return mutation;
}

}  // namespace

MadeMutation MutationOf(const Call& call, const v1::IssueVoucherRequest& request,
                        const ledger::VoucherCodes& codes, base::IdSource& ids) {
  ASSIGN_OR_RETURN(VoucherIssueOrder order, IssueOrderOf(request, call.program.currency_code));
  order.statable_past = StatablePast(call.role);
  order.transaction = NewId<TransactionId>(call, order.member, ids);
  order.voucher = NewId<VoucherId>(call, order.member, ids);
  order.name = codes.NameOf(call.program.number, order.voucher);
  return std::make_unique<VoucherIssue>(std::move(order),
                                        AnswerAs(call, request.validate_only(), TellIssued));
}

MadeMutation MutationOf(const Call& call, const v1::RedeemVoucherRequest& request,
                        const NamedVoucher& named, base::IdSource& ids) {
  RedemptionOrder order{.transaction = NewId<TransactionId>(call, named.holder, ids),
                        .member = named.holder,
                        .voucher = named.voucher,
                        .amount = {},
                        .order_id = request.order_id(),
                        .effective_at = {},
                        .statable_past = StatablePast(call.role)};
  ASSIGN_OR_RETURN(order.amount, AmountOf(call, request.has_amount(), request.amount()));
  RETURN_IF_ERROR(CheckOrderId(order.order_id));
  ASSIGN_OR_RETURN(order.effective_at, EffectiveTimeIn(request));
  return WithProof(call, request, named,
                   std::make_unique<Redemption>(
                       std::move(order), AnswerAs(call, request.validate_only(), TellRedeemed)));
}

MadeMutation MutationOf(const Call& call, const v1::HoldVoucherRequest& request,
                        const NamedVoucher& named, base::IdSource& ids) {
  RETURN_IF_ERROR(CheckLife(request.life_seconds()));
  VoucherHoldOrder order{.transaction = NewId<TransactionId>(call, named.holder, ids),
                         .member = named.holder,
                         .voucher = named.voucher,
                         .hold = NewId<HoldId>(call, named.holder, ids),
                         .amount = {},
                         .life = absl::Seconds(request.life_seconds()),
                         .order_id = request.order_id(),
                         .effective_at = {},
                         .statable_past = StatablePast(call.role)};
  ASSIGN_OR_RETURN(order.amount, AmountOf(call, request.has_amount(), request.amount()));
  RETURN_IF_ERROR(CheckOrderId(order.order_id));
  ASSIGN_OR_RETURN(order.effective_at, EffectiveTimeIn(request));
  return WithProof(call, request, named,
                   std::make_unique<VoucherHold>(
                       std::move(order), AnswerAs(call, request.validate_only(), TellHeld)));
}

MadeMutation MutationOf(const Call& call, const v1::VoidVoucherRequest& request,
                        const NamedVoucher& named, base::IdSource& ids) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  VoucherVoidOrder order{.transaction = NewId<TransactionId>(call, named.holder, ids),
                         .member = named.holder,
                         .voucher = named.voucher,
                         .reason = request.reason(),
                         .effective_at = {},
                         .statable_past = StatablePast(call.role)};
  ASSIGN_OR_RETURN(order.effective_at, EffectiveTimeIn(request));
  return WithProof(call, request, named,
                   std::make_unique<VoucherVoiding>(
                       std::move(order), AnswerAs(call, request.validate_only(), TellVoided)));
}

absl::Status TellCode(const ledger::VoucherCodes& codes, int32_t program,
                      v1::IssueVoucherResponse& response) {
  v1::Voucher& voucher = *response.mutable_voucher();
  if (voucher.voucher_id().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const VoucherId id, VoucherId::Parse(voucher.voucher_id()));
  voucher.set_code(ledger::GroupVoucherCode(codes.CodeOf(program, id)));
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
