#include "common/ledger/verify.h"

#include <deque>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/ledger/audit.h"
#include "common/ledger/budgets.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/reads.h"
#include "common/ledger/sealed.h"
#include "common/ledger/shared_books.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

// How often the end that moved on while reading is read again before the snapshot takes the rest.
constexpr int kMaxChases = 10;

// The id that sorts next after `uuid`; nothing after the last one.
std::optional<Uuid> Successor(Uuid uuid) {
  for (size_t i = uuid.bytes.size(); i-- > 0;) {
    if (++uuid.bytes[i] != 0) return uuid;
  }
  return std::nullopt;
}

// Whether a row of the journal has something in place of none, or something left out, as
// ReadJournalRow cannot tell.
bool IsOdd(const pg::Row& row) {
  const auto is = [&row](int column, const auto& value) {
    return row.Get<std::optional<std::decay_t<decltype(value)>>>(column) == value;
  };
  if (is(4, Uuid{}) || is(16, Uuid{}) || is(17, Uuid{}) || is(18, int64_t{0})) return true;
  const bool lot = row.Get<std::optional<int16_t>>(19).has_value();
  for (const int column : {20, 21}) {
    if (row.Get<std::optional<absl::Time>>(column).has_value() != lot) return true;
  }
  return lot && !row.Get<std::optional<absl::Time>>(22);
}

// Feeds one partition's stored books to an audit, page by page.
class Reader {
 public:
  Reader(const Program& program, int32_t partition, const VerifyOptions& options, Audit& audit)
      : program_(program), partition_(partition), page_rows_(options.page_rows), audit_(audit) {}

  int64_t rows_until() const { return rows_until_; }

  absl::StatusOr<std::optional<Head>> ReadHead(pg::Tx& tx);
  // The next page of rows up to `end`, and the blocks that begin with them. False when there are no
  // more.
  absl::StatusOr<bool> ReadPage(pg::Tx& tx, int64_t end);
  // Everything that is not the journal, in the snapshot of `tx`.
  absl::Status ReadState(pg::Tx& tx, const Head& head);
  // What finance set down in the program, whose first partition this is.
  absl::Status ReadSetDown(pg::Tx& tx, const Program& program);

 private:
  absl::StatusOr<const StoredBlock*> NextBlock(pg::Tx& tx, int64_t end);
  absl::Status ReadStrays(pg::Tx& tx, int64_t head_seq);
  absl::Status ReadHolders(pg::Tx& tx);
  absl::Status ReadLots(pg::Tx& tx);
  absl::Status ReadHolds(pg::Tx& tx);
  absl::Status ReadVouchers(pg::Tx& tx);
  absl::Status ReadAdjustments(pg::Tx& tx);
  absl::Status ReadBudgets(pg::Tx& tx);
  absl::Status ReadWallets(pg::Tx& tx);
  // What concerns the whole program, and the house.
  absl::Status ReadSettings(pg::Tx& tx);
  absl::Status ReadPrograms(pg::Tx& tx);

  const Program& program_;
  const int32_t partition_;
  const int64_t page_rows_;
  Audit& audit_;
  int64_t rows_until_ = 0;    // rows up to here are read
  int64_t blocks_until_ = 0;  // and blocks, of which these wait for their rows:
  std::deque<StoredBlock> blocks_;
};

absl::StatusOr<std::optional<Head>> Reader::ReadHead(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadHead, partition_));
  if (rows.empty()) return std::optional<Head>();
  return std::optional(ledger::ReadHead(rows[0]));
}

absl::StatusOr<const StoredBlock*> Reader::NextBlock(pg::Tx& tx, int64_t end) {
  if (blocks_.empty() && blocks_until_ < end) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kPageBlocks, partition_, blocks_until_, end, page_rows_));
    for (const pg::Row row : rows) {
      blocks_.push_back({row.Get<int64_t>(0), row.Get<int64_t>(1), row.Get<pg::Bytes>(2).value});
    }
    blocks_until_ = rows.size() < page_rows_ ? end : blocks_.back().last_seq;
  }
  return blocks_.empty() ? nullptr : &blocks_.front();
}

