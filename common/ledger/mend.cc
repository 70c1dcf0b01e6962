#include "common/ledger/mend.h"

#include <algorithm>
#include <vector>

#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

// A fact that follows from `cause`, in the same wallet and transaction.
Fact Follow(const Fact& cause, FactKind kind, Account debit, Account credit, int64_t points) {
  Fact fact{.kind = kind,
            .transaction = cause.transaction,
            .member = cause.member,
            .unit = cause.unit,
            .points = points,
            .debit = debit,
            .credit = credit,
            .effective_at = cause.effective_at};
  fact.by_engine = cause.by_engine;
  return fact;
}

absl::Status RepayDebts(Books& books, const Fact& cause, const LotKey& key) {
  if (books.WalletOf(cause.member, cause.unit).debt == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<const Lot*> open, books.OpenLots(cause.member, cause.unit));
  ASSIGN_OR_RETURN(const Lot* lot, books.FindLot(key));
  // Its own debt first, then the oldest.
  std::sort(open.begin(), open.end(), [&](const Lot* a, const Lot* b) {
    return std::pair(a != lot, a->key.seq) < std::pair(b != lot, b->key.seq);
  });
  for (const Lot* debtor : open) {
    const int64_t points = std::min(lot->available, -debtor->debt);
    if (points <= 0) continue;
    Fact repaid = Follow(cause, FactKind::kDebtRepaid, Account::kAvailable, Account::kDebt, points);
    repaid.allocations = {{key.seq, debtor->key.seq, points}};
    RETURN_IF_ERROR(books.Post(std::move(repaid)).status());
  }
  return absl::OkStatus();
}

absl::Status PassOn(Books& books, const Fact& cause, const LotKey& key, absl::Duration grace) {
  // What a voucher's lot borrowed joined it for good, see merging.h.
  if (IsVoucherUnit(cause.unit)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Lot* lot, books.FindLot(key));
  if (lot->borrowed == 0 || lot->available == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Cover> covers, books.CoversOf(key));
  for (const Cover& cover : covers) {
    // Lenders may come round in a ring, and this one may have been paid on the way.
    const int64_t owed = books.PeekCover({key.partition, key.seq, cover.lender}).value_or(0);
    const int64_t points = std::min(lot->available, owed);
    if (points <= 0) continue;
    const LotKey lender{key.partition, cover.lender};
    RETURN_IF_ERROR(books.FindLot(lender).status());
    Fact passed =
        Follow(cause, FactKind::kCoverReturned, Account::kAvailable, Account::kAvailable, points);
    passed.allocations = {{key.seq, lender.seq, points}};
    RETURN_IF_ERROR(books.Post(std::move(passed)).status());
    RETURN_IF_ERROR(PassOn(books, cause, lender, grace));
    RETURN_IF_ERROR(EndIfOver(books, cause, lender, grace));
  }
  return absl::OkStatus();
}

}  // namespace

Fact Move(const Posting& posting, Account debit, Account credit, int64_t points) {
  return {.kind = posting.kind,
          .transaction = posting.transaction,
          .member = posting.member,
          .unit = posting.unit,
          .points = points,
          .debit = debit,
          .credit = credit,
          .effective_at = posting.effective_at,
          .source = posting.source,
          .detail = posting.detail};
}

absl::Status MakeGood(Books& books, const Fact& cause, const LotKey& lot, absl::Duration grace) {
  RETURN_IF_ERROR(RepayDebts(books, cause, lot));
  return PassOn(books, cause, lot, grace);
}

absl::Status EndIfOver(Books& books, const Fact& cause, const LotKey& key, absl::Duration grace) {
  ASSIGN_OR_RETURN(const Lot* lot, books.FindLot(key));
  const int64_t points = lot->available;
  // What time itself does happens when it is due, whenever that is noticed.
  const absl::Time when = cause.by_engine ? cause.effective_at : books.recorded_at();
  if (points == 0 || lot->expires_at > when) return absl::OkStatus();
  Fact end = Follow(cause, FactKind::kExpired, Account::kAvailable, Account::kExpired, points);
  end.by_engine = true;
  end.effective_at = when;
  end.allocations = {{key.seq, key.seq, points}};
  if (grace > absl::ZeroDuration()) {
    end.kind = FactKind::kGraceGiven;
    end.credit = Account::kAvailable;
    end.lot =
        NewLot{.origin = lot->origin, .earned_at = lot->earned_at, .expires_at = when + grace};
    end.allocations = {{key.seq, Allocation::kOwnLot, points}};
  }
  return books.Post(std::move(end)).status();
}

}  // namespace gratis::ledger
