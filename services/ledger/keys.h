#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/house/keyring/keyring.h"
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

// Keys as they stand in one run, those ended in it included.
using KeysInRun = std::map<KeyId, house::KeyRecord>;

// A key being ended, posted in the house's books. One that was ended before stays as it is, and
// nothing is journaled.
class KeyRevocation final : public ledger::Mutation {
 public:
  KeyRevocation(TransactionId transaction, KeyId key_id, KeyAnswer answer);

  // Errors: KEY_NOT_FOUND.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  const KeyId& key_id() const { return key_id_; }
  void SetKeys(std::shared_ptr<KeysInRun> keys) { keys_ = std::move(keys); }
  // When it ended; only after a successful decision.
  absl::Time revoked_at() const { return *keys_->at(key_id_).revoked_at; }

 private:
  const TransactionId transaction_;
  const KeyId key_id_;
  const KeyAnswer answer_;
  std::shared_ptr<KeysInRun> keys_;
};

class KeyRevocations final : public ledger::KindOf<KeyRevocation> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<KeyRevocation* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<KeyRevocation* const> set) override;
};

}  // namespace gratis::ledger_service
