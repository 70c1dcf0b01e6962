#include "services/thanks/payments.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ledger/ops.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

// Whether they are the member, or became part of them by whatever steps.
absl::StatusOr<bool> IsPartOf(ledger::Books& books, MemberId who, const MemberId& member) {
  for (int i = 0; i < ledger::kLongestChain && who != member; ++i) {
    RETURN_IF_ERROR(books.RequireHolder(who));
    const ledger::Holder& holder = *books.FindHolder(who);
    if (holder.state != ledger::MemberState::kMerged) return false;
    who = holder.survivor;
  }
  return who == member;
}

}  // namespace

absl::Status FindSpent(ledger::Books& books, const MemberId& member, Payment& payment) {
  const auto none = [&] {
    return FieldError(Reason::kTransactionNotFound, "payments.transaction_id",
                      absl::StrCat("the member spent nothing by ", payment.transaction.ToString()));
  };
  if (!ledger::PartitionOfId(books.program(), payment.transaction.uuid)) return none();
  ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> rows, books.RowsOf(payment.transaction));
  payment.worth = 0;
  payment.of = {};
  for (const ledger::PostedRow& posted : rows) {
    const ledger::Fact& fact = posted.row.fact;
    const bool took = fact.kind == ledger::FactKind::kSpend ||
                      fact.kind == ledger::FactKind::kHoldCaptured ||
                      fact.kind == ledger::FactKind::kVoucherRedeemed;
    if (!took) continue;
    ASSIGN_OR_RETURN(const bool theirs, IsPartOf(books, fact.member, member));
    if (!theirs) continue;
    if (fact.member != member) payment.of = fact.member;
    payment.worth += fact.points - posted.undone;
    payment.kind = ledger::IsVoucherUnit(fact.unit) ? PaymentKind::kVoucher : PaymentKind::kPoints;
  }
  return payment.worth > 0 ? absl::OkStatus() : none();
}

absl::Status Capture(ledger::Books& books, const Purchase& purchase, Payment& payment) {
  const auto none = [&] {
    return FieldError(Reason::kHoldNotFound, "payments.hold_id",
                      absl::StrCat("the member has no hold ", payment.hold.ToString()));
  };
  if (ledger::PartitionOfId(books.program(), payment.hold.uuid) !=
      ledger::PartitionOf(books.program(), purchase.member)) {
    return none();
  }
  ASSIGN_OR_RETURN(const ledger::Hold* hold, books.FindHold(payment.hold));
  if (hold == nullptr || hold->member != purchase.member) return none();
  payment.kind = ledger::IsVoucherUnit(hold->unit) ? PaymentKind::kVoucher : PaymentKind::kPoints;
  ASSIGN_OR_RETURN(payment.worth, ledger::CaptureHold(books,
                                                      {.kind = ledger::FactKind::kHoldCaptured,
                                                       .transaction = payment.transaction,
                                                       .member = purchase.member,
                                                       .unit = hold->unit,
                                                       .effective_at = books.recorded_at(),
                                                       .source = purchase.id.ToString(),
                                                       .detail = {}},
                                                      payment.hold, 0));
  return absl::OkStatus();
}

absl::Status Pay(ledger::Books& books, absl::Span<const TransactionId> captures,
                 Purchase& purchase) {
  for (size_t i = 0; i < purchase.payments.size(); ++i) {
    Payment& payment = purchase.payments[i];
    if (!payment.hold.IsNil()) {
      payment.transaction = ledger::Beside(books.program(), purchase.member, captures[i]);
      RETURN_IF_ERROR(Capture(books, purchase, payment));
    } else if (!payment.transaction.IsNil()) {
      RETURN_IF_ERROR(FindSpent(books, purchase.member, payment));
    }
  }
  return absl::OkStatus();
}

}  // namespace gratis::thanks
