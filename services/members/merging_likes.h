#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/ledger/books.h"
#include "common/ledger/merging.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "common/vault/vault.h"
#include "services/members/merging_store.h"
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

// What came over being taken back: it goes, unless another who is part of the survivor said
// something of the same; then that counts. And a wish for no celebrations that came since is a no
// for both, so it is kept for the duplicate as well.
class LikesComeOver {
 public:
  // Errors: BOOKS_DAMAGED, MASTER_KEY_INVALID.
  absl::Status Load(pg::Tx& tx, const vault::Vault& vault, const ledger::Program& program,
                    const Parting& parting);
  // With the facts that say so, in the transactions of the undo. Returns how many go.
  absl::StatusOr<size_t> GiveBack(ledger::Books& books, const ledger::MergePair& undo);
  void Write(pg::Tx& tx, const ledger::Program& program) const;

 private:
  MemberId survivor_;
  std::vector<std::pair<MemberId, std::string>> go_;  // by lookup key
  std::vector<SealedPreference> anothers_;            // in the place of what came over
  std::optional<SealedPreference> duplicates_no_;     // loaded; when it is set is decided
};

}  // namespace gratis::members
