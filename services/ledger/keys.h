#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/house/keyring/key_table.h"
#include "common/ledger/mutation.h"

namespace gratis::ledger_service {

// The answer to store and send for a key; without its secret.
using KeyAnswer = std::function<std::string(const house::KeyRecord&)>;

// A key being made, posted in the house's books.
class KeyCreation final : public ledger::Mutation {
 public:
  // `key` without created_at.
  KeyCreation(TransactionId transaction, house::NewKey key, KeyAnswer answer);

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  const house::NewKey& key() const { return key_; }

 private:
  const TransactionId transaction_;
  house::NewKey key_;
  const KeyAnswer answer_;
};

class KeyCreations final : public ledger::KindOf<KeyCreation> {
 public:
  absl::Status WriteAll(pg::Tx& tx, absl::Span<KeyCreation* const> set) override;
};

// Keys as they stand in one run, what was changed in it included.
struct KeyInRun {
  house::KeyRecord record;
  std::optional<std::string> new_hash;  // of a secret it got in this run
};
using KeysInRun = std::map<KeyId, KeyInRun>;

// A key being changed or ended, posted in the house's books.
class KeyChange : public ledger::Mutation {
 public:
  KeyChange(TransactionId transaction, KeyId key_id, KeyAnswer answer);

  // Errors: KEY_NOT_FOUND, and those of Change.
  absl::StatusOr<std::string> Decide(ledger::Books& books) final;

  const KeyId& key_id() const { return key_id_; }
  void SetKeys(std::shared_ptr<KeysInRun> keys) { keys_ = std::move(keys); }
  // Only after a successful decision.
  house::ChangedKey changed() const;

 protected:
  // What the journal is to say; empty when nothing changes.
  struct Said {
    ledger::FactKind kind;
    std::string detail;
  };
  virtual absl::StatusOr<std::optional<Said>> Change(KeyInRun& key, absl::Time now) const = 0;

 private:
  const TransactionId transaction_;
  const KeyId key_id_;
  const KeyAnswer answer_;
  std::shared_ptr<KeysInRun> keys_;
};

class KeyChanges final : public ledger::KindOf<KeyChange> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<KeyChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<KeyChange* const> set) override;
};

// Ends a key; one that was ended before stays as it is.
class KeyRevocation final : public KeyChange {
 public:
  using KeyChange::KeyChange;

 private:
  absl::StatusOr<std::optional<Said>> Change(KeyInRun& key, absl::Time now) const override;
};

// Gives a key a new secret. Errors: KEY_ENDED; CONFLICT, when somebody else does at the same time.
class KeyRotation final : public KeyChange {
 public:
  KeyRotation(TransactionId transaction, KeyId key_id, KeyAnswer answer, absl::Duration overlap,
              std::string api_key_secret);

 private:
  absl::StatusOr<std::optional<Said>> Change(KeyInRun& key, absl::Time now) const override;

  const absl::Duration overlap_;
  const std::string api_key_secret_;
};

// Sets a key's label and limit. Errors: KEY_ENDED.
class KeySetting final : public KeyChange {
 public:
  KeySetting(TransactionId transaction, KeyId key_id, KeyAnswer answer, std::string label,
             house::CallLimit limit);

 private:
  absl::StatusOr<std::optional<Said>> Change(KeyInRun& key, absl::Time now) const override;

  const std::string label_;
  const house::CallLimit limit_;
};

}  // namespace gratis::ledger_service
