#include "services/messages/redemptions.h"

#include <algorithm>
#include <utility>

#include "common/ledger/books.h"
#include "common/ledger/reads.h"
#include "common/ledger/unit.h"
#include "common/status/macros.h"
#include "services/messages/engagement_store.h"

namespace gratis::messages {
namespace {

using ledger::FactKind;

struct Counted {
  bool undone = false;
  RedeemedPart part;
};

// The voucher whose lot it is; empty if there is none.
absl::StatusOr<std::string> VoucherOf(ledger::Books& books, const ledger::JournalRow& row,
                                      int64_t lot) {
  // Of a capture the row is about the hold.
  if (row.fact.kind != FactKind::kHoldCaptured) return VoucherId{row.fact.about}.ToString();
  ASSIGN_OR_RETURN(const ledger::Voucher* voucher, books.FindVoucherOf({row.partition, lot}));
  return voucher == nullptr ? std::string() : voucher->id.ToString();
}

// The lots that a row falls onto: a row that the feed reads does not say.
absl::Status AddParts(ledger::Books& books, const ledger::JournalRow& row,
                      std::vector<Counted>& counted) {
  ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> posted, books.RowsOf(row.fact.transaction));
  for (const ledger::PostedRow& one : posted) {
    if (one.row.partition != row.partition || one.row.seq != row.seq) continue;
    const bool undone = row.fact.undoes != 0;
    for (const ledger::Allocation& allocation : one.row.fact.allocations) {
      RedeemedPart part{.member = row.fact.member,
                        .seq = undone ? row.fact.undoes : row.seq,
                        .redeemed_at = row.recorded_at,
                        .points = allocation.points};
      if (ledger::IsVoucherUnit(row.fact.unit)) {
        ASSIGN_OR_RETURN(part.voucher, VoucherOf(books, row, allocation.debit_lot));
      } else {
        part.lot = allocation.debit_lot;
      }
      counted.push_back({undone, std::move(part)});
    }
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<FactKind>& RedemptionKinds() {
  static const std::vector<FactKind> kKinds = {FactKind::kSpend, FactKind::kHoldCaptured,
                                               FactKind::kVoucherRedeemed, FactKind::kSpendReversed,
                                               FactKind::kVoucherReinstated};
  return kKinds;
}

bool IsRedemption(FactKind kind) {
  const std::vector<FactKind>& kinds = RedemptionKinds();
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

absl::Status CountRedemptions(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                              absl::Span<const ledger::JournalRow> rows, absl::Time now) {
  const auto redeems = [](const ledger::JournalRow& row) { return IsRedemption(row.fact.kind); };
  if (std::none_of(rows.begin(), rows.end(), redeems)) return absl::OkStatus();
  std::vector<Counted> counted;
  RETURN_IF_ERROR(ledger::LookAtBooks(tx, program, now, [&](ledger::Books& books) -> absl::Status {
    counted.clear();
    absl::Status lacking;
    for (const ledger::JournalRow& row : rows) {
      if (redeems(row)) lacking.Update(AddParts(books, row, counted));
    }
    return lacking;
  }));
  for (const Counted& one : counted) {
    if (one.undone) {
      UndoRedemption(tx, partition, one.part);
    } else if (one.part.lot != 0 || !one.part.voucher.empty()) {
      NoteRedemption(tx, partition, one.part);
    }
  }
  return absl::OkStatus();
}

}  // namespace gratis::messages
