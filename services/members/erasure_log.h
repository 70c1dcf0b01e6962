#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"

namespace gratis::members {

// That somebody was erased, and nothing else about them.
struct LoggedErasure {
  absl::Time erased_at;
  int32_t program = 0;
  MemberId member;

  friend bool operator==(const LoggedErasure&, const LoggedErasure&) = default;
};

// The erasures of an instance, in a file outside its database, so that a database put back from an
// old copy learns of those that came after it. A line each: time, program, member, and an HMAC over
// these and the line before, under a key that is not in the file; so no line can be changed, put in
// or taken out before the last without being noticed. Only ever appended to; processes may share
// the file. Thread-safe.
class ErasureLog {
 public:
  // `key`: the vault's "erasures". Touches nothing yet.
  ErasureLog(std::string path, std::string key) : path_(std::move(path)), key_(std::move(key)) {}

  // All of them, in their order; none when there is no file. A last line that was cut off by a
  // crash, and so never counted, goes. Errors: BOOKS_DAMAGED (it was changed, or is shorter than it
  // was), INTERNAL (it cannot be read).
  absl::StatusOr<std::vector<LoggedErasure>> Read();

  // Adds those that are not in it yet; they are on disk when this returns. Errors: as Read.
  absl::Status Append(absl::Span<const LoggedErasure> erasures);

  const std::string& path() const { return path_; }

 private:
  class File;

  // Reads what this process and others appended since.
  absl::Status CatchUp(File& file);
  absl::Status TakeLine(const std::string& line);
  std::string Seal(const std::string& line) const;

  const std::string path_;
  const std::string key_;
  std::mutex mutex_;
  std::vector<LoggedErasure> erasures_;
  std::set<std::pair<int32_t, MemberId>> known_;
  std::string last_seal_;  // of the last line
  int64_t read_bytes_ = 0;
};

}  // namespace gratis::members
