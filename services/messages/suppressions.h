#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/mutation.h"
#include "common/pg/tx.h"
#include "common/vault/vault.h"
#include "services/messages/message_ids.h"

// Addresses that are written to no more.
namespace gratis::messages {

// Stored; the contract has the same.
enum class SuppressionScope : int16_t { kMarketing = 1, kAll = 2 };
enum class SuppressionCause : int16_t {
  kUnsubscribed = 1,
  kBounced = 2,
  kComplained = 3,
  kByHand = 4
};

struct Suppression {
  SuppressionId id;
  std::string address_key;
  SuppressionScope scope = SuppressionScope::kAll;
  SuppressionCause cause = SuppressionCause::kByHand;
  absl::Time set_at;
  std::string set_by;
};

// How an address is known here: a keyed hash of it, the same for all spellings that reach one
// mailbox at the common servers (in upper and lower case, with spaces around).
std::string AddressKey(const vault::Vault& vault, int32_t program, std::string_view address);

// Whether the address is on the list, for what is marketing or for anything.
absl::StatusOr<bool> IsSuppressed(pg::Tx& tx, int32_t program, std::string_view address_key,
                                  bool marketing);

absl::StatusOr<std::vector<Suppression>> ReadSuppressions(
    pg::Tx& tx, int32_t program, const std::vector<std::string>& address_keys);
// At most `limit` made before `before`, newest first.
absl::StatusOr<std::vector<Suppression>> ListSuppressions(pg::Tx& tx, int32_t program,
                                                          const SuppressionId& before,
                                                          int32_t limit);

// The list as it stands in one run, by address key.
using SuppressionsInRun = std::map<std::string, std::optional<Suppression>>;

// An address being put on the list, or taken off it.
class SuppressionChange final : public ledger::Mutation {
 public:
  struct Wish {
    std::string address_key;
    bool on = true;
    SuppressionScope scope = SuppressionScope::kAll;
    SuppressionCause cause = SuppressionCause::kByHand;
  };
  using Answer = std::function<std::string(const Suppression&)>;

  SuppressionChange(Wish wish, SuppressionId id, TransactionId transaction, Answer answer);

  // Errors: SUPPRESSION_NOT_FOUND.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SuppressionChanges;

  const Wish wish_;
  const SuppressionId id_;  // if it is new
  const TransactionId transaction_;
  const Answer answer_;
  std::shared_ptr<SuppressionsInRun> run_;
};

class SuppressionChanges final : public ledger::KindOf<SuppressionChange> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SuppressionChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SuppressionChange* const> set) override;
};

absl::Status NotSuppressed();

}  // namespace gratis::messages
