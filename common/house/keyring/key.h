#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/house/keyring/role.h"

namespace gratis::house {

// How often a key may call in each process: on average, and in a row after a pause.
struct CallLimit {
  int32_t calls_per_second = 0;  // 0: as often as it likes
  int32_t burst_calls = 0;       // not less than calls_per_second

  friend bool operator==(const CallLimit&, const CallLimit&) = default;
};

// An API key as it is stored: who may call, as what, for which program; never its secret.
struct KeyRecord {
  KeyId key_id;
  Role role = Role::kUnspecified;
  std::optional<int32_t> program;  // its number; nothing: all programs
  std::string label;
  absl::Time created_at;
  std::optional<absl::Time> revoked_at;
  std::string store;  // whose orders alone it deals with; empty: all
  CallLimit limit;
  int32_t generation = 1;  // of its secret
  std::optional<absl::Time> rotated_at;
  std::optional<absl::Time> previous_until;  // how long the secret before works, too
  std::optional<absl::Time> last_used_at;    // the hour, noted late
};

// "gk_<26 characters of the key id>_<43 characters of secret>": what the holder presents. The
// secret is HMAC-SHA-256 of the key id, and of the generation from the second one on, under
// `api_key_secret` (the vault's "api-key"), so a replayed CreateKey or RotateKey can say it again
// although nothing stores it.
std::string MakeKeyText(const KeyId& key_id, std::string_view api_key_secret,
                        int32_t generation = 1);

// The key id in what was presented. Errors: KEY_INVALID.
absl::StatusOr<KeyId> KeyIdIn(std::string_view presented);

// What is stored of a key: SHA-256 of its whole text.
std::string KeyHash(std::string_view presented);

}  // namespace gratis::house
