#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

inline constexpr int kLongestChain = 64;  // of members merged into each other, one after another

struct SurvivorsOptions {
  absl::Duration look_every = absl::Milliseconds(200);
  absl::Duration look_limit = absl::Seconds(10);  // real time, for one look
};

// Who became part of whom, in memory, so that a call which names a merged member is about the
// survivor without asking anybody. What this process merges it knows at once (Learn), what others
// do within `look_every`. Nothing that changes the books rests on it: whoever posts for a merged
// member is told under the partition's lock. Thread-safe.
class Survivors {
 public:
  // `pool` may read the ledger; `clock` is the real one. Both outlive this.
  Survivors(SurvivorsOptions options, pg::Pool& pool, const base::Clock& clock)
      : options_(options), pool_(pool), clock_(clock) {}
  ~Survivors();
  Survivors(const Survivors&) = delete;
  Survivors& operator=(const Survivors&) = delete;

  // Looks for the first time, and goes on looking. Errors: those of the database.
  absl::Status Start();
  // Looks now. Errors: those of the database.
  absl::Status Look();

  // To the end of the chain; the member themselves if they are not merged.
  MemberId Of(const MemberId& member) const;
  bool none() const;

  void Learn(const MemberId& merged, const MemberId& survivor);
  // The merge was undone.
  void Forget(const MemberId& merged);

 private:
  void Work();

  const SurvivorsOptions options_;
  pg::Pool& pool_;
  const base::Clock& clock_;
  mutable std::shared_mutex mutex_;
  absl::flat_hash_map<MemberId, MemberId> survivors_;
  int64_t learned_ = 0;  // how often something was learned here

  std::mutex looking_;                          // one look at a time
  int64_t counted_ = -1, counted_learned_ = 0;  // as of the last look that read them
  std::mutex stop_mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread looker_;
};

// Of these members, those who are merged, each with who they became, to the end of the chain.
// Errors: those of the database.
absl::StatusOr<std::map<MemberId, MemberId>> ReadSurvivors(pg::Tx& tx, const Program& program,
                                                           absl::Span<const MemberId> members);

// All of whom any of these members are part, step by step to the ends of the chains; each once.
// Errors: those of the database.
absl::StatusOr<std::vector<MemberId>> ReadChains(pg::Tx& tx, const Program& program,
                                                 absl::Span<const MemberId> members);

// Of these members, those of whom others became a part, by however many steps: survivor and
// duplicate. Errors: those of the database.
absl::StatusOr<std::vector<std::pair<MemberId, MemberId>>> ReadDuplicates(
    pg::Tx& tx, absl::Span<const MemberId> survivors);
// The same in two steps, to travel with whatever else is asked.
pg::Tx::Asked AskDuplicates(pg::Tx& tx, absl::Span<const MemberId> survivors);
absl::StatusOr<std::vector<std::pair<MemberId, MemberId>>> TakeDuplicates(pg::Tx& tx,
                                                                          pg::Tx::Asked asked);

// At most `limit` members who are merged into this one. Errors: those of the database.
absl::StatusOr<std::vector<MemberId>> DuplicatesOf(pg::Tx& tx, const MemberId& survivor,
                                                   int32_t limit);

}  // namespace gratis::ledger
