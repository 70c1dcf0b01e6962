#include "common/ledger/explain.h"

#include <algorithm>
#include <deque>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr int64_t kMaxLinks = 50;  // of one transaction, each way

absl::Status NotFound(const TransactionId& transaction) {
  return FieldError(Reason::kTransactionNotFound, "transaction_id",
                    absl::StrCat("the program has no transaction ", transaction.ToString()));
}

// What is read of one transaction, in one partition after another.
class Reading {
 public:
  Reading(pg::Tx& tx, const Program& program, Explained& explained)
      : tx_(tx), program_(program), explained_(explained) {}

  // Whether it leads on to more than the limit.
  bool cut() const { return cut_; }

  absl::Status Read() {
    const std::optional<int32_t> home = PartitionOfId(program_, explained_.transaction.uuid);
    if (!home) return absl::OkStatus();
    RETURN_IF_ERROR(ReadPartition(*home));
    // What goes from one member to another has rows in the partitions of both.
    const bool moved = std::any_of(
        explained_.rows.begin(), explained_.rows.end(),
        [](const ExplainedRow& row) { return row.row.fact.credit == Account::kTransferred; });
    for (int32_t i = program_.first_partition; moved && i <= program_.last_partition(); ++i) {
      if (i != *home) RETURN_IF_ERROR(ReadPartition(i));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadPartition(int32_t partition);
  absl::Status ReadMakers(int32_t partition, std::vector<ExplainedRow>& rows);
  absl::Status ReadLinks(int32_t partition, const std::vector<ExplainedRow>& rows);
  absl::Status Add(std::vector<TransactionId>& links, pg::Tx::Asked asked, int column);
  void Add(std::vector<TransactionId>& links, const TransactionId& transaction) {
    if (transaction == explained_.transaction) return;
    if (std::find(links.begin(), links.end(), transaction) == links.end()) {
      links.push_back(transaction);
    }
  }

  pg::Tx& tx_;
  const Program& program_;
  Explained& explained_;
  bool cut_ = false;
};

absl::Status Reading::ReadPartition(int32_t partition) {
  const std::vector<TransactionId> asked{explained_.transaction};
  const pg::Tx::Asked parts = tx_.Ask(sql::kReadAllocations, partition, asked);
  ASSIGN_OR_RETURN(const pg::Rows found, tx_.Run(sql::kReadTransactions, partition, asked));
  ASSIGN_OR_RETURN(const pg::Rows allocations, tx_.Take(parts));
  if (found.empty()) return absl::OkStatus();
  std::vector<ExplainedRow> rows;
  for (const pg::Row row : found) {
    rows.push_back({.row = ReadJournalRow(row), .undone = row.Get<int64_t>(kJournalColumns)});
  }
  for (const pg::Row part : allocations) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ExplainedRow& r) {
      return r.row.seq == part.Get<int64_t>(0);
    });
    if (row == rows.end()) continue;
    row->row.fact.allocations.push_back(
        {part.Get<int64_t>(1), part.Get<int64_t>(2), part.Get<int64_t>(3)});
  }
  RETURN_IF_ERROR(ReadMakers(partition, rows));
  RETURN_IF_ERROR(ReadLinks(partition, rows));
  explained_.rows.insert(explained_.rows.end(), rows.begin(), rows.end());
  return absl::OkStatus();
}

absl::Status Reading::ReadMakers(int32_t partition, std::vector<ExplainedRow>& rows) {
  std::set<int64_t> seqs;
  for (const ExplainedRow& row : rows) {
    if (row.row.fact.undoes != 0) seqs.insert(row.row.fact.undoes);
    for (const Allocation& part : row.row.fact.allocations) {
      seqs.insert({part.debit_lot, part.credit_lot});
    }
  }
  const std::vector<int64_t> asked(seqs.begin(), seqs.end());
  ASSIGN_OR_RETURN(const pg::Rows makers, tx_.Run(sql::kReadRows, partition, asked));
  std::map<int64_t, TransactionId> made_by;
  for (const pg::Row maker : makers) {
    made_by[maker.Get<int64_t>(1)] = maker.Get<TransactionId>(2);
    Add(explained_.led_by, maker.Get<TransactionId>(2));
  }
  for (ExplainedRow& row : rows) {
    for (const Allocation& part : row.row.fact.allocations) {
      for (const int64_t lot : {part.debit_lot, part.credit_lot}) {
        const auto maker = made_by.find(lot);
        if (maker != made_by.end()) row.made_by.insert(*maker);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Reading::Add(std::vector<TransactionId>& links, pg::Tx::Asked asked, int column) {
  ASSIGN_OR_RETURN(const pg::Rows found, tx_.Take(asked));
  for (const pg::Row row : found) Add(links, row.Get<TransactionId>(column));
  if (found.size() >= kMaxLinks) cut_ = true;
  return absl::OkStatus();
}

absl::Status Reading::ReadLinks(int32_t partition, const std::vector<ExplainedRow>& rows) {
  std::vector<int64_t> seqs, lots;
  std::vector<Uuid> about;
  for (const ExplainedRow& row : rows) {
    seqs.push_back(row.row.seq);
    if (row.row.fact.lot) lots.push_back(row.row.seq);
    if (!row.row.fact.about.IsNil()) about.push_back(row.row.fact.about);
  }
  const pg::Tx::Asked undoing = tx_.Ask(sql::kFindUndoing, partition, seqs);
  const MemberId member = rows.front().row.fact.member;
  if (!member.IsNil() && !(lots.empty() && about.empty())) {
    const pg::Tx::Asked leading =
        tx_.Ask(sql::kFindLeading, partition, member, seqs.front(), about, kMaxLinks);
    const pg::Tx::Asked following =
        tx_.Ask(sql::kFindFollowing, partition, member, seqs.back(), lots, about, kMaxLinks);
    RETURN_IF_ERROR(Add(explained_.led_by, leading, 0));
    RETURN_IF_ERROR(Add(explained_.followed_by, following, 0));
  }
  return Add(explained_.followed_by, undoing, 1);
}

}  // namespace

absl::StatusOr<Explanation> ExplainTransaction(pg::Tx& tx, const Program& program,
                                               const TransactionId& transaction, int depth) {
  Explanation explanation;
  std::set<TransactionId> seen{transaction};
  std::deque<Explained> waiting;
  waiting.push_back({.transaction = transaction});
  while (!waiting.empty()) {
    Explained next = std::move(waiting.front());
    waiting.pop_front();
    if (explanation.transactions.size() == kMaxExplained) {
      explanation.cut = true;
      break;
    }
    Reading reading(tx, program, next);
    RETURN_IF_ERROR(reading.Read());
    if (next.rows.empty()) {
      if (next.link == Link::kAsked) return NotFound(transaction);
      continue;
    }
    explanation.cut = explanation.cut || reading.cut();
    for (const auto& [link, found] :
         {std::pair(Link::kLedTo, &next.led_by), std::pair(Link::kFollowed, &next.followed_by)}) {
      // From the one asked about it goes either way, and then straight on.
      if (next.link != Link::kAsked && next.link != link) continue;
      for (const TransactionId& id : *found) {
        if (seen.count(id) > 0) continue;
        if (next.depth == depth) {
          explanation.cut = true;
          continue;
        }
        seen.insert(id);
        waiting.push_back({.transaction = id, .link = link, .depth = next.depth + 1});
      }
    }
    explanation.transactions.push_back(std::move(next));
  }
  return explanation;
}

}  // namespace gratis::ledger
