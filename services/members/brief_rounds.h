#pragma once

#include <cstdint>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"

namespace gratis::pg {
class Pool;
class Tx;
}  // namespace gratis::pg

namespace gratis::members {

struct BriefRoundLimits {
  int rows = 1'000;     // of the journal that concern briefs
  int window = 20'000;  // of the journal, looked at for them
};

// How members' pasts follow the journal. A round takes the next stretch of a partition's journal
// and writes what it adds together with how far it read, in one transaction that has the cursor's
// row locked. So each fact is counted once, whoever does it and however often it is tried; a round
// that is lost moved nothing. It posts nothing, so it holds no head and nobody waits for it.
class BriefRounds {
 public:
  // `pool` outlives this.
  explicit BriefRounds(pg::Pool& pool, BriefRoundLimits limits = {})
      : pool_(pool), limits_(limits) {}

  // How far each partition was read.
  absl::StatusOr<ledger::Cursor> Followed(const ledger::Program& program,
                                          absl::Time deadline) const;

  // Reads what is left of a partition's journal. May be done at any time, again, and by several at
  // once. Errors: DRAINING (asked to stop), BOOKS_DAMAGED, and those of the database.
  absl::Status Keep(const ledger::Program& program, int32_t partition, absl::Time deadline,
                    const std::stop_token& stop) const;
  absl::Status KeepAll(const ledger::Program& program, absl::Time deadline,
                       const std::stop_token& stop) const;

  // One round, in the caller's transaction. Whether that was all there is.
  absl::StatusOr<bool> Round(pg::Tx& tx, const ledger::Program& program, int32_t partition) const;

 private:
  pg::Pool& pool_;
  const BriefRoundLimits limits_;
};

}  // namespace gratis::members
