#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/books.h"
#include "common/ledger/merging.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/consent_store.h"
#include "services/members/merging_store.h"

// What two members who become one, and two again, said yes and no to.
namespace gratis::members {

// What one of the two says by being merged or parted, after all that they said before.
class AddedWords {
 public:
  absl::Status Load(pg::Tx& tx, const ledger::Program& program, const MemberId& member);
  absl::Status Say(ledger::Books& books, const ledger::Envelope& envelope,
                   const TransactionId& transaction, const std::vector<Consent>& words);
  void Write(pg::Tx& tx, const ledger::Program& program) const;

 private:
  MemberId member_;
  int64_t last_ = 0;                    // loaded: number of what they said last
  std::vector<MemberConsent> records_;  // decided
};

// Those of the duplicate that count for the survivor come over.
class WordsOfBoth {
 public:
  absl::Status Load(pg::Tx& tx, const ledger::Program& program, const MemberId& survivor,
                    const MemberId& duplicate);
  // Returns how many.
  absl::StatusOr<size_t> Take(ledger::Books& books, const ledger::Envelope& envelope,
                              const TransactionId& transaction);
  void Write(pg::Tx& tx, const ledger::Program& program) const { words_.Write(tx, program); }

 private:
  std::vector<Consent> taken_;  // loaded
  AddedWords words_;
};

// Grants that came over are taken back; and what the survivor refused since counts for the
// duplicate, too.
class WordsComeOver {
 public:
  absl::Status Load(pg::Tx& tx, const ledger::Program& program, const Parting& parting);
  // In the transactions of the undo. Returns how many are taken back.
  absl::StatusOr<size_t> GiveBack(ledger::Books& books, const ledger::Envelope& envelope,
                                  const ledger::MergePair& undo);
  void Write(pg::Tx& tx, const ledger::Program& program) const;

 private:
  std::vector<Consent> came_over_;  // loaded: the grants in force that are a duplicate's
  std::vector<Consent> own_;        // loaded: as if this duplicate's had not come over
  std::vector<Consent> refused_;    // loaded: since, as it counts for the duplicate
  AddedWords survivors_, duplicates_;
};

}  // namespace gratis::members
