#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "services/members/tier_book.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

struct TierFinding {
  MemberId member;  // nil: nobody's
  std::string text;
};

// One partition's tiers made from its journal, from the first row on, and from nothing else but the
// journals of those who became part of its members. All of its members are kept in memory. Errors:
// BOOKS_DAMAGED, and those of the database.
class TierReplay {
 public:
  TierReplay(ledger::Program program, int32_t partition, TierLadders ladders)
      : program_(std::move(program)),
        partition_(partition),
        book_(std::move(ladders), program_.currency_code) {}

  // Reads on to the head, in short transactions. Every change of tier in the journal is held
  // against the one that followed from what came before it.
  absl::Status ReadAll(pg::Pool& pool, absl::Time deadline);
  // The same in the transaction given.
  absl::Status ReadOn(pg::Tx& tx);

  TierBook& book() { return book_; }
  const std::vector<TierFinding>& findings() const { return findings_; }
  int64_t changes() const { return changes_; }
  // How many of a member's changes were found in the journal.
  size_t journaled(const MemberId& member) const;

 private:
  absl::Status Take(const std::vector<ledger::JournalRow>& rows, const CarriedFacts& carried);
  absl::Status Compare(const ledger::JournalRow& row);

  const ledger::Program program_;
  const int32_t partition_;
  TierBook book_;
  int64_t reached_ = 0;
  absl::node_hash_map<MemberId, size_t> journaled_;
  std::vector<TierFinding> findings_;
  int64_t changes_ = 0;
};

// What recomputing a partition's tiers found.
struct TierVerification {
  std::vector<TierFinding> findings;
  int64_t members = 0;
  int64_t facts = 0;
  int64_t changes = 0;
};
// Recomputes a partition's tiers and compares: what was put away of each member, with what the
// journal says since, and each change. `partition` is one of the program's.
absl::StatusOr<TierVerification> VerifyTiers(pg::Pool& pool, const ledger::Program& program,
                                             int32_t partition, absl::Time deadline);

}  // namespace gratis::members
