#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/embedded.h"
#include "common/pg/subprocess.h"

namespace gratis::pg {

// Empty where there is no such file, or none to read.
std::string ReadAll(const std::string& path);

// Held by whoever creates, starts or stops a cluster; the kernel lets go of it when they die.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Take(const std::string& path, absl::Time deadline);
  ~FileLock();
  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// The folders of one embedded cluster, who owns them, and which programs serve it.
class ClusterDir {
 public:
  // Makes the folders that are missing.
  static absl::StatusOr<ClusterDir> Open(const EmbeddedOptions& options);

  std::string data() const { return root_ + "/data"; }
  std::string start_log() const { return root_ + "/log/start.log"; }
  std::string log_dir() const { return root_ + "/log"; }
  std::string lock_file() const { return root_ + "/lock"; }
  const std::string& socket_dir() const { return socket_dir_; }

  // Whether there is a whole cluster. One whose initdb did not finish does not count.
  bool HasCluster() const;
  absl::Status CreateCluster(absl::Time deadline) const;
  // Writes gratis.conf anew: settings may have come or changed with a newer version.
  absl::Status WriteSettings() const { return WriteSettingsIn(data()); }

  // The running server's process id, if one runs here.
  std::optional<pid_t> ServerPid() const;
  // Removes lock files of a dead server whose process id somebody else has now; PostgreSQL would
  // take that process for it and refuse to start.
  void RemoveStaleLocks() const;

  // Runs one of PostgreSQL's programs as the cluster's user; exit status.
  absl::StatusOr<int> Run(const std::string& program, std::vector<std::string> arguments,
                          absl::Time deadline) const;

 private:
  ClusterDir() = default;
  absl::Status ChooseBinDir();
  absl::Status ChooseSocketDir();
  absl::Status MakeOwned(const std::string& path) const;
  absl::Status WriteOwned(const std::string& path, const std::string& text) const;
  absl::Status WriteSettingsIn(const std::string& dir) const;
  uid_t OwnerUid() const;

  EmbeddedOptions options_;
  std::string root_;  // canonical
  std::string socket_dir_;
  std::string bin_dir_;
  std::optional<UnixUser> user_;  // when it is not ourselves
};

}  // namespace gratis::pg
