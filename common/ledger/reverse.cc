#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ledger/mend.h"
#include "common/ledger/merging.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

// Whether a row gave points that a reversal takes back.
bool Gave(const JournalRow& row) {
  const Account from = row.fact.debit;
  return row.fact.lot.has_value() && row.fact.kind != FactKind::kVoucherIssued &&
         (from == Account::kIssued || from == Account::kAdjusted);
}

// Whether a row took points that a reversal brings back.
bool Took(const JournalRow& row) {
  switch (row.fact.kind) {
    case FactKind::kSpend:
    case FactKind::kHoldCaptured:
    case FactKind::kVoucherRedeemed:
      return true;
    case FactKind::kAdjusted:
      return row.fact.credit == Account::kAdjusted;
    default:
      return false;
  }
}

// Undoes one row.
class Undoing {
 public:
  Undoing(Books& books, const Reversal& reversal, const PostedRow& posted, Reversed& done)
      : books_(books),
        posting_(reversal.posting),
        clawback_(reversal.clawback),
        row_(posted.row),
        undone_by_lot_(posted.undone_by_lot),
        done_(done) {}

  // Takes back `points` of what the row gave. Returns how many that were.
  absl::StatusOr<int64_t> TakeBack(int64_t points);
  // Brings back `points` of what the row took.
  absl::StatusOr<int64_t> BringBack(int64_t points);

 private:
  // Of a member that was merged since, points are taken from who they became: brings here what
  // there is of them. Returns what there is besides, and cannot be taken now.
  absl::StatusOr<int64_t> Fetch(int64_t points) {
    if (row_.fact.member != posting_.member) return int64_t{0};
    Posting fetching = posting_;
    fetching.unit = row_.fact.unit;
    return FetchForLot(books_, fetching, {row_.partition, row_.seq}, points);
  }
  Fact Undo(FactKind kind, Account debit, Account credit, int64_t points) const {
    Fact fact = Move(posting_, debit, credit, points);
    fact.kind = kind;
    fact.member = row_.fact.member;
    fact.unit = row_.fact.unit;
    fact.about = row_.fact.about;
    fact.undoes = row_.seq;
    return fact;
  }
  absl::Status Take(Account from, int64_t points, std::vector<Allocation> allocations) {
    if (points == 0) return absl::OkStatus();
    Fact fact = Undo(FactKind::kEarnReversed, from, row_.fact.debit, points);
    fact.budget = row_.fact.budget;
    fact.allocations = std::move(allocations);
    return books_.Post(std::move(fact)).status();
  }
  // From this very lot.
  absl::Status Take(Account from, int64_t points) {
    return Take(from, points, {{row_.seq, row_.seq, points}});
  }
  absl::Status Restore(const LotKey& lot, int64_t points, absl::Duration grace);
  // Whether the voucher may live again with whoever has it by now.
  absl::Status CheckMayLive(const Voucher& voucher);
  // The voucher that the row took from.
  absl::StatusOr<const Voucher*> VoucherOf(const LotKey& lot) {
    // Of a capture the row is about the hold.
    if (row_.fact.kind != FactKind::kHoldCaptured) return books_.FindVoucher({row_.fact.about});
    return books_.FindVoucherOf(lot);
  }

  Books& books_;
  const Posting& posting_;
  const std::optional<Clawback> clawback_;
  const JournalRow& row_;
  const std::map<int64_t, int64_t>& undone_by_lot_;
  Reversed& done_;
};

absl::StatusOr<int64_t> Undoing::TakeBack(int64_t points) {
  const MemberId& member = row_.fact.member;
  ASSIGN_OR_RETURN(const int64_t elsewhere, Fetch(points));
  const int64_t before = books_.WalletOf(member, row_.fact.unit).available;
  ASSIGN_OR_RETURN(const Lot* lot, books_.FindLot({row_.partition, row_.seq}));
  int64_t left = points;
  const int64_t expired = std::min(left, lot->expired);
  RETURN_IF_ERROR(Take(Account::kExpired, expired));
  left -= expired;
  const int64_t pending = std::min(left, lot->pending);
  RETURN_IF_ERROR(Take(Account::kPending, pending));
  left -= pending;
  const int64_t available = std::min(left, lot->available);
  RETURN_IF_ERROR(Take(Account::kAvailable, available));
  left -= available;

  // What was spent is recovered from the wallet's other lots, as far as they go.
  const int64_t others = std::min(left, books_.WalletOf(member, row_.fact.unit).available);
  if (others > 0) {
    ASSIGN_OR_RETURN(std::vector<Allocation> borrowed,
                     TakeFromLots(books_, member, row_.fact.unit, others));
    for (Allocation& allocation : borrowed) allocation.credit_lot = row_.seq;
    RETURN_IF_ERROR(Take(Account::kAvailable, others, std::move(borrowed)));
    left -= others;
  }
  ASSIGN_OR_RETURN(const Unit unit, books_.UnitOf(row_.fact.unit));
  const Clawback clawback = clawback_.value_or(unit.clawback);
  if (left > 0 && clawback == Clawback::kRefuse) {
    return Error(Reason::kClawbackRefused,
                 absl::StrCat(left, " of the points were spent and cannot be taken back"),
                 {{"available_points", absl::StrCat(before)}});
  }
  if (clawback == Clawback::kDebt) {
    RETURN_IF_ERROR(Take(Account::kDebt, left));
    done_.debt += left;
    left = 0;
  } else {
    const int64_t spent = std::max<int64_t>(0, lot->spent - elsewhere);
    const int64_t forgiven = std::min(left, spent);
    RETURN_IF_ERROR(Take(Account::kRedeemed, forgiven));
    done_.forgiven += forgiven;
    left -= forgiven;
  }
  done_.expired += expired;
  done_.taken += points - left;
  return points - left;
}

