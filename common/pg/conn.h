#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/errors.h"
#include "common/pg/query.h"
#include "common/pg/rows.h"
#include "common/pg/values.h"

struct pg_conn;
struct pg_result;

namespace gratis::pg {

struct ConnOptions {
  std::string conninfo;
  std::string application_name;
  std::string session_options;  // as in libpq's `options`: "-c role=… -c lock_timeout=…"
};

// One connection, always in libpq's pipeline mode: statements are queued, sent together, answered
// together. The one place that talks to libpq. What a transaction is, is Tx's business: a Conn
// knows only runs of statements, from one Reset to the next. Not thread-safe.
class Conn {
 public:
  // Errors: DATABASE_UNAVAILABLE, with libpq's message attached.
  static absl::StatusOr<std::unique_ptr<Conn>> Open(const ConnOptions& options,
                                                    absl::Time deadline);
  ~Conn();
  Conn(const Conn&) = delete;
  Conn& operator=(const Conn&) = delete;

  // Forgets the last run's answers and failure.
  void Reset();

  enum class Answer {
    kKeep,     // to be had with Take
    kDiscard,  // only its failure matters
    kIgnore,   // only whether the connection survived it matters; has no number
  };
  // Queues a statement and returns its number in this run. Does not wait for the network, except
  // that a very long queue is flushed on the way.
  int Queue(const Query& query, const Params& params, Answer answer, absl::Time deadline);

  // Sends what is queued and waits until all of it is answered. Returns the run's first failure.
  // A deadline that passes breaks the connection: the server drops what it was doing within a
  // second (client_connection_check_interval).
  absl::Status Flush(absl::Time deadline);
  // Sends what is queued and leaves the answers, all of them kIgnore, to whoever waits next.
  void FlushLater();

  // The rows of a kept statement that was answered, once.
  Rows Take(int number);
  bool Answered(int number) const {
    return answers_[static_cast<size_t>(number)].result != nullptr;
  }

  // Runs statements in the simple protocol, after what is queued.
  absl::Status RunScript(std::string_view text, absl::Time deadline);

  struct Failure {
    absl::Status status;
    bool may_run_again = false;
    // The statement that the server answered so; nothing when there was no answer, because the
    // connection was lost or the deadline passed.
    std::optional<int> statement;
  };
  // The first one of this run.
  const std::optional<Failure>& failure() const { return failure_; }

  // A broken connection answers nothing any more; closing it ends its transaction.
  bool broken() const { return broken_; }
  void GiveUp();
  // Looks, without waiting, whether the server has closed the connection.
  bool Alive();
  // Waits, with nothing queued, until the server notifies of what this connection listens to, until
  // `stop`, a file descriptor, can be read, or until the deadline, but at most a minute. How many
  // notifications there were; of a lost connection broken() tells.
  int Hear(int stop, absl::Time deadline);
  // Whether the server holds a transaction open, as of its last answer.
  bool InTransaction() const;

 private:
  struct Step {
    enum class Kind { kPrepare, kExecute, kSync } kind;
    int statement;    // kExecute: its number, or -1 when ignored
    std::string key;  // kPrepare: the query's name
  };
  struct Slot {
    Answer answer;
    std::string_view query;
    pg_result* result;
  };

  struct Statement {
    std::string text;
    std::vector<Oid> types;
  };

  explicit Conn(pg_conn* conn) : conn_(conn) {}

  const char* Prepare(const Query& query, const Params& params);
  void QueueSync();
  void Wait(absl::Time deadline);
  void PollOnce(absl::Time deadline);
  void Consume();
  int TakeNotifications();
  void ReadAnswers();
  void Accept(pg_result* result);
  void FailAs(const pg_result* result, std::string query, int statement);
  void Fail(absl::Status status, bool may_run_again, std::optional<int> statement);
  void Break(absl::Status status);
  void BreakLost();

  pg_conn* const conn_;
  bool broken_ = false;
  bool unsynced_ = false;   // something was queued since the last sync
  std::deque<Step> steps_;  // sent or queued, and not answered yet
  std::vector<Slot> answers_;
  std::optional<Failure> failure_;
  absl::flat_hash_map<std::string, Statement> prepared_;  // by name
};

}  // namespace gratis::pg