absl::StatusOr<bool> Reader::ReadPage(pg::Tx& tx, int64_t end) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kPageJournal, partition_, rows_until_, end, page_rows_));
  const bool more = rows.size() == page_rows_;
  const int64_t until = more ? rows[rows.size() - 1].Get<int64_t>(1) : end;
  ASSIGN_OR_RETURN(const pg::Rows parts,
                   tx.Run(sql::kPageAllocations, partition_, rows_until_, until));
  int part = 0;
  for (const pg::Row row : rows) {
    JournalRow journal = ReadJournalRow(row);
    for (; part < parts.size() && parts[part].Get<int64_t>(0) <= journal.seq; ++part) {
      const pg::Row stored = parts[part];
      journal.fact.allocations.push_back(
          {stored.Get<int64_t>(1), stored.Get<int64_t>(2), stored.Get<int64_t>(3)});
      const auto ordinal = static_cast<size_t>(stored.Get<int32_t>(4));
      if (stored.Get<int64_t>(0) == journal.seq && ordinal == journal.fact.allocations.size()) {
        continue;
      }
      audit_.AddStrayAllocation(stored.Get<int64_t>(0), stored.Get<int32_t>(4));
      if (stored.Get<int64_t>(0) != journal.seq) journal.fact.allocations.pop_back();
    }
    ASSIGN_OR_RETURN(const StoredBlock* block, NextBlock(tx, end));
    while (block != nullptr && block->first_seq <= journal.seq) {
      audit_.AddBlock(*block);
      blocks_.pop_front();
      ASSIGN_OR_RETURN(block, NextBlock(tx, end));
    }
    audit_.AddRow(journal);
    if (IsOdd(row)) audit_.AddOddRow(journal.seq);
    rows_until_ = journal.seq;
  }
  for (; part < parts.size(); ++part) {
    audit_.AddStrayAllocation(parts[part].Get<int64_t>(0), parts[part].Get<int32_t>(4));
  }
  return more;
}

absl::Status Reader::ReadStrays(pg::Tx& tx, int64_t head_seq) {
  for (const StoredBlock& block : blocks_) audit_.AddBlock(block);
  blocks_.clear();
  const int64_t limit = kMaxDamages;
  const pg::Tx::Asked blocks = tx.Ask(sql::kFindStrayBlocks, partition_, head_seq, limit);
  const pg::Tx::Asked parts = tx.Ask(sql::kFindStrayAllocations, partition_, head_seq, limit);
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindStrayRows, partition_, head_seq, limit));
  for (const pg::Row row : rows) audit_.AddStrayRow(row.Get<int64_t>(0));
  ASSIGN_OR_RETURN(const pg::Rows block_rows, tx.Take(blocks));
  for (const pg::Row row : block_rows) audit_.AddStrayBlock(row.Get<int64_t>(0));
  ASSIGN_OR_RETURN(const pg::Rows part_rows, tx.Take(parts));
  for (const pg::Row row : part_rows) {
    audit_.AddStrayAllocation(row.Get<int64_t>(0), row.Get<int32_t>(1));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadHolders(pg::Tx& tx) {
  std::optional<Uuid> next = Uuid{};
  while (next) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kPageHolders, partition_, *next, page_rows_));
    for (const pg::Row row : rows) {
      audit_.AddHolder(row.Get<MemberId>(0), row.Get<absl::Time>(1),
                       static_cast<MemberState>(row.Get<int16_t>(2)),
                       row.Get<std::optional<MemberId>>(3));
    }
    if (rows.size() < page_rows_) return absl::OkStatus();
    next = Successor(rows[rows.size() - 1].Get<Uuid>(0));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadLots(pg::Tx& tx) {
  int64_t after = std::numeric_limits<int64_t>::min();
  while (true) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kPageLots, partition_, after, page_rows_));
    for (const pg::Row row : rows) audit_.AddLot(ReadLot(partition_, row), row.Get<bool>(17));
    if (rows.size() < page_rows_) return absl::OkStatus();
    after = rows[rows.size() - 1].Get<int64_t>(0);
  }
}

