#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gratis::pg {

struct UnixUser {
  std::string name;
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;
};

// Errors: CONFIG_INVALID when there is no such user.
absl::StatusOr<UnixUser> FindUnixUser(const std::string& name);

struct Command {
  std::vector<std::string> argv;  // argv[0] is the program's path
  std::optional<UnixUser> as;     // nothing: as ourselves
  std::string dir;                // where it runs
  std::string output;             // the file that its output is appended to
};

// Runs a program to its end and returns its exit status. It gets a bare environment and no open
// files of ours, so that a daemon it leaves behind keeps nothing of this process.
// Errors: CONFIG_INVALID (the user may not enter `dir`, the program cannot be run);
// DATABASE_UNAVAILABLE (it did not end by the deadline, and was killed).
absl::StatusOr<int> RunToEnd(const Command& command, absl::Time deadline);

}  // namespace gratis::pg
