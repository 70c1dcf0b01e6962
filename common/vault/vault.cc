#include "common/vault/vault.h"

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/cipher.h"

namespace gratis::vault {
namespace {

constexpr size_t kVersionBytes = 4;
constexpr size_t kLookupBytes = 16;
constexpr std::string_view kSalt = "gratis vault 1";

std::string BigEndian(uint32_t number) {
  std::string bytes(4, '\0');
  for (int i = 3; i >= 0; --i, number >>= 8) bytes[i] = static_cast<char>(number & 0xFF);
  return bytes;
}

absl::Status Damaged(std::string_view what) {
  return Error(Reason::kBooksDamaged,
               std::string(what) + " was changed after it was sealed, or belongs to someone else.");
}

}  // namespace

absl::StatusOr<Vault> Vault::FromMasterKey(std::string master_key, int version) {
  Secret master(std::move(master_key));
  if (master.view().size() != kKeyBytes) {
    return Error(Reason::kMasterKeyInvalid, "The master key must have exactly 32 bytes.");
  }
  if (version < 1) {
    return Error(Reason::kMasterKeyInvalid, "The master key's version must be at least 1.");
  }
  return Vault(std::move(master), version);
}

Vault::Vault(Secret master, int version)
    : master_(std::move(master)),
      wrapping_(Derive("wrap")),
      lookup_(Derive("directory")),
      version_(version) {}

std::string Vault::Derive(std::string_view label) const {
  return Hkdf(master_.view(), kSalt, label, kKeyBytes);
}

std::string Vault::LookupKey(int32_t program, std::string_view kind,
                             std::string_view normalized) const {
  std::string text = BigEndian(static_cast<uint32_t>(program));
  text.append(kind).append(1, '\0').append(normalized);
  const base::Digest digest = base::HmacSha256(lookup_.view(), text);
  return std::string(base::AsBytes(digest).substr(0, kLookupBytes));
}

std::string Vault::CheckValue() const { return Derive("check"); }

absl::Status Vault::Check(std::string_view stored) const {
  if (base::ConstantTimeEqual(stored, CheckValue())) return absl::OkStatus();
  return Error(Reason::kMasterKeyInvalid,
               "This database was sealed with another master key; start with the key file that it "
               "was created with.");
}

SealedKey Vault::NewDataKey(std::string_view owner) const {
  const Secret key(base::RandomBytes(kKeyBytes));
  const std::string nonce = base::RandomBytes(kNonceBytes);
  SealedKey sealed{BigEndian(static_cast<uint32_t>(version_))};
  sealed.bytes.append(nonce).append(Encrypt(wrapping_.view(), nonce, key.view(), owner));
  return sealed;
}

absl::StatusOr<Secret> Vault::Unwrap(const SealedKey& key, std::string_view owner) const {
  if (key.bytes.size() != SealedKey::kBytes) return Damaged("A data key");
  const std::string_view bytes = key.bytes;
  if (bytes.substr(0, kVersionBytes) != BigEndian(static_cast<uint32_t>(version_))) {
    return Error(Reason::kMasterKeyInvalid,
                 absl::StrCat("A data key is wrapped by another version of the master key than ",
                              version_, "."));
  }
  std::optional<std::string> plain =
      Decrypt(wrapping_.view(), bytes.substr(kVersionBytes, kNonceBytes),
              bytes.substr(kVersionBytes + kNonceBytes), owner);
  if (!plain) return Damaged("A data key");
  return Secret(*std::move(plain));
}

absl::StatusOr<std::string> Vault::Seal(const SealedKey& key, std::string_view owner,
                                        std::string_view plaintext) const {
  ASSIGN_OR_RETURN(const Secret data_key, Unwrap(key, owner));
  const std::string nonce = base::RandomBytes(kNonceBytes);
  return nonce + Encrypt(data_key.view(), nonce, plaintext, owner);
}

absl::StatusOr<std::string> Vault::Open(const SealedKey& key, std::string_view owner,
                                        std::string_view sealed) const {
  ASSIGN_OR_RETURN(const Secret data_key, Unwrap(key, owner));
  if (sealed.size() < kNonceBytes + kTagBytes) return Damaged("A sealed record");
  std::optional<std::string> plaintext =
      Decrypt(data_key.view(), sealed.substr(0, kNonceBytes), sealed.substr(kNonceBytes), owner);
  if (!plaintext) return Damaged("A sealed record");
  return *std::move(plaintext);
}

}  // namespace gratis::vault
