#pragma once

#include <string>

#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "common/ledger/fact.h"
#include "services/members/tier_journal.h"
#include "services/members/tier_standing.h"

namespace gratis::members {

// The tiers of members of one partition, fed row by row with its journal. Whoever is not known when
// their first row comes is made known.
class TierBook {
 public:
  // `currency` is the program's.
  TierBook(TierLadders ladders, std::string currency)
      : ladders_(std::move(ladders)), currency_(std::move(currency)) {}
  TierBook(const TierBook&) = delete;
  TierBook& operator=(const TierBook&) = delete;

  // Takes up a member where they were put away.
  MemberTier& TakeUp(const MemberId& member, const TierStanding& standing,
                     std::vector<TierFact> facts);
  // `carried`: see Feed of tier_journal. Errors: BOOKS_DAMAGED.
  absl::Status Feed(const ledger::JournalRow& row, const CarriedFacts& carried);

  const TierLadders& ladders() const { return ladders_; }
  MemberTier* Find(const MemberId& member);
  using Members = absl::node_hash_map<MemberId, MemberTier>;
  Members& members() { return members_; }

 private:
  const TierLadders ladders_;
  const std::string currency_;
  Members members_;
};

}  // namespace gratis::members
