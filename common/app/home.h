#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gratis::app {

// Where an instance keeps what is its own:
//
//   admin.key               the first API key (0600)
//   master.key master.key.2 the versions of the master key (0600), unless given elsewhere
//   gratis.toml             settings, when there
//   erasures                who was erased, see services/members; never goes back with the database
//   postgres/               the embedded PostgreSQL
//   run/<program>.json      one per process that serves
//   tls/                    the instance's own CA and its server certificate
//
// Only its user gets at any of it; when that is root, PostgreSQL's user may pass through the home,
// to postgres/, and read nothing on the way.
class Home {
 public:
  // Makes what is missing. Errors: CONFIG_INVALID (with what cannot be written).
  static absl::StatusOr<Home> Open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string admin_key() const { return path_ + "/admin.key"; }
  std::string tls() const { return path_ + "/tls"; }
  std::string run() const { return path_ + "/run"; }

 private:
  explicit Home(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// A lock on a file, held while this lives; the kernel lets go of it when the process dies.
class FileLock {
 public:
  // Nothing when somebody else has it. Errors: CONFIG_INVALID (the file cannot be written).
  static absl::StatusOr<std::optional<FileLock>> Try(const std::string& path);

  ~FileLock();
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// Errors: CONFIG_INVALID.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Puts a file in place whole, or leaves what was there. `mode` as in chmod. Errors: CONFIG_INVALID.
absl::Status WriteFile(const std::string& path, std::string_view content, int mode);

}  // namespace gratis::app
