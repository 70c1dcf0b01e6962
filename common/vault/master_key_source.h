#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/vault/secret.h"

namespace gratis::vault {

inline constexpr int kMaxMasterKeyVersion = 10'000;

// One version of the master key: 32 bytes, and where a process was given them.
struct MasterKey {
  int version = 0;
  Secret bytes;
  std::string origin;  // "/var/lib/gratis/master.key.2", "master-keys"; for people
};

// Where a process finds the versions of its master key: in files, or written out in a setting.
// Versions that are given later are found without a restart when they are in files.
class MasterKeySource {
 public:
  // `path` is the file of version 1; version N is beside it as `path`.N. `text`, when not empty,
  // stands in place of all files: VERSION:64 hexadecimal digits, with commas between.
  MasterKeySource(std::string path, std::string text)
      : path_(std::move(path)), text_(std::move(text)) {}

  // All versions given, lowest first; none on a new instance. Errors: MASTER_KEY_INVALID; the
  // message repeats nothing of a key.
  absl::StatusOr<std::vector<MasterKey>> Read() const;

  // Makes the file of `version` with a new random key, unless it is there. Errors:
  // MASTER_KEY_INVALID (it cannot be written; keys are given in a setting).
  absl::Status Make(int version) const;

  // Whether keys are files, so that Make may make one. Errors: MASTER_KEY_INVALID.
  absl::Status CheckMakes(int version) const;
  // Where version `version` is, or would be.
  std::string PathOf(int version) const;

 private:
  absl::StatusOr<std::vector<MasterKey>> ReadText() const;

  std::string path_;
  std::string text_;
};

}  // namespace gratis::vault
