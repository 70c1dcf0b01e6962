#include "common/ledger/writing.h"

#include <optional>
#include <set>

#include "common/ledger/adjustments.h"
#include "common/ledger/chain.h"
#include "common/ledger/ledger_sql.h"

namespace gratis::ledger {
namespace {

// The columns of lots on their way.
struct LotColumns {
  std::vector<int64_t> seqs, points, available, pending, held, debt, spent, expired, taken, lent,
      borrowed;
  std::vector<MemberId> members;
  std::vector<int16_t> units, origins;
  std::vector<absl::Time> earned_at, available_at, expires_at;
  std::vector<bool> open;

  void Add(const Lot& lot) {
    seqs.push_back(lot.key.seq);
    points.push_back(lot.points);
    available.push_back(lot.available);
    pending.push_back(lot.pending);
    held.push_back(lot.held);
    debt.push_back(lot.debt);
    spent.push_back(lot.spent);
    expired.push_back(lot.expired);
    taken.push_back(lot.taken);
    lent.push_back(lot.lent);
    borrowed.push_back(lot.borrowed);
    members.push_back(lot.member);
    units.push_back(lot.unit);
    origins.push_back(static_cast<int16_t>(lot.origin));
    earned_at.push_back(lot.earned_at);
    available_at.push_back(lot.available_at);
    expires_at.push_back(lot.expires_at);
    open.push_back(lot.open());
  }
};

// Writes what touches one partition.
class StateWriter {
 public:
  StateWriter(pg::Tx& tx, const Books& books) : tx_(tx), books_(books) {
    const std::vector<JournalRow>& rows = books.rows();
    for (const JournalRow& row : rows) {
      if (row.fact.lot) new_lots_.insert({row.partition, row.seq});
    }
  }

  void WriteHolders();
  void WriteWallets();
  void WriteLots();
  void WriteCovers();
  void WriteHolds();
  void WriteVouchers();
  void WriteAdjustments();
  void WriteAccounts();
  void WriteLimits();
  void WriteBudgets();

 private:
  int32_t PartitionOfMember(const MemberId& member) const {
    return PartitionOf(books_.program(), member);
  }