absl::Status Undoing::CheckMayLive(const Voucher& voucher) {
  if (!voucher.terms.one_live) return absl::OkStatus();
  ASSIGN_OR_RETURN(const MemberId whose, SurvivorOf(books_, row_.fact.member));
  // What is over by now does not live.
  RETURN_IF_ERROR(Settle(books_, whose));
  return CheckOneLives(books_, whose, voucher.id, voucher.terms);
}

absl::Status Undoing::Restore(const LotKey& lot, int64_t points, absl::Duration grace) {
  Fact fact = Undo(FactKind::kSpendReversed, row_.fact.credit, Account::kAvailable, points);
  if (IsVoucherUnit(fact.unit)) {
    fact.kind = FactKind::kVoucherReinstated;
    ASSIGN_OR_RETURN(const Voucher* voucher, VoucherOf(lot));
    if (voucher != nullptr) {
      fact.about = voucher->id.uuid;
      RETURN_IF_ERROR(CheckMayLive(*voucher));
    }
    // One whose time is over lives on in its own lot, where the rest of it comes back to, too.
    ASSIGN_OR_RETURN(const Lot* worth, books_.FindLot(lot));
    const absl::Time now = books_.recorded_at();
    if (worth->expires_at <= now) fact.hold_until = now + grace;
  }
  fact.allocations = {{lot.seq, lot.seq, points}};
  const int64_t debt = books_.WalletOf(fact.member, fact.unit).debt;
  RETURN_IF_ERROR(books_.Post(fact).status());
  RETURN_IF_ERROR(MakeGood(books_, fact, lot, grace));
  done_.repaid += books_.WalletOf(fact.member, fact.unit).debt - debt;
  return EndIfOver(books_, fact, lot, grace);
}

absl::StatusOr<int64_t> Undoing::BringBack(int64_t points) {
  ASSIGN_OR_RETURN(const Unit unit, books_.UnitOf(row_.fact.unit));
  const absl::Duration grace = absl::Hours(24) * unit.return_grace_days;
  int64_t restored = 0;
  const std::vector<Allocation>& allocations = row_.fact.allocations;
  for (auto part = allocations.rbegin(); part != allocations.rend() && restored < points; ++part) {
    const LotKey key{row_.partition, part->debit_lot};
    ASSIGN_OR_RETURN(const Lot* lot, books_.FindLot(key));
    const auto before = undone_by_lot_.find(part->debit_lot);
    const int64_t left = part->points - (before == undone_by_lot_.end() ? 0 : before->second);
    // What a reversal of the earn has forgiven meanwhile does not come back.
    const int64_t back = std::min({points - restored, left, lot->spent});
    if (back > 0) RETURN_IF_ERROR(Restore(key, back, grace));
    restored += back;
  }
  done_.restored += restored;
  return restored;
}

}  // namespace

absl::StatusOr<Reversed> Reverse(Books& books, const Reversal& reversal) {
  RETURN_IF_ERROR(Settle(books, reversal.posting.member));
  RETURN_IF_ERROR(books.Permit(reversal.posting.member, Deed::kCorrect));
  ASSIGN_OR_RETURN(std::vector<PostedRow> rows, books.RowsOf(reversal.undone));
  if (rows.empty() || rows.front().row.fact.member != reversal.posting.member) {
    return FieldError(Reason::kTransactionNotFound, "transaction_id",
                      absl::StrCat("the program has no transaction ", reversal.undone.ToString()));
  }
  if (reversal.only) {
    std::erase_if(rows,
                  [&](const PostedRow& posted) { return posted.row.fact.kind != *reversal.only; });
  }
  int64_t possible = 0;
  for (const PostedRow& posted : rows) {
    const int64_t left = posted.row.fact.points - posted.undone;
    if (Gave(posted.row) || Took(posted.row)) possible += left;
  }
  if (reversal.points < 0) {
    return FieldError(Reason::kPointsNotPositive, "points", "points to reverse are at least 1");
  }
  if (possible == 0 && reversal.at_most) return Reversed{};
  if (possible == 0) {
    return Error(Reason::kNothingToReverse, "nothing is left of this transaction to be reversed");
  }
  if (reversal.points > possible && !reversal.at_most) {
    return Error(Reason::kReversalTooLarge,
                 absl::StrCat(possible, " are left of this transaction, not ", reversal.points),
                 {{"left", absl::StrCat(possible)}});
  }
  int64_t left = reversal.points == 0 ? possible : std::min(reversal.points, possible);
  Reversed done;
  int64_t undone = 0;
  for (auto posted = rows.rbegin(); posted != rows.rend() && left > 0; ++posted) {
    const bool gave = Gave(posted->row);
    if (!gave && !Took(posted->row)) continue;
    const int64_t points = std::min(left, posted->row.fact.points - posted->undone);
    if (points == 0) continue;
    Undoing undoing(books, reversal, *posted, done);
    ASSIGN_OR_RETURN(const int64_t part,
                     gave ? undoing.TakeBack(points) : undoing.BringBack(points));
    if (gave && part > 0) {
      RETURN_IF_ERROR(TellSurvivors(books, reversal.posting, posted->row.seq, part));
    }
    undone += part;
    left -= points;
  }
  if (undone == 0 && !reversal.at_most) {
    return Error(Reason::kNothingToReverse, "nothing of this transaction can be reversed now");
  }
  // To who they became, of a member that was merged since.
  RETURN_IF_ERROR(CarryToSurvivor(books, reversal.posting));
  return done;
}

}  // namespace gratis::ledger
