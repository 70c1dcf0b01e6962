#include "common/pg/tx.h"

#include <algorithm>

#include "common/base/random.h"
#include "common/pg/conn.h"
#include "common/pg/errors.h"
#include "common/pg/pause.h"
#include "common/pg/pg_sql.h"
#include "common/status/macros.h"

namespace gratis::pg {
namespace {

// Rolling back goes on for this long after the caller's deadline; then the connection is dropped.
constexpr absl::Duration kRollbackGrace = absl::Seconds(1);
constexpr absl::Duration kFirstRetryWait = absl::Milliseconds(5);
constexpr absl::Duration kLongestRetryWait = absl::Milliseconds(100);

const Query& BeginQuery(const TxOptions& options) {
  if (options.isolation == Isolation::kReadCommitted)
    return options.read_only ? sql::kBeginReadOnly : sql::kBegin;
  return options.read_only ? sql::kBeginRepeatableReadReadOnly : sql::kBeginRepeatableRead;
}

// How long to wait after the given attempt: doubling, give or take a half, so that those who met do
// not meet again.
absl::Duration WaitAfter(int attempt) {
  const absl::Duration wait =
      std::min(kFirstRetryWait * (1 << std::min(attempt - 1, 10)), kLongestRetryWait);
  const auto jitter = static_cast<uint8_t>(base::RandomBytes(1)[0]);
  return wait / 2 + wait * jitter / 256;
}

}  // namespace

void Tx::BeginOnce() {
  if (begun_) return;
  begun_ = true;
  conn_.Queue(BeginQuery(options_), Params(), Conn::Answer::kDiscard, options_.deadline);
}

Tx::Asked Tx::Queue(const Query& query, const Params& params, bool keep) {
  BeginOnce();
  return {conn_.Queue(query, params, keep ? Conn::Answer::kKeep : Conn::Answer::kDiscard,
                      options_.deadline)};
}

absl::StatusOr<Rows> Tx::Take(Asked asked) {
  if (!conn_.Answered(asked.number)) RETURN_IF_ERROR(Flush());
  return conn_.Take(asked.number);
}

absl::Status Tx::Flush() { return conn_.Flush(options_.deadline); }

absl::Status Tx::RunScript(std::string_view text) {
  BeginOnce();
  RETURN_IF_ERROR(conn_.RunScript(text, options_.deadline));
  if (!conn_.InTransaction()) Broken("a script ended the transaction that it ran in");
  return absl::OkStatus();
}

absl::Status Tx::Finish(absl::Status result) {
  if (!begun_) return result;
  if (result.ok() && !conn_.failure()) return Commit();
  RollBack();
  return result.ok() ? conn_.failure()->status : result;
}

absl::Status Tx::Commit() {
  if (options_.read_only) {
    // Nothing can be lost with it, so nobody waits for it.
    absl::Status flushed = Flush();
    conn_.Queue(sql::kCommit, Params(), Conn::Answer::kIgnore, options_.deadline);
    conn_.FlushLater();
    return flushed;
  }
  const int commit = conn_.Queue(sql::kCommit, Params(), Conn::Answer::kKeep, options_.deadline);
  const absl::Status status = conn_.Flush(options_.deadline);
  if (conn_.Answered(commit)) {
    // A COMMIT of what had failed before would answer ROLLBACK.
    if (conn_.Take(commit).command() != "COMMIT") Broken("COMMIT did not commit");
    return absl::OkStatus();
  }
  const Conn::Failure& failure = *conn_.failure();
  const bool before_commit = failure.statement && *failure.statement != commit;
  if (conn_.broken() && !before_commit) {
    const absl::Status doubt =
        Error(Reason::kCommitInDoubt, gratis::Describe(Reason::kCommitInDoubt).meaning);
    return WithSqlError(doubt, SqlErrorOf(status).value_or(SqlError{}));
  }
  RollBack();
  return status;
}

void Tx::RollBack() {
  const absl::Time patience = std::max(options_.deadline, RealNow() + kRollbackGrace);
  conn_.Queue(sql::kRollback, Params(), Conn::Answer::kIgnore, patience);
  conn_.Flush(patience).IgnoreError();
  if (!conn_.broken() && conn_.InTransaction()) conn_.GiveUp();
}

absl::Status RunTx(Pool& pool, const TxOptions& options,
                   absl::FunctionRef<absl::Status(Tx&)> body) {
  for (int attempt = 1;; ++attempt) {
    absl::Status result;
    bool may_run_again = false;
    {
      ASSIGN_OR_RETURN(const Pool::Lease conn, pool.Acquire(options.deadline));
      Tx tx(*conn, options);
      result = tx.Finish(body(tx));
      may_run_again = !result.ok() && conn->failure() && conn->failure()->may_run_again;
    }
    if (!may_run_again || attempt >= options.max_attempts) return result;
    if (!Pause(WaitAfter(attempt), options.deadline)) return result;
  }
}

}  // namespace gratis::pg
