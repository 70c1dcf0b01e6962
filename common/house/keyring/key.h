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

// An API key as it is stored: who may call, as what, for which program; never its secret.
struct KeyRecord {
  KeyId key_id;
  Role role = Role::kUnspecified;
  std::optional<int32_t> program;  // its number; nothing: all programs
  std::string label;
  absl::Time created_at;
  std::optional<absl::Time> revoked_at;
};

// "gk_<26 characters of the key id>_<43 characters of secret>": what the holder presents. The
// secret is HMAC-SHA-256 of the key id under `api_key_secret` (the vault's "api-key"), so a
// replayed CreateKey can say it again although nothing stores it.
std::string MakeKeyText(const KeyId& key_id, std::string_view api_key_secret);

// The key id in what was presented. Errors: KEY_INVALID.
absl::StatusOr<KeyId> KeyIdIn(std::string_view presented);

// What is stored of a key: SHA-256 of its whole text.
std::string KeyHash(std::string_view presented);

}  // namespace gratis::house
