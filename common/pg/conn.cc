#include "common/pg/conn.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/pg/pause.h"
#include "common/pg/queries_run.h"
#include "common/status/macros.h"

namespace gratis::pg {
namespace {

using base::Abs;

// How many statements may stand unanswered before Queue waits for them.
constexpr size_t kMaxSteps = 2048;
// PostgreSQL cuts the names of prepared statements here.
constexpr size_t kMaxNameBytes = 63;
constexpr int kBinary = 1;

std::string Text(const char* text) {
  return text == nullptr ? "" : std::string(absl::StripAsciiWhitespace(text));
}

absl::Status DeadlinePassed() {
  return Error(Reason::kDeadlineExceeded, gratis::Describe(Reason::kDeadlineExceeded).meaning);
}

absl::Status Lost(std::string message) { return ToStatus({"", "", "", std::move(message)}); }

bool IsFatal(const pg_result* result) {
  const std::string severity = Text(PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED));
  return severity == "FATAL" || severity == "PANIC";
}

// A prepared statement that no longer fits the schema, or is not there, heals on a new connection.
bool IsStale(std::string_view sqlstate) { return sqlstate == "0A000" || sqlstate == "26000"; }

// Waits until `events` or the deadline; false when it passed.
bool WaitFor(int socket, short events, absl::Time deadline) {
  pollfd entry{socket, events, 0};
  while (poll(&entry, 1, PollMillis(deadline)) <= 0) {
    if (RealNow() >= deadline) return false;
  }
  return true;
}

absl::Status FinishConnecting(PGconn* conn, absl::Time deadline) {
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  if (PQstatus(conn) == CONNECTION_BAD) return Lost(Text(PQerrorMessage(conn)));
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) return Lost(Text(PQerrorMessage(conn)));
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!WaitFor(PQsocket(conn), events, deadline)) return Lost("no answer while connecting");
    next = PQconnectPoll(conn);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Conn>> Conn::Open(const ConnOptions& options, absl::Time deadline) {
  // What comes later overrides what is in the connection string.
  const char* const keys[] = {"dbname",          "application_name", "options",
                              "client_encoding", "gssencmode",       nullptr};
  const char* const values[] = {options.conninfo.c_str(),
                                options.application_name.c_str(),
                                options.session_options.c_str(),
                                "UTF8",
                                "disable",
                                nullptr};
  PGconn* const raw = PQconnectStartParams(keys, values, /*expand_dbname=*/1);
  if (raw == nullptr) return Lost("out of memory");
  std::unique_ptr<Conn> conn(new Conn(raw));
  if (absl::Status status = FinishConnecting(raw, deadline); !status.ok()) return status;
  PQsetNoticeReceiver(
      raw, [](void*, const PGresult*) {}, nullptr);
  if (PQsetnonblocking(raw, 1) != 0 || PQenterPipelineMode(raw) == 0)
    return Lost(Text(PQerrorMessage(raw)));
  return conn;
}

Conn::~Conn() {
  Reset();
  PQfinish(conn_);
}

void Conn::Reset() {
  for (const Slot& slot : answers_) PQclear(slot.result);
  answers_.clear();
  failure_.reset();
}

int Conn::Queue(const Query& query, const Params& params, Answer answer, absl::Time deadline) {
  if (steps_.size() >= kMaxSteps) Flush(deadline).IgnoreError();
  int statement = -1;
  if (answer != Answer::kIgnore) {
    statement = static_cast<int>(answers_.size());
    answers_.push_back({answer, query.name, nullptr});
  }
  if (broken_) {
    Fail(Lost("the connection is gone"), false, std::nullopt);
    return statement;
  }
  const auto values = params.values();
  const absl::InlinedVector<int, 16> formats(values.size(), kBinary);
  const char* const name = Prepare(query, params);
  if (name == nullptr || PQsendQueryPrepared(conn_, name, params.size(), values.data(),
                                             params.lengths(), formats.data(), kBinary) == 0) {
    BreakLost();
    return statement;
  }
  steps_.push_back({Step::Kind::kExecute, statement, ""});
  unsynced_ = true;
  return statement;
}

// Queues what prepares `query`, when this connection has not seen it yet. Returns its name on the
// server, or null when the connection is lost.
const char* Conn::Prepare(const Query& query, const Params& params) {
  if (const auto found = prepared_.find(Abs(query.name)); found != prepared_.end()) {
    const Statement& statement = found->second;
    if (statement.text != query.text)
      Broken(absl::StrCat("two queries have the name ", Abs(query.name)));
    if (!std::equal(statement.types.begin(), statement.types.end(), params.types(),
                    params.types() + params.size())) {
      Broken(absl::StrCat(Abs(query.name), " is run with parameters of other types than before"));
    }
    return found->first.c_str();
  }
  if (query.name.empty() || query.name.size() > kMaxNameBytes)
    Broken(absl::StrCat("the name of a query has 1 to 63 bytes: ", Abs(query.name)));
  const auto& [name, statement] =
      *prepared_
           .emplace(query.name, Statement{std::string(query.text),
                                          {params.types(), params.types() + params.size()}})
           .first;
  steps_.push_back({Step::Kind::kPrepare, -1, name});
  const bool sent = PQsendPrepare(conn_, name.c_str(), statement.text.c_str(), params.size(),
                                  params.types()) == 1;
  return sent ? name.c_str() : nullptr;
}

void Conn::QueueSync() {
  unsynced_ = false;
  if (broken_) return;
  if (PQpipelineSync(conn_) == 0) return BreakLost();
  steps_.push_back({Step::Kind::kSync, -1, ""});
}

