#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

namespace gratis::members {

// A merge as stored, in the duplicate's partition.
struct MergeRow {
  TransactionId merge;  // the duplicate's
  MemberId duplicate;
  MemberId survivor;
  TransactionId arriving;  // the survivor's
  int64_t seq = 0;         // of the row in the duplicate's journal that says it
  absl::Time merged_at;
  absl::Time undo_until;
  std::optional<absl::Time> undone_at;
};

// A merge that is to be undone, and the others into the same survivor.
struct Parting {
  MergeRow merge;
  std::vector<MergeRow> standing;  // whose duplicates stay, the oldest first
  std::vector<MergeRow> undone;    // before
};

// The queries about merges, one method each. Lives inside one transaction.
class MergingStore {
 public:
  explicit MergingStore(pg::Tx& tx) : tx_(tx) {}

  // Queued; their errors surface with the transaction's next answer.
  void Insert(int32_t partition, const MergeRow& row);
  void Undo(int32_t partition, const TransactionId& merge, absl::Time undone_at);

  absl::StatusOr<std::optional<MergeRow>> Find(int32_t partition, const TransactionId& merge);
  // At most `limit` of the program's merges into a member behind `after`, by id.
  absl::StatusOr<std::vector<MergeRow>> List(const ledger::Program& program,
                                             const MemberId& survivor, const TransactionId& after,
                                             int32_t limit);
  // At most `limit` of the program's members behind `after` of whom others became part, by id.
  absl::StatusOr<std::vector<MemberId>> ListSurvivors(const ledger::Program& program,
                                                      const MemberId& after, int32_t limit);

 private:
  pg::Tx& tx_;
};

absl::StatusOr<Parting> ReadParting(pg::Tx& tx, const ledger::Program& program,
                                    const MergeRow& merge);

}  // namespace gratis::members
