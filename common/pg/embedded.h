#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gratis::pg {

struct EmbeddedOptions {
  std::string home;                    // absolute; everything lives in <home>/postgres
  std::string bin_dir;                 // of initdb and pg_ctl; empty: the newest one that is there
  std::string unix_user = "postgres";  // whom the server runs as when we are root
  std::vector<std::pair<std::string, std::string>> settings;  // over those in embedded.cc
  bool durable = true;  // false: initdb and server skip fsync; only for tests
  absl::Duration start_timeout = absl::Seconds(60);
};

// A PostgreSQL of our own. The server is a daemon: it survives the process that started it, even
// that one's kill -9, and is found again by whoever starts or attaches next. It listens on a unix
// socket only, in a directory that only its user (and root) can enter; there, nobody needs a
// password. A server that was killed, or a machine that went down, is recovered by the next start.
//
//   <home>/postgres/data     the cluster (UTF-8, C.UTF-8, data checksums)
//   <home>/postgres/data/postgresql.conf    yours to edit, wins over gratis.conf beside it
//   <home>/postgres/log      the server's log, a week of it
//   <home>/postgres/socket   the socket; in /tmp/gratis-<hash> when that path is too long for one
class EmbeddedPostgres {
 public:
  // Starts the server under `options.home`, creating the cluster when there is none, or finds it
  // running. Any number of processes may do this at once.
  // Errors: CONFIG_INVALID (no PostgreSQL installed, no such unix user, a home that this user
  // cannot reach, a cluster of a version that is not installed); DATABASE_UNAVAILABLE (the server
  // did not come up: the message says why).
  static absl::StatusOr<EmbeddedPostgres> StartOrAttach(const EmbeddedOptions& options);

  // Stops the server under `options.home`, if one runs. Open transactions are rolled back.
  static absl::Status Stop(const EmbeddedOptions& options);
  absl::Status Stop() const { return Stop(options_); }

  // How to connect as its superuser, to database `gratis` or another one.
  std::string conninfo(std::string_view database = "gratis") const;

 private:
  EmbeddedPostgres(EmbeddedOptions options, std::string socket_dir)
      : options_(std::move(options)), socket_dir_(std::move(socket_dir)) {}

  EmbeddedOptions options_;
  std::string socket_dir_;
};

}  // namespace gratis::pg
