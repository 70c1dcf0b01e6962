#include <utility>
#include <vector>

#include "common/ledger/mend.h"
#include "common/ledger/merging.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

absl::Status Adjust(Books& books, const Posting& posting, int64_t points,
                    const AdjustmentId& waited) {
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kCorrect));
  ASSIGN_OR_RETURN(const Unit unit, books.UnitOf(posting.unit));
  if (points < -kMaxPoints || points > kMaxPoints) return CheckPoints(kMaxPoints + 1);
  if (points < 0) {
    // Of a member that was merged since it was asked for, it is taken from who they became.
    RETURN_IF_ERROR(FetchFromSurvivor(books, posting, -points));
    Fact fact = Move(posting, Account::kAvailable, Account::kAdjusted, -points);
    fact.about = waited.uuid;
    ASSIGN_OR_RETURN(fact.allocations, TakeFromLots(books, posting.member, posting.unit, -points));
    return books.Post(std::move(fact)).status();
  }
  Fact fact = Move(posting, Account::kAdjusted, Account::kAvailable, points);
  fact.about = waited.uuid;
  fact.lot = NewLot{.origin = Origin::kGiven,
                    .earned_at = posting.effective_at,
                    .expires_at = unit.expiry == ExpiryKind::kInactivity
                                      ? absl::InfiniteFuture()
                                      : ExpiryOf(unit, posting.effective_at, books.zone())};
  ASSIGN_OR_RETURN(const int64_t seq, books.Post(fact));
  RETURN_IF_ERROR(MakeGood(books, fact, {PartitionOf(books.program(), posting.member), seq}));
  return CarryToSurvivor(books, posting);
}

absl::Status TransferPoints(Books& books, const Transfer& transfer) {
  const Posting& posting = transfer.posting;
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(Settle(books, transfer.to));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kSpend));
  RETURN_IF_ERROR(books.Permit(transfer.to, Deed::kReceive));
  ASSIGN_OR_RETURN(const Unit unit, books.UnitOf(posting.unit));
  if (!unit.transferable || transfer.to == posting.member) {
    return Error(Reason::kTransferNotAllowed, unit.transferable
                                                  ? "points cannot be transferred to oneself"
                                                  : "this unit cannot be transferred");
  }
  ASSIGN_OR_RETURN(std::vector<Allocation> parts,
                   TakeFromLots(books, posting.member, posting.unit, transfer.points));
  return MoveLots(books, transfer, std::move(parts)).status();
}

absl::StatusOr<std::vector<LotKey>> MoveLots(Books& books, const Transfer& transfer,
                                             std::vector<Allocation> parts) {
  const Posting& posting = transfer.posting;
  const int32_t from = PartitionOf(books.program(), posting.member);
  const int32_t to = PartitionOf(books.program(), transfer.to);
  Fact out = Move(posting, Account::kAvailable, Account::kTransferred, transfer.points);
  out.kind = FactKind::kTransferredOut;
  out.allocations = parts;
  RETURN_IF_ERROR(books.Post(std::move(out)).status());
  std::vector<LotKey> made;
  for (const Allocation& part : parts) {
    ASSIGN_OR_RETURN(const Lot* given, books.FindLot({from, part.debit_lot}));
    Fact in = Move(posting, Account::kTransferred, Account::kAvailable, part.points);
    in.kind = FactKind::kTransferredIn;
    in.member = transfer.to;
    in.lot = NewLot{
        .origin = given->origin, .earned_at = given->earned_at, .expires_at = given->expires_at};
    ASSIGN_OR_RETURN(const int64_t seq, books.Post(in));
    made.push_back({to, seq});
    RETURN_IF_ERROR(MakeGood(books, in, made.back()));
  }
  return made;
}

}  // namespace gratis::ledger
