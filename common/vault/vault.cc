#include "common/vault/vault.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

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
constexpr std::string_view kRootOwner = "root";  // no member's id has four bytes

std::string BigEndian(uint32_t number) {
  std::string bytes(4, '\0');
  for (int i = 3; i >= 0; --i, number >>= 8) bytes[i] = static_cast<char>(number & 0xFF);
  return bytes;
}

std::string DeriveFrom(std::string_view secret, std::string_view label) {
  return Hkdf(secret, kSalt, label, kKeyBytes);
}

absl::Status Damaged(std::string_view what) {
  return Error(Reason::kBooksDamaged,
               std::string(what) + " was changed after it was sealed, or belongs to someone else.");
}

absl::Status NotGiven(int version) {
  return Error(Reason::kMasterKeyInvalid,
               absl::StrCat("Version ", version,
                            " of the master key is not given to this process; put it beside the "
                            "others."));
}

SealedKey Wrap(std::string_view wrapping, int version, std::string_view owner,
               std::string_view key) {
  const std::string nonce = base::RandomBytes(kNonceBytes);
  SealedKey sealed{BigEndian(static_cast<uint32_t>(version))};
  sealed.bytes.append(nonce).append(Encrypt(wrapping, nonce, key, owner));
  return sealed;
}

absl::StatusOr<Secret> UnwrapWith(std::string_view wrapping, std::string_view owner,
                                  const SealedKey& key) {
  if (key.bytes.size() != SealedKey::kBytes) return Damaged("A data key");
  const std::string_view bytes = key.bytes;
  std::optional<std::string> plain = Decrypt(wrapping, bytes.substr(kVersionBytes, kNonceBytes),
                                             bytes.substr(kVersionBytes + kNonceBytes), owner);
  if (!plain) return Damaged("A data key");
  return Secret(*std::move(plain));
}

// One version of the master key, as a vault keeps it.
struct Known {
  Secret wrapping;
  std::string check_value;
  std::string origin;
};

}  // namespace

int SealedKey::version() const {
  if (bytes.size() != kBytes) return 0;
  uint32_t number = 0;
  for (size_t i = 0; i < kVersionBytes; ++i) {
    number = number << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return number <= static_cast<uint32_t>(kMaxMasterKeyVersion) ? static_cast<int>(number) : 0;
}

struct Vault::Keys {
  std::map<int, std::shared_ptr<const Known>> known;
  int current = 0;

  bool Has(int version) const { return known.count(version) > 0; }
  std::string_view Wrapping(int version) const { return known.at(version)->wrapping.view(); }
  // Errors: MASTER_KEY_INVALID.
  absl::Status Add(const std::vector<MasterKey>& keys) {
    for (const MasterKey& key : keys) {
      if (key.bytes.view().size() != kKeyBytes) {
        return Error(Reason::kMasterKeyInvalid, "The master key must have exactly 32 bytes.");
      }
      if (key.version < 1 || key.version > kMaxMasterKeyVersion) {
        return Error(Reason::kMasterKeyInvalid, "The master key's version must be at least 1.");
      }
      // What is known stays, so that nothing moves under those who use it.
      known.emplace(key.version,
                    std::make_shared<Known>(Known{Secret(DeriveFrom(key.bytes.view(), "wrap")),
                                                  CheckValueOf(key), key.origin}));
    }
    return absl::OkStatus();
  }
};

struct Vault::State {
  explicit State(Secret from)
      : root(std::move(from)), lookup(Secret(DeriveFrom(root.view(), "directory")).view()) {}

  const Secret root;
  const base::Hmac lookup;  // to be copied: to begin with its key costs more than to hash a name
  std::optional<MasterKeySource> source;
  std::mutex mutex;
  std::shared_ptr<const Keys> keys;
};

void Vault::Delete::operator()(State* state) const { delete state; }

Vault::Vault(std::unique_ptr<State> state) : state_(state.release()) {}

absl::StatusOr<Vault> Vault::FromRoot(Secret root, const std::vector<MasterKey>& keys, int current,
                                      std::optional<MasterKeySource> source) {
  auto known = std::make_shared<Keys>();
  RETURN_IF_ERROR(known->Add(keys));
  if (!known->Has(current)) return NotGiven(current);
  known->current = current;
  auto state = std::make_unique<State>(std::move(root));
  state->source = std::move(source);
  state->keys = std::move(known);
  return Vault(std::move(state));
}

absl::StatusOr<Vault> Vault::FromMasterKey(std::string master_key, int version) {
  Secret root{std::string(master_key)};
  std::vector<MasterKey> keys;
  keys.push_back({version, Secret(std::move(master_key)), "given"});
  return FromRoot(std::move(root), keys, version);
}

std::string Vault::Derive(std::string_view label) const {
  return DeriveFrom(state_->root.view(), label);
}

std::string Vault::LookupKey(int32_t program, std::string_view kind,
                             std::string_view normalized) const {
  std::string text = BigEndian(static_cast<uint32_t>(program));
  text.append(kind).append(1, '\0').append(normalized);
  base::Hmac hmac(state_->lookup);
  hmac.Update(text);
  const base::Digest digest = hmac.Finish();
  return std::string(base::AsBytes(digest).substr(0, kLookupBytes));
}

std::shared_ptr<const Vault::Keys> Vault::keys() const {
  const std::lock_guard lock(state_->mutex);
  return state_->keys;
}

absl::StatusOr<std::shared_ptr<const Vault::Keys>> Vault::LookForMore() const {
  if (!state_->source) return keys();
  ASSIGN_OR_RETURN(const std::vector<MasterKey> found, state_->source->Read());
  const std::lock_guard lock(state_->mutex);
  auto grown = std::make_shared<Keys>(*state_->keys);
  RETURN_IF_ERROR(grown->Add(found));
  state_->keys = std::move(grown);
  return state_->keys;
}

absl::StatusOr<std::shared_ptr<const Vault::Keys>> Vault::KeysWith(int version) const {
  std::shared_ptr<const Keys> now = keys();
  if (now->Has(version)) return now;
  ASSIGN_OR_RETURN(now, LookForMore());
  if (!now->Has(version)) return NotGiven(version);
  return now;
}

std::string Vault::CheckValueOf(const MasterKey& key) {
  return DeriveFrom(key.bytes.view(), "check");
}

absl::StatusOr<std::string> Vault::CheckValue(int version) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Keys> now, KeysWith(version));
  return now->known.at(version)->check_value;
}

