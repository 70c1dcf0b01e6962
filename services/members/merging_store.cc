#include "services/members/merging_store.h"

#include <algorithm>

#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

MergeRow RowOf(const pg::Row& row) {
  return {.merge = row.Get<TransactionId>(0),
          .duplicate = row.Get<MemberId>(1),
          .survivor = row.Get<MemberId>(2),
          .arriving = row.Get<TransactionId>(3),
          .seq = row.Get<int64_t>(4),
          .merged_at = row.Get<absl::Time>(5),
          .undo_until = row.Get<absl::Time>(6),
          .undone_at = row.Get<std::optional<absl::Time>>(7)};
}

}  // namespace

void MergingStore::Insert(int32_t partition, const MergeRow& row) {
  tx_.Send(sql::kInsertMerging, partition, row.merge, row.duplicate, row.survivor, row.arriving,
           row.seq, row.merged_at, row.undo_until);
}

void MergingStore::Undo(int32_t partition, const TransactionId& merge, absl::Time undone_at) {
  tx_.Send(sql::kUndoMerging, partition, merge, undone_at);
}

absl::StatusOr<std::optional<MergeRow>> MergingStore::Find(int32_t partition,
                                                           const TransactionId& merge) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kFindMerging, partition, merge));
  if (rows.empty()) return std::nullopt;
  return RowOf(rows[0]);
}

absl::StatusOr<std::vector<MergeRow>> MergingStore::List(const ledger::Program& program,
                                                         const MemberId& survivor,
                                                         const TransactionId& after,
                                                         int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kListMergings, survivor, after, program.first_partition,
                           program.last_partition(), static_cast<int64_t>(limit)));
  std::vector<MergeRow> merges;
  for (const pg::Row row : rows) merges.push_back(RowOf(row));
  return merges;
}

absl::StatusOr<std::vector<MemberId>> MergingStore::ListSurvivors(const ledger::Program& program,
                                                                  const MemberId& after,
                                                                  int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kListSurvivors, after, program.first_partition,
                           program.last_partition(), static_cast<int64_t>(limit)));
  std::vector<MemberId> survivors;
  for (const pg::Row row : rows) survivors.push_back(row.Get<MemberId>(0));
  return survivors;
}

absl::StatusOr<Parting> ReadParting(pg::Tx& tx, const ledger::Program& program,
                                    const MergeRow& merge) {
  constexpr int32_t kMergesAtOnce = 100;
  Parting parting{.merge = merge, .standing = {}, .undone = {}};
  std::vector<MergeRow> page;
  do {
    const TransactionId after = page.empty() ? TransactionId{} : page.back().merge;
    ASSIGN_OR_RETURN(page, MergingStore(tx).List(program, merge.survivor, after, kMergesAtOnce));
    for (const MergeRow& row : page) {
      if (row.merge == merge.merge) continue;
      (row.undone_at ? parting.undone : parting.standing).push_back(row);
    }
  } while (page.size() == static_cast<size_t>(kMergesAtOnce));
  std::sort(parting.standing.begin(), parting.standing.end(),
            [](const MergeRow& a, const MergeRow& b) { return a.merged_at < b.merged_at; });
  return parting;
}

}  // namespace gratis::members