  pg::Tx& tx_;
  const Books& books_;
  std::set<LotKey> new_lots_;
};

void StateWriter::WriteHolders() {
  struct Columns {
    std::vector<MemberId> members;
    std::vector<absl::Time> enrolled_at;
    std::vector<int16_t> states;
    std::vector<std::optional<Uuid>> survivors;
  };
  std::map<int32_t, Columns> made, changed;
  const auto add = [&](std::map<int32_t, Columns>& parts, const MemberId& member) {
    Columns& part = parts[PartitionOfMember(member)];
    const Holder& holder = *books_.FindHolder(member);
    part.members.push_back(member);
    part.enrolled_at.push_back(holder.enrolled_at);
    part.states.push_back(static_cast<int16_t>(holder.state));
    const Uuid& survivor = holder.survivor.uuid;
    part.survivors.push_back(survivor.IsNil() ? std::nullopt : std::optional(survivor));
  };
  std::set<MemberId> touched = books_.touched_holders();
  for (const MemberId& member : books_.new_holders()) {
    add(made, member);
    touched.erase(member);
  }
  for (const MemberId& member : touched) add(changed, member);
  for (const auto& [partition, part] : made) {
    tx_.Send(sql::kInsertHolders, partition, part.members, part.enrolled_at, part.states,
             part.survivors);
  }
  for (const auto& [partition, part] : changed) {
    tx_.Send(sql::kUpdateHolders, partition, part.members, part.states, part.survivors);
  }
}

void StateWriter::WriteWallets() {
  struct Columns {
    std::vector<MemberId> members;
    std::vector<int16_t> units;
    std::vector<int64_t> available, pending, held, debt;
    std::vector<absl::Time> next_due, active_at;
  };
  std::map<int32_t, Columns> made, changed;
  for (const auto& [member, unit] : books_.touched_wallets()) {
    const Wallet wallet = books_.WalletOf(member, unit);
    if (wallet == Wallet{}) continue;  // touched by what was refused, and not there before
    Columns& part = (books_.is_stored(member, unit) ? changed : made)[PartitionOfMember(member)];
    part.members.push_back(member);
    part.units.push_back(unit);
    part.available.push_back(wallet.available);
    part.pending.push_back(wallet.pending);
    part.held.push_back(wallet.held);
    part.debt.push_back(wallet.debt);
    part.next_due.push_back(wallet.next_due);
    part.active_at.push_back(wallet.active_at);
  }
  const auto send = [&](const pg::Query& query, const std::map<int32_t, Columns>& parts) {
    for (const auto& [partition, part] : parts) {
      tx_.Send(query, partition, part.members, part.units, part.available, part.pending, part.held,
               part.debt, part.next_due, part.active_at);
    }
  };
  send(sql::kInsertWallets, made);
  send(sql::kUpdateWallets, changed);
}

void StateWriter::WriteLots() {
  std::map<int32_t, LotColumns> made, changed;
  for (const LotKey& key : books_.touched_lots()) {
    const Lot* lot = books_.PeekLot(key);
    if (lot == nullptr) continue;  // made by what was refused
    (new_lots_.count(key) ? made : changed)[key.partition].Add(*lot);
  }
  for (const auto& [partition, lots] : made) {
    tx_.Send(sql::kInsertLots, partition, lots.seqs, lots.members, lots.units, lots.origins,
             lots.points, lots.earned_at, lots.available_at, lots.expires_at, lots.available,
             lots.pending, lots.held, lots.debt, lots.spent, lots.expired, lots.taken, lots.lent,
             lots.borrowed, lots.open);
  }
  for (const auto& [partition, lots] : changed) {
    tx_.Send(sql::kUpdateLots, partition, lots.seqs, lots.available, lots.pending, lots.held,
             lots.debt, lots.spent, lots.expired, lots.taken, lots.lent, lots.borrowed, lots.open,
             lots.expires_at);
  }
}

void StateWriter::WriteCovers() {
  struct Columns {
    std::vector<int64_t> borrowers, lenders, points;
  };
  std::map<int32_t, Columns> parts;
  for (const Books::CoverKey& key : books_.touched_covers()) {
    const std::optional<int64_t> points = books_.PeekCover(key);
    if (!points) continue;  // made by what was refused
    Columns& part = parts[key.partition];
    part.borrowers.push_back(key.borrower);
    part.lenders.push_back(key.lender);
    part.points.push_back(*points);
  }
  for (const auto& [partition, part] : parts) {
    tx_.Send(sql::kWriteCovers, partition, part.borrowers, part.lenders, part.points);
  }
}

void StateWriter::WriteHolds() {
  struct Columns {
    std::vector<HoldId> holds, pinned_by;
    std::vector<MemberId> members;
    std::vector<int16_t> units;
    std::vector<int64_t> points, lots, pinned;
    std::vector<absl::Time> placed_at, expires_at;
    std::vector<bool> open;
  };
  std::map<int32_t, Columns> parts;
  for (const HoldId& id : books_.touched_holds()) {
    const Hold* hold = books_.PeekHold(id);
    if (hold == nullptr) continue;
    Columns& part = parts[PartitionOfMember(hold->member)];
    part.holds.push_back(id);
    part.members.push_back(hold->member);
    part.units.push_back(hold->unit);
    part.points.push_back(hold->points);
    part.placed_at.push_back(hold->placed_at);
    part.expires_at.push_back(hold->expires_at);
    part.open.push_back(hold->held() > 0);
    for (const auto& [lot, points] : hold->pins) {
      part.pinned_by.push_back(id);
      part.lots.push_back(lot);
      part.pinned.push_back(points);
    }
  }
  for (const auto& [partition, part] : parts) {
    tx_.Send(sql::kWriteHolds, partition, part.holds, part.members, part.units, part.points,
             part.placed_at, part.expires_at, part.open);
    tx_.Send(sql::kWritePins, partition, part.pinned_by, part.lots, part.pinned);
  }
}

void StateWriter::WriteVouchers() {
  struct Columns {
    std::vector<VoucherId> vouchers;
    std::vector<MemberId> members;
    std::vector<int64_t> lots;
    std::vector<int16_t> kinds;
    std::vector<int32_t> basis_points;
    std::vector<std::string_view> items, origins;
    std::vector<bool> one_live;
  };
  std::map<int32_t, Columns> parts;
  for (const auto& [id, partition] : books_.new_vouchers()) {
    const Voucher& voucher = *books_.PeekVoucher(id, partition);
    Columns& part = parts[partition];
    part.vouchers.push_back(id);
    part.members.push_back(voucher.member);
    part.lots.push_back(voucher.lot.seq);
    part.kinds.push_back(static_cast<int16_t>(voucher.terms.kind));
    part.basis_points.push_back(voucher.terms.basis_points);
    part.items.push_back(voucher.terms.item);
    part.origins.push_back(voucher.terms.origin);
    part.one_live.push_back(voucher.terms.one_live);
  }
  for (const auto& [partition, part] : parts) {
    tx_.Send(sql::kInsertVouchers, partition, part.vouchers, part.members, part.lots, part.kinds,
             part.basis_points, part.items, part.origins, part.one_live);
  }
}

void StateWriter::WriteAdjustments() {
  struct Columns {
    std::vector<AdjustmentId> asked, resolved;
    std::vector<int64_t> seqs;
  };
  std::map<int32_t, Columns> parts;
  for (const JournalRow& row : books_.rows()) {
    const Fact& fact = row.fact;
    if (fact.kind == FactKind::kAdjustmentRequested) {
      parts[row.partition].asked.push_back({fact.about});
      parts[row.partition].seqs.push_back(row.seq);
    } else if (ResolvesAdjustment(fact)) {
      parts[row.partition].resolved.push_back({fact.about});
    }
  }
  for (const auto& [partition, part] : parts) {
    if (!part.asked.empty()) {
      tx_.Send(sql::kInsertAdjustments, partition, part.asked, part.seqs, books_.recorded_at());
    }
    if (!part.resolved.empty()) tx_.Send(sql::kResolveAdjustments, partition, part.resolved);
  }
}

void StateWriter::WriteAccounts() {
  std::set<Books::AccountKey> moved;
  for (const JournalRow& row : books_.rows()) {
    const Fact& fact = row.fact;
    for (const Account account : {fact.debit, fact.credit}) {
      if (account == Account::kNone || IsMembers(account)) continue;
      moved.insert({row.partition, fact.unit, account});
    }
  }
  struct Columns {
    std::vector<int16_t> units, accounts;
    std::vector<int64_t> points;
  };
  std::map<int32_t, Columns> made, changed;
  for (const Books::AccountKey& key : moved) {
    Columns& part = (books_.is_stored(key) ? changed : made)[key.partition];
    part.units.push_back(key.unit);
    part.accounts.push_back(static_cast<int16_t>(key.account));
    part.points.push_back(books_.accounts().at(key));
  }
  const auto send = [&](const pg::Query& query, const std::map<int32_t, Columns>& parts) {
    for (const auto& [partition, part] : parts) {
      tx_.Send(query, partition, part.units, part.accounts, part.points);
    }
  };
  send(sql::kInsertAccounts, made);
  send(sql::kUpdateAccounts, changed);
}

void StateWriter::WriteLimits() {
  std::vector<BudgetId> ids;
  std::vector<std::string_view> codes;
  std::vector<int16_t> units;
  std::vector<int64_t> limits;
  for (const auto& [id, set] : books_.set_budgets()) {
    if (!set) continue;
    ids.push_back(id);
    codes.push_back(set->code);
    units.push_back(set->budget.unit);
    limits.push_back(set->budget.limit);
  }
  if (ids.empty()) return;
  tx_.Send(sql::kWriteBudgetLimits, books_.program().number, ids, codes, units, limits);
}

void StateWriter::WriteBudgets() {
  std::map<int32_t, std::pair<std::vector<BudgetId>, std::vector<int64_t>>> parts;
  // Even when rows come to nothing together; but not when only what was refused has drawn.
  std::set<std::pair<int32_t, BudgetId>> drawn;
  for (const JournalRow& row : books_.rows()) {
    if (row.fact.debit == Account::kNone || row.fact.budget.IsNil()) continue;
    drawn.insert({row.partition, row.fact.budget});
  }
  std::set<BudgetId> drawn_on;
  for (const auto& key : drawn) {
    parts[key.first].first.push_back(key.second);
    parts[key.first].second.push_back(books_.draws().at(key));
    drawn_on.insert(key.second);
  }
  for (const auto& [partition, part] : parts) {
    tx_.Send(sql::kWriteBudgetDraws, partition, part.first, part.second);
  }
  std::vector<BudgetId> ids;
  std::vector<int64_t> spent;
  for (const BudgetId& id : drawn_on) {
    ids.push_back(id);
    spent.push_back(books_.budgets().at(id)->spent);
  }
  if (!ids.empty()) tx_.Send(sql::kWriteBudgets, books_.program().number, ids, spent);
}

}  // namespace

void WriteState(pg::Tx& tx, const Books& books) {
  StateWriter writer(tx, books);
  writer.WriteHolders();
  writer.WriteWallets();
  writer.WriteLots();
  writer.WriteCovers();
  writer.WriteHolds();
  writer.WriteVouchers();
  writer.WriteAdjustments();
  writer.WriteAccounts();
  writer.WriteLimits();
  writer.WriteBudgets();
}

void WriteJournal(pg::Tx& tx, int32_t partition, const std::vector<const JournalRow*>& rows,
                  std::string_view chain_key, absl::Time recorded_at, Head& head) {
  std::vector<int64_t> seqs, points, debits_after, credits_after;
  std::vector<TransactionId> transactions;
  std::vector<int16_t> kinds, units, debits, credits;
  std::vector<std::optional<MemberId>> members;
  std::vector<absl::Time> effective;
  std::vector<std::string_view> actors, sources, details;
  std::vector<std::optional<Uuid>> about, budgets;
  std::vector<std::optional<int64_t>> undoes;
  std::vector<std::optional<int16_t>> origins;
  std::vector<std::optional<absl::Time>> earned_at, available_at, expires_at;
  std::vector<int64_t> part_seqs, debit_lots, credit_lots, part_points;
  std::vector<int32_t> ordinals;
  BlockHash hash(chain_key, head.chain_hash);
  const auto unless_nil = [](const Uuid& id) {
    return id.IsNil() ? std::nullopt : std::optional(id);
  };
  for (const JournalRow* row : rows) {
    const Fact& fact = row->fact;
    hash.Add(*row);
    seqs.push_back(row->seq);
    transactions.push_back(fact.transaction);
    kinds.push_back(static_cast<int16_t>(fact.kind));
    members.push_back(fact.member.IsNil() ? std::nullopt : std::optional(fact.member));
    units.push_back(fact.unit);
    points.push_back(fact.points);
    debits.push_back(static_cast<int16_t>(fact.debit));
    credits.push_back(static_cast<int16_t>(fact.credit));
    debits_after.push_back(row->debit_after);
    credits_after.push_back(row->credit_after);
    effective.push_back(fact.effective_at);
    actors.push_back(row->actor);
    sources.push_back(fact.source);
    details.push_back(fact.detail);
    about.push_back(unless_nil(fact.about));
    budgets.push_back(unless_nil(fact.budget.uuid));
    undoes.push_back(fact.undoes == 0 ? std::nullopt : std::optional(fact.undoes));
    origins.emplace_back();
    earned_at.emplace_back();
    available_at.emplace_back();
    expires_at.push_back(fact.hold_until);
    if (fact.lot) {
      origins.back() = static_cast<int16_t>(fact.lot->origin);
      earned_at.back() = fact.lot->earned_at;
      available_at.back() = fact.lot->available_at;
      expires_at.back() = fact.lot->expires_at;
    }
    int32_t ordinal = 0;
    for (const Allocation& part : fact.allocations) {
      part_seqs.push_back(row->seq);
      ordinals.push_back(++ordinal);
      debit_lots.push_back(part.debit_lot);
      credit_lots.push_back(part.credit_lot);
      part_points.push_back(part.points);
    }
  }
  tx.Send(sql::kInsertJournal, partition, recorded_at, seqs, transactions, kinds, members, units,
          points, debits, credits, debits_after, credits_after, effective, actors, sources, details,
          about, budgets, undoes, origins, earned_at, available_at, expires_at);
  if (!part_seqs.empty()) {
    tx.Send(sql::kInsertAllocations, partition, part_seqs, ordinals, debit_lots, credit_lots,
            part_points);
  }
  head.seq = seqs.back();
  head.chain_hash = std::string(base::AsBytes(hash.Finish()));
  head.recorded_at = recorded_at;
}

void WriteHead(pg::Tx& tx, int32_t partition, const Head& head, std::optional<int64_t> block_from,
               Sealer& sealer) {
  const std::string seal = sealer.Seal(partition, head);
  const pg::BytesView chain_hash{head.chain_hash};
  if (block_from) {
    tx.Send(sql::kWriteBlockAndHead, partition, head.seq, chain_hash, head.recorded_at,
            head.requests, head.names, pg::BytesView{seal}, *block_from);
  } else {
    tx.Send(sql::kWriteHead, partition, head.seq, chain_hash, head.recorded_at, head.requests,
            head.names, pg::BytesView{seal});
  }
}

void WriteUnit(pg::Tx& tx, const Program& program, const Unit& unit) {
  tx.Send(sql::kWriteUnit, program.number, unit.number, unit.version, unit.code, unit.display_name,
          static_cast<int16_t>(unit.expiry), unit.expiry_months, unit.expiry_month, unit.expiry_day,
          static_cast<int16_t>(unit.rounding), static_cast<int16_t>(unit.clawback),
          unit.transferable, unit.adjust_limit, unit.max_hold_hours, unit.return_grace_days);
}

}  // namespace gratis::ledger
