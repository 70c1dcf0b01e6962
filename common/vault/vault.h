#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/vault/secret.h"

namespace gratis::vault {

// A data key, wrapped by the master key for one owner: version of the master key (4 bytes, big
// endian), nonce, key and tag. This is what the database holds; without the master key it is noise,
// and whoever deletes it has erased everything that was sealed with it.
struct SealedKey {
  std::string bytes;

  static constexpr size_t kBytes = 4 + 12 + 32 + 16;
  friend bool operator==(const SealedKey&, const SealedKey&) = default;
};

// Keeps personal data: each owner (a member) has a random data key of their own, wrapped by the
// versioned master key, which is in no database. Everything else that must be secret or keyed is
// derived from the master key by a label. Thread-safe.
//
//   SealedKey key = vault.NewDataKey(member_id_bytes);
//   ASSIGN_OR_RETURN(std::string sealed, vault.Seal(key, member_id_bytes, profile));
//   ASSIGN_OR_RETURN(std::string profile, vault.Open(key, member_id_bytes, sealed));
class Vault {
 public:
  // `master_key` has 32 bytes, `version` counts from 1. Errors: MASTER_KEY_INVALID.
  static absl::StatusOr<Vault> FromMasterKey(std::string master_key, int version);

  // 32 bytes for one purpose, always the same for the same master key (HKDF-SHA256, the label as
  // `info`). The vault's own labels are "wrap", "directory" and "check"; the others', which may
  // never change either: "api-key", "card-number", "chain", "fingerprint", "first-key-id",
  // "one-time-code", "page-token", "proof", "qr-token", "service", "voucher-code".
  std::string Derive(std::string_view label) const;

  // A keyed hash of 16 bytes under which something can be found without being readable: an
  // identifier or a day, in the one form that all its spellings share. `kind` has no NUL.
  std::string LookupKey(int32_t program, std::string_view kind, std::string_view normalized) const;

  // What the database keeps to know its master key by; it tells nothing about the key.
  std::string CheckValue() const;
  // Whether `stored` is this master key's check value. Errors: MASTER_KEY_INVALID.
  absl::Status Check(std::string_view stored) const;

  // A new random data key. `owner` is bound into it: it opens for no other.
  SealedKey NewDataKey(std::string_view owner) const;

  // `plaintext` under the owner's data key, with a random nonce; 28 bytes longer. `owner` is bound
  // into it as well. Errors: as Open.
  absl::StatusOr<std::string> Seal(const SealedKey& key, std::string_view owner,
                                   std::string_view plaintext) const;

  // What was sealed. Errors: MASTER_KEY_INVALID (wrapped by another version of the master key);
  // BOOKS_DAMAGED (changed since, or another owner's).
  absl::StatusOr<std::string> Open(const SealedKey& key, std::string_view owner,
                                   std::string_view sealed) const;

  int version() const { return version_; }

 private:
  Vault(Secret master, int version);

  absl::StatusOr<Secret> Unwrap(const SealedKey& key, std::string_view owner) const;

  Secret master_;
  Secret wrapping_;
  Secret lookup_;
  int version_;
};

}  // namespace gratis::vault
