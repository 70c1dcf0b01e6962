#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"
#include "common/pg/query.h"
#include "common/pg/rows.h"
#include "common/pg/values.h"

namespace gratis::pg {

enum class Isolation { kReadCommitted, kRepeatableRead };

struct TxOptions {
  absl::Time deadline;  // real time; for waiting, working, retrying and committing together
  bool read_only = false;
  Isolation isolation = Isolation::kReadCommitted;
  int max_attempts = 5;
};

// Of a transaction that only reads.
inline TxOptions Reading(absl::Time deadline) { return {.deadline = deadline, .read_only = true}; }

// One transaction, as the body of RunTx sees it. Statements are queued and travel together: what
// costs time is a Run, Take or Flush, one round trip each, however much was queued before.
//
//   const Tx::Asked heads = tx.Ask(sql::kLockHeads, partitions);
//   const Tx::Asked seen = tx.Ask(sql::kFindRequests, programs, request_ids);
//   ASSIGN_OR_RETURN(const Rows wallets, tx.Run(sql::kReadWallets, members));  // all three, one
//   trip ASSIGN_OR_RETURN(const Rows replays, tx.Take(seen));                       // no trip
//
// Statements run in the order they were queued, each (under READ COMMITTED) on what was committed
// when it began, so reads may be queued behind the statement that locks.
// After the first error everything else answers with that error, and the transaction cannot commit.
// Not thread-safe.
class Tx {
 public:
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;

  // Sends what is queued and this, and waits for all of it.
  template <class... P>
  absl::StatusOr<Rows> Run(const Query& query, const P&... params) {
    return Take(Queue(query, Params::Of(params...), /*keep=*/true));
  }

  // Queues a statement whose answer nobody reads. Its error surfaces with the next answer, at the
  // latest at commit.
  template <class... P>
  void Send(const Query& query, const P&... params) {
    Queue(query, Params::Of(params...), /*keep=*/false);
  }

  // Queues a statement whose answer is taken later, once.
  struct Asked {
    int number;
  };
  template <class... P>
  Asked Ask(const Query& query, const P&... params) {
    return Queue(query, Params::Of(params...), /*keep=*/true);
  }
  absl::StatusOr<Rows> Take(Asked asked);

  // Sends what is queued and waits for it.
  absl::Status Flush();

  // Runs several statements in PostgreSQL's simple protocol, without parameters and without their
  // rows: for migrations and for what tests set up. It must not end the transaction.
  absl::Status RunScript(std::string_view text);

  absl::Time deadline() const { return options_.deadline; }

 private:
  friend absl::Status RunTx(Pool& pool, const TxOptions& options,
                            absl::FunctionRef<absl::Status(Tx&)> body);
  Tx(Conn& conn, const TxOptions& options) : conn_(conn), options_(options) {}

  void BeginOnce();
  Asked Queue(const Query& query, const Params& params, bool keep);
  absl::Status Finish(absl::Status result);
  absl::Status Commit();
  void RollBack();

  Conn& conn_;
  const TxOptions& options_;
  bool begun_ = false;
};

// Runs `body` in a transaction and commits it when the body returns OK, else rolls it back and
// returns the body's error. The only BEGIN there is; it is sent with the first statement, so a body
// that runs none costs nothing.
//
// A body that failed on a serialization failure (40001) or a deadlock (40P01) is run again, after a
// short random wait, at most max_attempts times and only inside the deadline: it must not keep
// anything from one run to the next. Nothing else is retried.
//
// Errors, besides the body's own: CONFLICT (attempts used up, or a lock not had in time),
// DEADLINE_EXCEEDED, POOL_EXHAUSTED, DATABASE_UNAVAILABLE, INTERNAL; for all of them nothing was
// done. COMMIT_IN_DOUBT: the connection was lost between COMMIT and its answer; the transaction may
// have happened or not, and it is never run again here.
absl::Status RunTx(Pool& pool, const TxOptions& options, absl::FunctionRef<absl::Status(Tx&)> body);

}  // namespace gratis::pg
