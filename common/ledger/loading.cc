#include "common/ledger/loading.h"

#include <algorithm>

#include "common/ledger/ledger_sql.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger {

Head ReadHead(const pg::Row& row) {
  return {.program = row.Get<int32_t>(0),
          .seq = row.Get<int64_t>(1),
          .chain_hash = row.Get<pg::Bytes>(2).value,
          .recorded_at = row.Get<absl::Time>(3),
          .requests = row.Get<int64_t>(4),
          .names = row.Get<int64_t>(5),
          .seal = row.Get<pg::Bytes>(6).value};
}

Lot ReadLot(int32_t partition, const pg::Row& row) {
  return {.key = {partition, row.Get<int64_t>(0)},
          .member = row.Get<MemberId>(1),
          .unit = row.Get<int16_t>(2),
          .origin = static_cast<Origin>(row.Get<int16_t>(3)),
          .points = row.Get<int64_t>(4),
          .earned_at = row.Get<absl::Time>(5),
          .available_at = row.Get<absl::Time>(6),
          .expires_at = row.Get<absl::Time>(7),
          .available = row.Get<int64_t>(8),
          .pending = row.Get<int64_t>(9),
          .held = row.Get<int64_t>(10),
          .debt = row.Get<int64_t>(11),
          .spent = row.Get<int64_t>(12),
          .expired = row.Get<int64_t>(13),
          .taken = row.Get<int64_t>(14),
          .lent = row.Get<int64_t>(15),
          .borrowed = row.Get<int64_t>(16)};
}

Wallet ReadWallet(const pg::Row& row, int column) {
  return {.available = row.Get<int64_t>(column),
          .pending = row.Get<int64_t>(column + 1),
          .held = row.Get<int64_t>(column + 2),
          .debt = row.Get<int64_t>(column + 3),
          .next_due = row.Get<absl::Time>(column + 4),
          .active_at = row.Get<absl::Time>(column + 5)};
}

pg::Tx::Asked AskUnits(pg::Tx& tx, const Program& program) {
  return tx.Ask(sql::kReadUnits, program.number);
}

absl::StatusOr<std::vector<Unit>> TakeUnits(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::vector<Unit> units;
  for (const pg::Row row : rows) {
    units.push_back({.number = row.Get<int16_t>(0),
                     .version = row.Get<int32_t>(1),
                     .code = row.Get<std::string>(2),
                     .display_name = row.Get<std::string>(3),
                     .expiry = static_cast<ExpiryKind>(row.Get<int16_t>(4)),
                     .expiry_months = row.Get<int32_t>(5),
                     .expiry_month = row.Get<int32_t>(6),
                     .expiry_day = row.Get<int32_t>(7),
                     .rounding = static_cast<Rounding>(row.Get<int16_t>(8)),
                     .clawback = static_cast<Clawback>(row.Get<int16_t>(9)),
                     .transferable = row.Get<bool>(10),
                     .adjust_limit = row.Get<int64_t>(11),
                     .max_hold_hours = row.Get<int32_t>(12),
                     .return_grace_days = row.Get<int32_t>(13)});
  }
  return units;
}

std::vector<Unit> WithPoints(std::vector<Unit> units) {
  if (units.empty() || units.front().number != kPointsUnit) units.insert(units.begin(), Unit());
  return units;
}

absl::StatusOr<std::vector<Unit>> ReadUnits(pg::Tx& tx, const Program& program) {
  ASSIGN_OR_RETURN(std::vector<Unit> units, TakeUnits(tx, AskUnits(tx, program)));
  return WithPoints(std::move(units));
}

std::map<int32_t, Loading::Part> Loading::Sort() const {
  std::map<int32_t, Part> parts;
  const auto of = [&](const MemberId& member) -> Part& {
    return parts[PartitionOf(program_, member)];
  };
  // An id that names no partition of the program is of nothing there is.
  const auto place = [&](const auto& ids, auto Part::*list) {
    for (const auto& id : ids) {
      if (const auto partition = PartitionOfId(program_, id.uuid)) {
        (parts[*partition].*list).push_back(id);
      }
    }
  };
  for (const MemberId& member : wants_.members) of(member).members.push_back(member);
  for (const auto& [wallet, count] : wants_.lots) {
    Part& part = of(wallet.first);
    if (count == Wants::kAll) {
      part.all_of.push_back(wallet.first);
      part.all_units.push_back(wallet.second);
    } else {
      part.first_of.push_back(wallet.first);
      part.first_units.push_back(wallet.second);
      part.first_counts.push_back(count);
    }
  }
  for (const LotKey& lot : wants_.lot_keys) parts[lot.partition].lots.push_back(lot.seq);
  for (const LotKey& lot : wants_.makers) parts[lot.partition].made.push_back(lot.seq);
  for (const MemberId& member : wants_.member_holds) of(member).holders_of_holds.push_back(member);
  for (const MemberId& member : wants_.member_vouchers) {
    of(member).holders_of_vouchers.push_back(member);
  }
  for (const MemberId& member : wants_.departures) of(member).departed_from.push_back(member);
  place(wants_.holds, &Part::holds);
  place(wants_.transactions, &Part::transactions);
  place(wants_.vouchers, &Part::vouchers);
  // A voucher that came over with a merge keeps its id, and is where its holder is.
  std::set<int32_t> holders = posted_;
  for (const MemberId& member : wants_.members) holders.insert(PartitionOf(program_, member));
  for (const VoucherId& voucher : wants_.vouchers) {
    const auto issued = PartitionOfId(program_, voucher.uuid);
    for (const int32_t partition : holders) {
      if (issued && partition != *issued) parts[partition].vouchers.push_back(voucher);
    }
  }
  return parts;
}

