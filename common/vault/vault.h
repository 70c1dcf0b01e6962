#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/vault/master_key_source.h"
#include "common/vault/secret.h"

namespace gratis::vault {

// A data key, wrapped by the master key for one owner: version of the master key (4 bytes, big
// endian), nonce, key and tag. This is what the database holds; without the master key it is noise,
// and whoever deletes it has erased everything that was sealed with it.
struct SealedKey {
  std::string bytes;

  // Of the master key that wraps it; 0 when it is not a wrapped key.
  int version() const;

  static constexpr size_t kBytes = 4 + 12 + 32 + 16;
  friend bool operator==(const SealedKey&, const SealedKey&) = default;
};

// Keeps personal data: each owner (a member) has a random data key of their own, wrapped by the
// newest version of the master key, which is in no database. Everything else that must be secret or
// keyed is derived by a label from the *root*: random bytes that are made once, are kept in the
// database wrapped by the master key, and never change, so that another version of the master key
// only has to wrap them again. Thread-safe.
//
//   SealedKey key = vault.NewDataKey(member_id_bytes);
//   ASSIGN_OR_RETURN(std::string sealed, vault.Seal(key, member_id_bytes, profile));
//   ASSIGN_OR_RETURN(std::string profile, vault.Open(key, member_id_bytes, sealed));
class Vault {
 public:
  // `keys` has `current`, which wraps what is new; `source` is where versions are looked for that
  // are given later. Errors: MASTER_KEY_INVALID.
  static absl::StatusOr<Vault> FromRoot(Secret root, const std::vector<MasterKey>& keys,
                                        int current,
                                        std::optional<MasterKeySource> source = std::nullopt);
  // A vault whose root is its one master key, of 32 bytes; `version` counts from 1. So was every
  // vault before there were roots. Errors: MASTER_KEY_INVALID.
  static absl::StatusOr<Vault> FromMasterKey(std::string master_key, int version);

  // 32 bytes for one purpose, always the same for the same root (HKDF-SHA256, the label as `info`).
  // The vault's own label is "directory", and "wrap" and "check" from each version of the master
  // key; the others', which may never change either: "api-key", "card-number", "chain", "erasures",
  // "fingerprint", "first-key-id", "member-token", "one-time-code", "page-token", "proof",
  // "qr-token", "service", "unsubscribe", "voucher-code",
  // "webhook-secret".
  std::string Derive(std::string_view label) const;

  // A keyed hash of 16 bytes under which something can be found without being readable: an
  // identifier or a day, in the one form that all its spellings share. `kind` has no NUL.
  std::string LookupKey(int32_t program, std::string_view kind, std::string_view normalized) const;

  // What the database keeps to know a master key by; it tells nothing about the key.
  static std::string CheckValueOf(const MasterKey& key);
  // Of a version that is given. Errors: MASTER_KEY_INVALID.
  absl::StatusOr<std::string> CheckValue(int version) const;

  // The root, wrapped by a version that is given, for the database. Errors: MASTER_KEY_INVALID.
  absl::StatusOr<SealedKey> WrapRoot(int version) const;
  // Errors: BOOKS_DAMAGED (changed since, or another key).
  static absl::StatusOr<Secret> UnwrapRoot(const SealedKey& wrapped, const MasterKey& key);

  // A new random data key. `owner` is bound into it: it opens for no other.
  SealedKey NewDataKey(std::string_view owner) const;
  // The same data key, wrapped by the version that wraps new ones. Errors: as Open.
  absl::StatusOr<SealedKey> Rewrap(const SealedKey& key, std::string_view owner) const;

  // `plaintext` under the owner's data key, with a random nonce; 28 bytes longer. `owner` is bound
  // into it as well. Errors: as Open.
  absl::StatusOr<std::string> Seal(const SealedKey& key, std::string_view owner,
                                   std::string_view plaintext) const;

  // What was sealed. Errors: MASTER_KEY_INVALID (wrapped by a version that is not given);
  // BOOKS_DAMAGED (changed since, or another owner's).
  absl::StatusOr<std::string> Open(const SealedKey& key, std::string_view owner,
                                   std::string_view sealed) const;

  // The version that wraps what is new.
  int version() const;
  // From now on that is `version`, which the database knows by `check_value`; never goes back.
  // Errors: MASTER_KEY_INVALID (not given to this process, or another key).
  absl::Status WrapBy(int version, std::string_view check_value);

  // All versions given, lowest first, without their bytes. Looks for more.
  absl::StatusOr<std::vector<MasterKey>> Given() const;
  // As MasterKeySource::CheckMakes and Make.
  absl::Status CheckMakes(int version) const;
  absl::Status MakeKey(int version) const;

 private:
  struct Keys;   // what is known of the master key's versions
  struct State;  // the root, and the keys as of now

  explicit Vault(std::unique_ptr<State> state);

  std::shared_ptr<const Keys> keys() const;
  // The key that wraps by `version`, looked for if need be. Errors: MASTER_KEY_INVALID.
  absl::StatusOr<std::shared_ptr<const Keys>> KeysWith(int version) const;
  absl::StatusOr<std::shared_ptr<const Keys>> LookForMore() const;
  absl::StatusOr<Secret> Unwrap(const SealedKey& key, std::string_view owner) const;

  struct Delete {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, Delete> state_;
};

}  // namespace gratis::vault