absl::StatusOr<SealedKey> Vault::WrapRoot(int version) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Keys> now, KeysWith(version));
  return Wrap(now->Wrapping(version), version, kRootOwner, state_->root.view());
}

absl::StatusOr<Secret> Vault::UnwrapRoot(const SealedKey& wrapped, const MasterKey& key) {
  const Secret wrapping(DeriveFrom(key.bytes.view(), "wrap"));
  return UnwrapWith(wrapping.view(), kRootOwner, wrapped);
}

SealedKey Vault::NewDataKey(std::string_view owner) const {
  const Secret key(base::RandomBytes(kKeyBytes));
  const std::shared_ptr<const Keys> now = keys();
  return Wrap(now->Wrapping(now->current), now->current, owner, key.view());
}

absl::StatusOr<Secret> Vault::Unwrap(const SealedKey& key, std::string_view owner) const {
  if (key.version() == 0) return Damaged("A data key");
  ASSIGN_OR_RETURN(const std::shared_ptr<const Keys> now, KeysWith(key.version()));
  return UnwrapWith(now->Wrapping(key.version()), owner, key);
}

absl::StatusOr<SealedKey> Vault::Rewrap(const SealedKey& key, std::string_view owner) const {
  ASSIGN_OR_RETURN(const Secret data_key, Unwrap(key, owner));
  const std::shared_ptr<const Keys> now = keys();
  return Wrap(now->Wrapping(now->current), now->current, owner, data_key.view());
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

int Vault::version() const { return keys()->current; }

absl::Status Vault::WrapBy(int version, std::string_view check_value) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Keys> now, KeysWith(version));
  if (!base::ConstantTimeEqual(now->known.at(version)->check_value, check_value)) {
    return Error(Reason::kMasterKeyInvalid,
                 absl::StrCat("Version ", version,
                              " of the master key is another one here than where it was begun "
                              "with."));
  }
  const std::lock_guard lock(state_->mutex);
  if (state_->keys->current >= version) return absl::OkStatus();
  auto next = std::make_shared<Keys>(*state_->keys);
  next->current = version;
  state_->keys = std::move(next);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<MasterKey>> Vault::Given() const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Keys> now, LookForMore());
  std::vector<MasterKey> given;
  for (const auto& [version, known] : now->known) {
    given.push_back({.version = version, .bytes = {}, .origin = known->origin});
  }
  return given;
}

absl::Status Vault::CheckMakes(int version) const {
  return state_->source ? state_->source->CheckMakes(version) : NotGiven(version);
}

absl::Status Vault::MakeKey(int version) const {
  return state_->source ? state_->source->Make(version) : NotGiven(version);
}

}  // namespace gratis::vault
