#pragma once

#include <string_view>
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

// Does to a member's tier what the row says; nothing, if it is of a profile and not of segments.
// `currency` is the program's. Errors: BOOKS_DAMAGED (a purchase that does not say what it cost, or
// segments that cannot be read).
absl::Status Feed(const ledger::JournalRow& row, std::string_view currency, MemberTier& tier);

// The standing of a member whose first row this is.
TierStanding FirstStanding(const ledger::JournalRow& row);

// A change of tier as a fact, and back. Its transaction's id follows from whose change it is and
// when, so that the same change never has two. Errors: BOOKS_DAMAGED.
ledger::Fact FactOf(const TierMove& move, const MemberId& member, const ledger::Program& program);
absl::StatusOr<TierMove> MoveOf(const ledger::Fact& fact);

}  // namespace gratis::members
