#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/ledger/books.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "common/vault/vault.h"
#include "services/members/preference_store.h"

namespace gratis::members {

// What a duplicate likes and the survivor never said: it comes over, sealed with the survivor's
// key, as set when they were merged; by that time an undo knows it again. The survivor's own word
// stays, and what would be more than anybody may have stays behind.
class LikesOfBoth {
 public:
  // Errors: BOOKS_DAMAGED, MASTER_KEY_INVALID.
  absl::Status Load(pg::Tx& tx, const vault::Vault& vault, const ledger::Program& program,
                    const MemberId& survivor, const MemberId& duplicate);
  // With the fact that says so. Returns how many come over.
  absl::StatusOr<size_t> Take(ledger::Books& books, const TransactionId& transaction,
                              absl::Time effective_at);
  void Write(pg::Tx& tx, const ledger::Program& program) const;

 private:
  MemberId survivor_;
  std::vector<SealedPreference> come_;  // loaded; when they are set is decided
};

// What came over being taken back.
class LikesComeOver {
 public:
  absl::Status Load(pg::Tx& tx, const ledger::Program& program, const MemberId& survivor,
                    absl::Time merged_at);
  absl::StatusOr<size_t> GiveBack(ledger::Books& books, const TransactionId& transaction,
                                  absl::Time effective_at) const;
  void Write(pg::Tx& tx, const ledger::Program& program) const;

 private:
  MemberId survivor_;
  std::vector<std::pair<MemberId, std::string>> go_;  // by lookup key
};

}  // namespace gratis::members
