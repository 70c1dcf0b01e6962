#include "services/ledger/voucher_convert.h"

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/vouchers.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/ledger_rules.h"

namespace gratis::ledger_service {

namespace v1 = ledger::v1;

namespace {

absl::Status SetWorth(const v1::IssueVoucherRequest& request, const std::string& currency_code,
                      VoucherIssueOrder& order) {
  switch (request.worth_case()) {
    case v1::IssueVoucherRequest::kFixed: {
      order.terms.kind = ledger::VoucherKind::kFixed;
      ASSIGN_OR_RETURN(const base::Money money, rpc::ParseMoney(request.fixed(), "fixed"));
      ASSIGN_OR_RETURN(order.worth, WorthOf(money, currency_code, "fixed"));
      return absl::OkStatus();
    }
    case v1::IssueVoucherRequest::kBasisPoints:
      order.terms.kind = ledger::VoucherKind::kPercentage;
      order.terms.basis_points = request.basis_points();
      return absl::OkStatus();
    case v1::IssueVoucherRequest::kItem:
      order.terms.kind = ledger::VoucherKind::kItem;
      order.terms.item = request.item();
      return absl::OkStatus();
    case v1::IssueVoucherRequest::WORTH_NOT_SET:
      break;
  }
  return FieldError(Reason::kFieldMissing, "fixed",
                    "what is it worth: an amount, basis points or an item?");
}

}  // namespace

absl::StatusOr<VoucherIssueOrder> IssueOrderOf(const v1::IssueVoucherRequest& request,
                                               const std::string& currency_code) {
  VoucherIssueOrder order;
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  order.member = *member;
  RETURN_IF_ERROR(SetWorth(request, currency_code, order));
  order.terms.origin = request.origin();
  order.terms.one_live = request.one_live();
  RETURN_IF_ERROR(CheckTerms(order.terms));
  order.source = request.source();
  RETURN_IF_ERROR(CheckSource(order.source));
  if (!request.budget_id().empty()) {
    const absl::StatusOr<BudgetId> budget = BudgetId::Parse(request.budget_id());
    if (!budget.ok()) return InField(budget.status(), "budget_id");
    order.budget = *budget;
  }
  if (request.has_expires_at()) {
    ASSIGN_OR_RETURN(order.expires_at, rpc::ParseTime(request.expires_at(), "expires_at"));
  }
  ASSIGN_OR_RETURN(order.effective_at, EffectiveTimeIn(request));
  return order;
}

void ToProto(const SeenVoucher& seen, const std::string& currency_code, v1::Voucher& out) {
  const ledger::Voucher& voucher = seen.voucher;
  const ledger::Lot& lot = seen.lot;
  out.set_voucher_id(voucher.id.ToString());
  out.set_member_id(voucher.member.ToString());
  switch (voucher.terms.kind) {
    case ledger::VoucherKind::kFixed:
      // With what came back of it after it came over with a merge.
      rpc::SetMoney({currency_code, lot.points + lot.borrowed}, *out.mutable_fixed());
      rpc::SetMoney({currency_code, lot.available}, *out.mutable_remaining());
      rpc::SetMoney({currency_code, lot.held}, *out.mutable_held());
      break;
    case ledger::VoucherKind::kPercentage:
      out.set_basis_points(voucher.terms.basis_points);
      break;
    case ledger::VoucherKind::kItem:
      out.set_item(voucher.terms.item);
      break;
  }
  out.set_origin(voucher.terms.origin);
  out.set_one_live(voucher.terms.one_live);
  out.set_state(static_cast<v1::VoucherState>(seen.standing));
  rpc::SetTime(lot.earned_at, *out.mutable_issued_at());
  if (lot.expires_at != absl::InfiniteFuture()) {
    rpc::SetTime(lot.expires_at, *out.mutable_expires_at());
  }
}

bool SeesCodes(house::Role role) {
  return role == house::Role::kAdmin || role == house::Role::kBackend ||
         role == house::Role::kSupport || role == house::Role::kMember;
}

}  // namespace gratis::ledger_service
