#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace gratis::vault {

// The 32 random bytes in the file `path`, which only its owner may read (0600). When there is no
// such file it is made, whole and on disk before it has its name: of several processes that start
// at once, all get the same key. Whoever loses the file loses every member's profile.
// Errors: MASTER_KEY_INVALID (unreadable, readable by others, not a regular file, not 32 bytes, a
// folder that cannot be written).
absl::StatusOr<std::string> LoadOrCreateMasterKey(const std::string& path);

// The same of a file that is there; nothing when it is not.
absl::StatusOr<std::optional<std::string>> LoadMasterKey(const std::string& path);

}  // namespace gratis::vault
