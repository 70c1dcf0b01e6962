#include <vector>

#include "common/ledger/mend.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

absl::Status Earn(Books& books, const Earning& earning) {
  const Posting& posting = earning.posting;
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kEarn));
  ASSIGN_OR_RETURN(const Unit unit, books.UnitOf(posting.unit));
  const bool at_once = earning.available_at <= books.recorded_at();
  Fact fact = Move(posting, Account::kIssued, at_once ? Account::kAvailable : Account::kPending,
                   earning.points);
  fact.about = earning.about;
  fact.budget = earning.budget;
  const absl::Time by_rule = unit.expiry == ExpiryKind::kInactivity
                                 ? absl::InfiniteFuture()
                                 : ExpiryOf(unit, posting.effective_at, books.zone());
  fact.lot = NewLot{.origin = earning.origin,
                    .earned_at = posting.effective_at,
                    .available_at = at_once ? absl::InfinitePast() : earning.available_at,
                    .expires_at = earning.expires_at.value_or(by_rule)};
  ASSIGN_OR_RETURN(const int64_t seq, books.Post(fact));
  if (!at_once) return absl::OkStatus();
  return MakeGood(books, fact, {PartitionOf(books.program(), posting.member), seq});
}

absl::StatusOr<int64_t> Activate(Books& books, const Posting& posting,
                                 const TransactionId& earned_by) {
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kEarn));
  ASSIGN_OR_RETURN(const std::vector<PostedRow> rows, books.RowsOf(earned_by));
  if (rows.empty() || rows.front().row.fact.member != posting.member) {
    return FieldError(Reason::kTransactionNotFound, "transaction_id",
                      "the program has no such transaction of this member");
  }
  int64_t sum = 0;
  for (const PostedRow& earned : rows) {
    if (!earned.row.fact.lot) continue;
    const LotKey key{earned.row.partition, earned.row.seq};
    ASSIGN_OR_RETURN(const Lot* lot, books.FindLot(key));
    if (lot->pending == 0) continue;
    Fact fact = Move(posting, Account::kPending, Account::kAvailable, lot->pending);
    fact.unit = lot->unit;
    fact.allocations = {{key.seq, key.seq, lot->pending}};
    sum += lot->pending;
    RETURN_IF_ERROR(books.Post(fact).status());
    RETURN_IF_ERROR(MakeGood(books, fact, key));
  }
  if (sum == 0) {
    return Error(Reason::kNothingPending, "nothing of this transaction waits to be activated");
  }
  return sum;
}

}  // namespace gratis::ledger