absl::Status Reader::ReadHolds(pg::Tx& tx) {
  std::optional<Uuid> next = Uuid{};
  while (next) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kPageHolds, partition_, *next, page_rows_));
    ASSIGN_OR_RETURN(
        const pg::Rows pins,
        tx.Run(sql::kPagePins, partition_, *next,
               rows.size() < page_rows_ ? Uuid::Last() : rows[rows.size() - 1].Get<Uuid>(0)));
    int pin = 0;
    for (const pg::Row row : rows) {
      Hold hold{.id = row.Get<HoldId>(0),
                .member = row.Get<MemberId>(1),
                .unit = row.Get<int16_t>(2),
                .points = row.Get<int64_t>(3),
                .placed_at = row.Get<absl::Time>(4),
                .expires_at = row.Get<absl::Time>(5)};
      for (; pin < pins.size() && pins[pin].Get<HoldId>(0) <= hold.id; ++pin) {
        const HoldId holder = pins[pin].Get<HoldId>(0);
        const auto lot = pins[pin].Get<int64_t>(1);
        if (holder < hold.id) {
          audit_.AddStrayPin(holder, lot);
        } else {
          hold.pins[lot] = pins[pin].Get<int64_t>(2);
        }
      }
      audit_.AddHold(hold, row.Get<bool>(6));
    }
    for (; pin < pins.size(); ++pin) {
      audit_.AddStrayPin(pins[pin].Get<HoldId>(0), pins[pin].Get<int64_t>(1));
    }
    if (rows.size() < page_rows_) return absl::OkStatus();
    next = Successor(rows[rows.size() - 1].Get<Uuid>(0));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadVouchers(pg::Tx& tx) {
  std::optional<Uuid> next = Uuid{};
  while (next) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kPageVouchers, partition_, *next, page_rows_));
    for (const pg::Row row : rows) audit_.AddVoucher(ReadVoucher(partition_, row));
    if (rows.size() < page_rows_) return absl::OkStatus();
    next = Successor(rows[rows.size() - 1].Get<Uuid>(0));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadAdjustments(pg::Tx& tx) {
  std::optional<Uuid> next = Uuid{};
  while (next) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kPageAdjustments, partition_, *next, page_rows_));
    for (const pg::Row row : rows) {
      audit_.AddAdjustment(row.Get<AdjustmentId>(0), {.seq = row.Get<int64_t>(1),
                                                      .asked_at = row.Get<absl::Time>(2),
                                                      .open = row.Get<bool>(3)});
    }
    if (rows.size() < page_rows_) return absl::OkStatus();
    next = Successor(rows[rows.size() - 1].Get<Uuid>(0));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadBudgets(pg::Tx& tx) {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<NamedBudget> budgets,
                     ListBudgets(tx, program_, after, static_cast<int32_t>(page_rows_)));
    for (const NamedBudget& budget : budgets) audit_.AddBudget(budget);
    if (static_cast<int64_t>(budgets.size()) < page_rows_) return absl::OkStatus();
    after = budgets.back().code;
  }
}

absl::Status Reader::ReadWallets(pg::Tx& tx) {
  MemberId member{};
  int16_t unit = std::numeric_limits<int16_t>::min();
  while (true) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kPageWallets, partition_, member, unit, page_rows_));
    for (const pg::Row row : rows) {
      member = row.Get<MemberId>(0);
      unit = row.Get<int16_t>(1);
      audit_.AddWallet(member, unit, ReadWallet(row, 2));
    }
    if (rows.size() < page_rows_) return absl::OkStatus();
  }
}

absl::Status Reader::ReadState(pg::Tx& tx, const Head& head) {
  RETURN_IF_ERROR(ReadStrays(tx, head.seq));
  audit_.AddHead(head);
  RETURN_IF_ERROR(ReadHolders(tx));
  RETURN_IF_ERROR(ReadWallets(tx));
  RETURN_IF_ERROR(ReadLots(tx));
  RETURN_IF_ERROR(ReadHolds(tx));
  RETURN_IF_ERROR(ReadVouchers(tx));
  RETURN_IF_ERROR(ReadAdjustments(tx));
  ASSIGN_OR_RETURN(const pg::Rows covers, tx.Run(sql::kListCovers, partition_));
  for (const pg::Row row : covers) {
    audit_.AddCover({row.Get<int64_t>(0), row.Get<int64_t>(1), row.Get<int64_t>(2)});
  }
  ASSIGN_OR_RETURN(const pg::Rows accounts, tx.Run(sql::kReadAccounts, partition_));
  for (const pg::Row row : accounts) {
    audit_.AddAccount(row.Get<int16_t>(0), static_cast<Account>(row.Get<int16_t>(1)),
                      row.Get<int64_t>(2));
  }
  ASSIGN_OR_RETURN(const pg::Rows draws, tx.Run(sql::kListBudgetDraws, partition_));
  for (const pg::Row row : draws) audit_.AddBudgetDraw(row.Get<BudgetId>(0), row.Get<int64_t>(1));
  if (partition_ == program_.first_partition) RETURN_IF_ERROR(ReadSettings(tx));
  return program_.number == kHouseProgram ? ReadPrograms(tx) : absl::OkStatus();
}

