#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "services/members/tier_standing.h"

// What the journal's rows say that concerns tiers, and how a change of tier is journaled.
namespace gratis::members {

// The kinds of facts that tiers are made from, those about tiers included.
const std::vector<ledger::FactKind>& TierKinds();

// That a duplicate became part of a survivor, or no longer is, as the survivor's row says it.
struct TierMerge {
  MemberId duplicate;
  int64_t place = 0;  // of the row of the duplicate's journal that says the same
};
// Nothing of rows of other kinds, of the duplicate's own, and of those from before tiers reckoned
// with merges: whoever followed the journal then has passed them by. Errors: BOOKS_DAMAGED.
absl::StatusOr<std::optional<TierMerge>> MergeIn(const ledger::Fact& fact);

// Points of a fact that were taken back.
struct TierTaken {
  MemberId whose;   // of what came over with a merge; nil: the member's own
  int64_t seq = 0;  // of the fact, in the journal of whose it is
  int64_t points = 0;
};
// Nothing of rows of other kinds. Errors: BOOKS_DAMAGED.
absl::StatusOr<std::optional<TierTaken>> TakenIn(const ledger::Fact& fact);

// What comes over with merges, by partition and seq of the survivors' rows that say so.
using CarriedFacts = std::map<std::pair<int32_t, int64_t>, std::vector<TierFact>>;

// Does to a member's tier what the row says; nothing, if it is of a profile and not of segments.
// `currency` is the program's; `carried` has what the row brings, if it is a merge. Errors:
// BOOKS_DAMAGED (a purchase that does not say what it cost, or segments or a merge that cannot be
// read).
absl::Status Feed(const ledger::JournalRow& row, std::string_view currency,
                  const CarriedFacts& carried, MemberTier& tier);

// The standing of a member whose first row this is.
TierStanding FirstStanding(const ledger::JournalRow& row);

// A change of tier as a fact, and back. Its transaction's id follows from whose change it is and
// when, so that the same change never has two. Errors: BOOKS_DAMAGED.
ledger::Fact FactOf(const TierMove& move, const MemberId& member, const ledger::Program& program);
absl::StatusOr<TierMove> MoveOf(const ledger::Fact& fact);

}  // namespace gratis::members
