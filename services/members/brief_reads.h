#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/pg/tx.h"
#include "services/members/briefs.h"
#include "services/members/member_store.h"
#include "services/members/preference_store.h"

namespace gratis::members {

// A brief as it is read: but for what is sealed, and the facts that follow from all of it.
struct ReadBrief {
  Brief brief;
  MemberRow row;
  std::vector<SealedPreference> preferences;
};

// Of each question, all of one program: one round trip, but for those who are far behind, have
// something due or have others merged into them. In one snapshot (pg::Isolation::kRepeatableRead).
// Errors of one: as Briefs says; of all: those of the database, BOOKS_DAMAGED.
absl::StatusOr<std::vector<absl::StatusOr<ReadBrief>>> ReadBriefs(
    pg::Tx& tx, absl::Span<const BriefQuestion* const> questions);

// What of a brief the rules go by. Errors: INVALID_TIME_ZONE.
absl::StatusOr<BriefFacts> FactsOf(const Brief& brief, const BriefQuestion& question);

}  // namespace gratis::members
