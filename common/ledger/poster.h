#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/ledger/mutation.h"
#include "common/ledger/runner.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

// What happened in one run, for metrics.
struct RunReport {
  int size;                // mutations in the set
  absl::Duration elapsed;  // real time, from the first statement to the last answer
};

struct PosterOptions {
  std::string chain_key;     // 32 bytes; not in the database
  int threads = 4;           // partitions posted at the same time; each takes one connection
  int max_set = 512;         // mutations in one transaction
  int max_waiting = 20'000;  // beyond it, calls are refused at once
  absl::Duration run_limit = absl::Seconds(20);
  std::function<void(const RunReport&)> observe;  // may be empty
  // Told where something new was committed, before anyone has its answer; must not block. May be
  // empty. What was committed without its answer coming back is not told.
  std::function<void(const std::set<int32_t>& partitions)> committed;
};

// Group posting. What waits for a partition is posted together, as one set in one transaction;
// while it commits, the next set gathers, so the disk's commit time is shared by all who wait.
//
// A call waits for the set of its partition that is under way. Then it is in line: the threads post
// one set of each partition that has been ready for longer, and of sets of several partitions,
// which go first, one at a time. So it may wait for as many commits as partitions are ahead of it,
// shared by the threads; and once more for each max_set of its own partition's. Thread-safe.
class Poster {
 public:
  // `clock` is the real one: it measures deadlines.
  Poster(PosterOptions options, pg::Pool& pool, const base::Clock& clock);
  // Posts what still waits, then ends.
  ~Poster();
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;

  // Posts the mutation and tells `done`, on a poster's thread, which must not block. Refused at
  // once, on the caller's thread: OVERLOADED, DEADLINE_EXCEEDED.
  void Submit(MutationKind& kind, std::unique_ptr<Mutation> mutation,
              std::function<void(Outcome)> done);

  // Posts all of them in one transaction, or none (Bond::kTogether); they may be of several
  // partitions. `done` of each is called as by Submit.
  void SubmitTogether(std::vector<Pending> set);

  // Submit in a transaction of its own: what its kind loaded, nothing else in the run changes.
  void SubmitAlone(MutationKind& kind, std::unique_ptr<Mutation> mutation,
                   std::function<void(Outcome)> done);

  // The same for several that are in one transaction, each done or refused by itself.
  void SubmitApart(std::vector<Pending> set);

  // Submit, and wait. For jobs, tests, and handlers that run on a worker.
  Outcome Post(MutationKind& kind, std::unique_ptr<Mutation> mutation);
  // SubmitAlone, and wait.
  Outcome PostAlone(MutationKind& kind, std::unique_ptr<Mutation> mutation);

  int waiting() const;

 private:
  struct Line {
    std::deque<Pending> waiting;
    bool being_posted = false;
  };

  // What one run posts.
  struct Set {
    std::vector<Pending> items;
    Bond bond = Bond::kNone;
  };

  static Outcome Await(const std::function<void(std::function<void(Outcome)> done)>& submit);
  void SubmitWide(Set set);
  bool Admit(int count);
  static void Refuse(std::vector<Pending> set, int max_waiting);
  void Work();
  bool HasWork() const { return !ready_.empty() || (!wide_.empty() && !posting_wide_); }
  Set TakeFromLine(Line& line);
  void PostSet(Set set);
  void TellCommitted(const std::vector<Pending>& set, const std::vector<Outcome>& outcomes) const;
  static void Finish(Pending& pending, Outcome outcome);

  const PosterOptions options_;
  pg::Pool& pool_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::unordered_map<int32_t, Line> lines_;  // by partition
  std::deque<int32_t> ready_;                // partitions that have work and nobody at it
  // What posts in several partitions or in a transaction of its own: one after another.
  std::deque<Set> wide_;
  bool posting_wide_ = false;
  int waiting_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gratis::ledger