void Loading::Ask() {
  if (!wants_.budgets.empty()) {
    const std::vector<BudgetId> ids(wants_.budgets.begin(), wants_.budgets.end());
    budgets_ = tx_.Ask(sql::kLockBudgets, program_.number, ids);
  }
  for (const auto& [partition, part] : Sort()) {
    if (!part.members.empty()) {
      Ask(&Loading::FillHolders, partition, sql::kReadHolders, part.members);
    }
    if (!part.first_of.empty()) {
      Ask(&Loading::FillLots, partition, sql::kReadFirstLots, part.first_of, part.first_units,
          part.first_counts);
    }
    if (!part.all_of.empty()) {
      Ask(&Loading::FillLots, partition, sql::kReadOpenLots, part.all_of, part.all_units);
    }
    if (!part.lots.empty()) {
      Ask(&Loading::FillLots, partition, sql::kReadLots, part.lots);
      Ask(&Loading::FillCovers, partition, sql::kReadCovers, part.lots);
    }
    if (!part.made.empty()) Ask(&Loading::FillMakers, partition, sql::kReadMakers, part.made);
    if (!part.holders_of_holds.empty()) {
      Ask(&Loading::FillHolds, partition, sql::kReadOpenHolds, part.holders_of_holds);
    }
    if (!part.holds.empty()) {
      Ask(&Loading::FillHolds, partition, sql::kReadHolds, part.holds);
      Ask(&Loading::FillLots, partition, sql::kReadPinnedLots, part.holds);
    }
    if (!part.transactions.empty()) {
      Ask(&Loading::FillAllocations, partition, sql::kReadAllocations, part.transactions);
      Ask(&Loading::FillUndone, partition, sql::kReadUndone, part.transactions);
      Ask(&Loading::FillRows, partition, sql::kReadTransactions, part.transactions);
    }
    if (!part.vouchers.empty()) {
      Ask(&Loading::FillVouchers, partition, sql::kReadVouchers, part.vouchers);
      Ask(&Loading::FillLots, partition, sql::kReadVoucherLots, part.vouchers);
    }
    if (!part.holders_of_vouchers.empty()) {
      Ask(&Loading::FillVouchers, partition, sql::kReadMemberVouchers, part.holders_of_vouchers);
      Ask(&Loading::FillLots, partition, sql::kReadMemberVoucherLots, part.holders_of_vouchers);
    }
    if (!part.departed_from.empty()) {
      Ask(&Loading::FillDepartures, partition, sql::kReadDepartures, part.departed_from,
          static_cast<int16_t>(FactKind::kTransferredOut));
    }
  }
  if (!wants_.names.empty()) {
    std::vector<int16_t> kinds;
    std::vector<pg::BytesView> hashes;
    for (const DirectoryKey& name : wants_.names) {
      kinds.push_back(static_cast<int16_t>(name.kind));
      hashes.push_back({name.hash});
    }
    names_ = tx_.Ask(sql::kFindDirectory, program_.number, kinds, hashes);
  }
}

absl::Status Loading::Take(Books& books) {
  if (budgets_) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(*budgets_));
    for (const pg::Row row : rows) {
      books.LoadBudget({.id = row.Get<BudgetId>(0),
                        .unit = row.Get<int16_t>(1),
                        .limit = row.Get<int64_t>(2),
                        .spent = row.Get<int64_t>(3)});
    }
  }
  for (const Asked& asked : asked_) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(asked.question));
    (this->*asked.fill)(asked.partition, rows, books);
  }
  if (names_) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(*names_));
    for (const pg::Row row : rows) {
      books.LoadEntry(
          {static_cast<DirectoryKind>(row.Get<int16_t>(0)), row.Get<pg::Bytes>(1).value},
          {row.Get<int32_t>(2), row.Get<Uuid>(3), row.Get<int64_t>(4)});
    }
  }
  books.Loaded(wants_);
  return absl::OkStatus();
}

