#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/messages/people.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::messages {

// The kinds of facts that matter to what is said, or to what came of it.
const std::vector<ledger::FactKind>& FollowedKinds();

// Follows the journal: what gives cause to say something becomes a message that waits, and what is
// redeemed is counted for the messages that told of it, in the same transaction in which the cursor
// moves on, so each fact exactly once. Thread-safe; any number of processes may follow at once.
class Intents {
 public:
  // All arguments outlive this. `made`: there may be something due.
  Intents(pg::Pool& pool, base::IdSource& ids, std::function<void()> made)
      : pool_(pool), ids_(ids), made_(std::move(made)) {}

  // How far each partition was read.
  absl::StatusOr<std::optional<ledger::Cursor>> Followed(const ledger::Program& program,
                                                         absl::Time deadline) const;

  // Reads the partition to its end. `now` is program time, `deadline` real time. Errors: DRAINING
  // when asked to stop.
  absl::Status Keep(const ledger::Program& program, int32_t partition, absl::Time now,
                    absl::Time deadline, const std::stop_token& stop) const;

 private:
  struct Reading {
    absl::Time now;
    absl::Time deadline;
    absl::Time until;  // what was recorded later is left
  };
  // Of whoever is one with somebody whose purchase came back, the other partitions are read up to
  // then before it is unsaid. `under_way`: those that are being read, and have been up to there.
  absl::Status Read(const ledger::Program& program, int32_t partition, const Reading& how,
                    const std::stop_token& stop, std::set<int32_t>& under_way) const;
  // `people`: whoever is one with those whose complaints begin or end, who stand otherwise, whose
  // purchases came back, who became one, or who are two again.
  absl::Status Apply(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                     const std::vector<ledger::JournalRow>& rows, const People& people,
                     absl::Time now) const;

  pg::Pool& pool_;
  base::IdSource& ids_;
  const std::function<void()> made_;
};

}  // namespace gratis::messages