absl::Status Conn::Flush(absl::Time deadline) {
  if (unsynced_) QueueSync();
  Wait(deadline);
  return failure_ ? failure_->status : absl::OkStatus();
}

void Conn::FlushLater() {
  if (unsynced_) QueueSync();
}

Rows Conn::Take(int number) {
  Slot& slot = answers_[static_cast<size_t>(number)];
  if (slot.result == nullptr)
    Broken(absl::StrCat("the rows of ", Abs(slot.query), " are taken twice, or never came"));
  return {std::exchange(slot.result, nullptr), slot.query};
}

void Conn::Wait(absl::Time deadline) {
  while (!broken_) {
    ReadAnswers();
    if (broken_ || steps_.empty()) return;
    PollOnce(deadline);
  }
}

// Waits for the socket once, sends and reads what it can.
void Conn::PollOnce(absl::Time deadline) {
  const int unsent = PQflush(conn_);
  if (unsent < 0) return BreakLost();
  const short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
  if (!WaitFor(PQsocket(conn_), events, deadline)) return Break(DeadlinePassed());
  Consume();
}

void Conn::Consume() {
  if (PQconsumeInput(conn_) == 1) return;
  ReadAnswers();  // the server may have said why, before it closed
  if (!broken_) BreakLost();
}

void Conn::ReadAnswers() {
  while (!broken_ && !steps_.empty() && PQisBusy(conn_) == 0) {
    pg_result* const result = PQgetResult(conn_);
    if (result != nullptr) {
      Accept(result);
    } else if (steps_.front().kind == Step::Kind::kSync) {
      BreakLost();  // libpq has nothing more to wait for
    } else {
      steps_.pop_front();
    }
  }
}

// Takes over one result, an answer to the first step.
void Conn::Accept(pg_result* result) {
  const Step& step = steps_.front();
  const bool preparing = step.kind == Step::Kind::kPrepare;
  const bool has_slot = step.kind == Step::Kind::kExecute && step.statement >= 0;
  switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
      steps_.pop_front();
      break;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
      if (preparing) NoteQueryRun(step.key);
      if (has_slot && answers_[step.statement].answer == Answer::kKeep) {
        answers_[step.statement].result = result;
        return;
      }
      break;
    case PGRES_PIPELINE_ABORTED:
      if (preparing) prepared_.erase(step.key);
      break;
    default: {
      const std::string query = preparing  ? step.key
                                : has_slot ? std::string(answers_[step.statement].query)
                                           : "";
      if (preparing) prepared_.erase(step.key);
      if (preparing || has_slot || IsFatal(result)) FailAs(result, query, step.statement);
      break;
    }
  }
  PQclear(result);
}

// Records what the server answered instead of rows.
void Conn::FailAs(const pg_result* result, std::string query, int statement) {
  const SqlError error{Text(PQresultErrorField(result, PG_DIAG_SQLSTATE)),
                       Text(PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME)), std::move(query),
                       Text(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY))};
  if (error.sqlstate.empty()) return BreakLost();
  Fail(ToStatus(error), MayRunAgain(error.sqlstate), statement);
  if (IsFatal(result) || IsStale(error.sqlstate)) Break(failure_->status);
}

void Conn::Fail(absl::Status status, bool may_run_again, std::optional<int> statement) {
  if (!failure_) failure_ = Failure{std::move(status), may_run_again, statement};
}

void Conn::Break(absl::Status status) {
  Fail(std::move(status), false, std::nullopt);
  broken_ = true;
  unsynced_ = false;
  steps_.clear();
}

void Conn::BreakLost() { Break(Lost(Text(PQerrorMessage(conn_)))); }

void Conn::GiveUp() { Break(Lost("the connection was given up")); }

absl::Status Conn::RunScript(std::string_view text, absl::Time deadline) {
  RETURN_IF_ERROR(Flush(deadline));
  if (PQexitPipelineMode(conn_) == 0 || PQsendQuery(conn_, std::string(text).c_str()) == 0) {
    BreakLost();
    return failure_->status;
  }
  for (bool done = false; !done && !broken_;) {
    while (!broken_ && !done && PQisBusy(conn_) == 0) {
      pg_result* const result = PQgetResult(conn_);
      done = result == nullptr;
      const ExecStatusType status = PQresultStatus(result);
      if (!done && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
          status != PGRES_EMPTY_QUERY) {
        FailAs(result, "", -1);
      }
      PQclear(result);
    }
    if (!done && !broken_) PollOnce(deadline);
  }
  if (!broken_ && PQenterPipelineMode(conn_) == 0) BreakLost();
  return failure_ ? failure_->status : absl::OkStatus();
}

bool Conn::Alive() {
  pollfd entry{PQsocket(conn_), POLLIN, 0};
  while (!broken_ && poll(&entry, 1, 0) > 0) {
    Consume();
    if (!broken_) ReadAnswers();
  }
  return !broken_;
}

int Conn::Hear(int stop, absl::Time deadline) {
  if (const int heard = TakeNotifications(); heard > 0) return heard;
  std::array<pollfd, 2> entries{{{PQsocket(conn_), POLLIN, 0}, {stop, POLLIN, 0}}};
  if (poll(entries.data(), entries.size(), PollMillis(deadline)) > 0 && entries[0].revents != 0) {
    Consume();
  }
  return TakeNotifications();
}

int Conn::TakeNotifications() {
  int taken = 0;
  while (PGnotify* const notification = PQnotifies(conn_)) {
    PQfreemem(notification);
    ++taken;
  }
  return taken;
}

bool Conn::InTransaction() const { return PQtransactionStatus(conn_) != PQTRANS_IDLE; }

}  // namespace gratis::pg