void Loading::FillHolders(int32_t, const pg::Rows& rows, Books& books) {
  // A row for each wallet; one for a member without any.
  for (const pg::Row row : rows) {
    const auto member = row.Get<MemberId>(0);
    books.LoadHolder(member, row.Get<absl::Time>(1), static_cast<MemberState>(row.Get<int16_t>(2)),
                     {row.Get<std::optional<Uuid>>(10).value_or(Uuid{})});
    if (const auto unit = row.Get<std::optional<int16_t>>(3)) {
      books.LoadWallet(member, *unit, ReadWallet(row, 4));
    }
  }
}

void Loading::FillLots(int32_t partition, const pg::Rows& rows, Books& books) {
  for (const pg::Row row : rows) books.LoadLot(ReadLot(partition, row));
}

void Loading::FillCovers(int32_t partition, const pg::Rows& rows, Books& books) {
  for (const pg::Row row : rows) {
    books.LoadCover(partition, {row.Get<int64_t>(0), row.Get<int64_t>(1), row.Get<int64_t>(2)});
  }
}

void Loading::FillHolds(int32_t, const pg::Rows& rows, Books& books) {
  std::map<HoldId, Hold> holds;
  for (const pg::Row row : rows) {
    Hold& hold = holds[row.Get<HoldId>(0)];
    hold.id = row.Get<HoldId>(0);
    hold.member = row.Get<MemberId>(1);
    hold.unit = row.Get<int16_t>(2);
    hold.points = row.Get<int64_t>(3);
    hold.placed_at = row.Get<absl::Time>(4);
    hold.expires_at = row.Get<absl::Time>(5);
    hold.pins[row.Get<int64_t>(6)] = row.Get<int64_t>(7);
  }
  for (auto& [id, hold] : holds) books.LoadHold(std::move(hold));
}

void Loading::FillAllocations(int32_t partition, const pg::Rows& rows, Books&) {
  for (const pg::Row row : rows) {
    allocations_[{partition, row.Get<int64_t>(0)}].push_back(
        {row.Get<int64_t>(1), row.Get<int64_t>(2), row.Get<int64_t>(3)});
  }
}

void Loading::FillUndone(int32_t partition, const pg::Rows& rows, Books&) {
  for (const pg::Row row : rows) {
    undone_by_lot_[{partition, row.Get<int64_t>(0)}][row.Get<int64_t>(1)] = row.Get<int64_t>(2);
  }
}

void Loading::FillRows(int32_t partition, const pg::Rows& rows, Books& books) {
  for (const pg::Row row : rows) {
    PostedRow posted{.row = ReadJournalRow(row), .undone = row.Get<int64_t>(kJournalColumns)};
    const auto parts = allocations_.find({partition, posted.row.seq});
    if (parts != allocations_.end()) posted.row.fact.allocations = parts->second;
    const auto undone = undone_by_lot_.find({partition, posted.row.seq});
    if (undone != undone_by_lot_.end()) posted.undone_by_lot = undone->second;
    books.LoadRow(std::move(posted));
  }
}

void Loading::FillVouchers(int32_t partition, const pg::Rows& rows, Books& books) {
  for (const pg::Row row : rows) books.LoadVoucher(ReadVoucher(partition, row));
}

void Loading::FillDepartures(int32_t, const pg::Rows& rows, Books& books) {
  for (const pg::Row row : rows) {
    books.LoadDeparture(row.Get<MemberId>(0), row.Get<int64_t>(1),
                        {row.Get<int64_t>(2), row.Get<std::string>(3)});
  }
}

void Loading::FillMakers(int32_t partition, const pg::Rows& rows, Books& books) {
  for (const pg::Row row : rows) {
    books.LoadMaker({partition, row.Get<int64_t>(0)}, row.Get<Uuid>(1));
  }
}

Voucher ReadVoucher(int32_t partition, const pg::Row& row) {
  return {.id = row.Get<VoucherId>(0),
          .member = row.Get<MemberId>(1),
          .lot = {partition, row.Get<int64_t>(2)},
          .terms = {.kind = static_cast<VoucherKind>(row.Get<int16_t>(3)),
                    .basis_points = row.Get<int32_t>(4),
                    .item = row.Get<std::string>(5),
                    .origin = row.Get<std::string>(6),
                    .one_live = row.Get<bool>(7)}};
}

}  // namespace gratis::ledger
