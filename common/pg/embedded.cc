#include "common/pg/embedded.h"

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "common/pg/cluster_dir.h"
#include "common/pg/conn.h"
#include "common/pg/pause.h"
#include "common/pg/pg_sql.h"
#include "common/pg/queries_run.h"
#include "common/status/macros.h"

namespace gratis::pg {
namespace {

constexpr std::string_view kDatabase = "gratis";
constexpr absl::Duration kStopTimeout = absl::Seconds(60);
constexpr absl::Duration kBetweenTries = absl::Milliseconds(50);

std::string SecondsLeft(absl::Time deadline) {
  return absl::StrCat(std::max<int64_t>(1, absl::ToInt64Seconds(deadline - RealNow())));
}

// Starts the server, which is not running. The children of one that was killed may live for a
// moment; PostgreSQL will not start beside them.
absl::Status Start(const ClusterDir& dir, absl::Time deadline) {
  dir.RemoveStaleLocks();
  RETURN_IF_ERROR(dir.WriteSettings());
  while (true) {
    ASSIGN_OR_RETURN(const int exit_status,
                     dir.Run("pg_ctl",
                             {"start", "-D", dir.data(), "-l", dir.start_log(), "--silent",
                              "--wait", "-t", SecondsLeft(deadline)},
                             deadline + absl::Seconds(5)));
    if (exit_status == 0) return absl::OkStatus();
    const std::string said = ReadAll(dir.start_log());
    const bool has_orphans = absl::StrContains(said, "pre-existing shared memory block");
    if (!has_orphans || !Pause(kBetweenTries, deadline)) {
      return Error(Reason::kDatabaseUnavailable,
                   absl::StrCat("The embedded PostgreSQL did not start; its log is in ",
                                dir.log_dir(), ":\n", said));
    }
  }
}

absl::Status EnsureDatabase(Conn& conn, absl::Time deadline) {
  const int asked =
      conn.Queue(sql::kDatabaseExists, Params::Of(kDatabase), Conn::Answer::kKeep, deadline);
  RETURN_IF_ERROR(conn.Flush(deadline));
  if (conn.Take(asked)[0].Get<bool>(0)) return absl::OkStatus();
  NoteQueryRun(sql::kCreateDatabase.name);
  return conn.RunScript(sql::kCreateDatabase.text, deadline);  // cannot run in a pipeline
}

}  // namespace

absl::StatusOr<EmbeddedPostgres> EmbeddedPostgres::StartOrAttach(const EmbeddedOptions& options) {
  const absl::Time deadline = RealNow() + options.start_timeout;
  ASSIGN_OR_RETURN(const ClusterDir dir, ClusterDir::Open(options));
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(dir.lock_file(), deadline));
  if (!dir.HasCluster()) RETURN_IF_ERROR(dir.CreateCluster(deadline));

  EmbeddedPostgres postgres(options, dir.socket_dir());
  while (true) {
    const std::optional<pid_t> running = dir.ServerPid();
    if (!running) RETURN_IF_ERROR(Start(dir, deadline));
    absl::StatusOr<std::unique_ptr<Conn>> conn =
        Conn::Open({postgres.conninfo("postgres"), "gratis", ""}, deadline);
    if (conn.ok()) {
      RETURN_IF_ERROR(EnsureDatabase(**conn, deadline));
      return postgres;
    }
    // It may be recovering, or about to stop.
    if (!Pause(kBetweenTries, deadline)) {
      return Error(Reason::kDatabaseUnavailable,
                   absl::StrCat("The embedded PostgreSQL (process ", running.value_or(0),
                                ") does not answer: ", Describe(*SqlErrorOf(conn.status())),
                                "\nIts log is in ", dir.log_dir()));
    }
  }
}

absl::Status EmbeddedPostgres::Stop(const EmbeddedOptions& options) {
  const absl::Time deadline = RealNow() + kStopTimeout;
  ASSIGN_OR_RETURN(const ClusterDir dir, ClusterDir::Open(options));
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(dir.lock_file(), deadline));
  if (!dir.ServerPid()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int exit_status,
                   dir.Run("pg_ctl",
                           {"stop", "-D", dir.data(), "-m", "fast", "--silent", "--wait", "-t",
                            SecondsLeft(deadline)},
                           deadline + absl::Seconds(5)));
  if (exit_status == 0 || !dir.ServerPid()) return absl::OkStatus();
  return Error(Reason::kDatabaseUnavailable,
               absl::StrCat("The embedded PostgreSQL did not stop; its log is in ", dir.log_dir()));
}

std::string EmbeddedPostgres::conninfo(std::string_view database) const {
  return absl::StrCat("host='", absl::StrReplaceAll(socket_dir_, {{"\\", "\\\\"}, {"'", "\\'"}}),
                      "' user=gratis dbname=", base::Abs(database));
}

}  // namespace gratis::pg