absl::Status Reader::ReadSettings(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const std::vector<Unit> units, TakeUnits(tx, AskUnits(tx, program_)));
  for (const Unit& unit : units) audit_.AddUnit(unit);
  return ReadBudgets(tx);
}

absl::Status Reader::ReadPrograms(pg::Tx& tx) {
  int32_t after = std::numeric_limits<int32_t>::min();
  while (true) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kPagePrograms, after, page_rows_));
    for (const pg::Row row : rows) audit_.AddProgram(ReadProgram(row));
    if (rows.size() < page_rows_) return absl::OkStatus();
    after = rows[rows.size() - 1].Get<int32_t>(0);
  }
}

absl::Status Reader::ReadSetDown(pg::Tx& tx, const Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rates, tx.Run(sql::kReadRates, program.number));
  for (const pg::Row row : rates) audit_.AddRate(ReadRate(row), row.Get<int64_t>(5));
  ASSIGN_OR_RETURN(const pg::Rows periods,
                   tx.Run(sql::kReadPeriods, program.number, program.first_partition));
  for (const pg::Row row : periods) audit_.AddPeriod(ReadPeriod(row), row.Get<int64_t>(3));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Verification> VerifyPartition(pg::Pool& pool, const Program& program,
                                             int32_t partition, const VerifyOptions& options) {
  if (partition < program.first_partition || partition > program.last_partition()) {
    return FieldError(Reason::kPartitionNotFound, "partition",
                      absl::StrCat("the program's partitions are ", program.first_partition, " to ",
                                   program.last_partition()));
  }
  // Run once each: an audit cannot take back what it was fed.
  pg::TxOptions reading{.deadline = options.deadline, .read_only = true, .max_attempts = 1};
  Audit audit(program, partition, options.chain_key);
  for (const Anchor& anchor : options.anchors) {
    if (anchor.partition == partition) audit.AddAnchor(anchor);
  }
  Reader reader(program, partition, options, audit);
  for (int chase = 0; chase < kMaxChases; ++chase) {
    int64_t end = 0;
    RETURN_IF_ERROR(pg::RunTx(pool, reading, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const std::optional<Head> head, reader.ReadHead(tx));
      if (head) end = head->seq;
      return absl::OkStatus();
    }));
    if (end - reader.rows_until() <= options.page_rows) break;
    bool more = true;
    while (more) {
      RETURN_IF_ERROR(pg::RunTx(pool, reading, [&](pg::Tx& tx) {
        ASSIGN_OR_RETURN(more, reader.ReadPage(tx, end));
        return absl::OkStatus();
      }));
      if (options.go_on && !options.go_on(reader.rows_until())) {
        return absl::CancelledError("the check was ended before it was through");
      }
    }
  }

  bool headless = false;
  std::vector<Damage> common;  // to all partitions of the program
  if (partition == program.first_partition) {
    ASSIGN_OR_RETURN(common, CheckSealedRows(pool, program, options));
  }
  reading.isolation = pg::Isolation::kRepeatableRead;
  RETURN_IF_ERROR(pg::RunTx(pool, reading, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const std::optional<Head> head, reader.ReadHead(tx));
    headless = !head;
    if (headless) return absl::OkStatus();
    bool more = true;
    while (more) {
      ASSIGN_OR_RETURN(more, reader.ReadPage(tx, head->seq));
    }
    if (partition == program.first_partition) {
      RETURN_IF_ERROR(CheckBudgets(tx, program, common));
    }
    if (program.number == kHouseProgram) RETURN_IF_ERROR(FindForeignRows(tx, common));
    RETURN_IF_ERROR(reader.ReadState(tx, *head));
    return partition == program.first_partition ? reader.ReadSetDown(tx, program)
                                                : absl::OkStatus();
  }));
  Verification found{.partition = partition,
                     .damages = {{"head", "the partition has no head", std::nullopt}}};
  if (!headless) found = audit.Finish();
  found.damages.insert(found.damages.end(), common.begin(), common.end());
  if (found.damages.size() > kMaxDamages) found.damages.resize(kMaxDamages);
  return found;
}

}  // namespace gratis::ledger
