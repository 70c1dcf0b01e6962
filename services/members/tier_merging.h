#pragma once

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/tier_journal.h"

namespace gratis::members {

// What those of a partition's rows bring that say that a duplicate became part of somebody:
// whatever counts for the duplicate's tier, as their journal says it up to the merge, and that of
// those who had become part of them. It is the same whenever it is read, since nothing is added
// there behind time; what is taken back later is a fact of the survivor's own journal
// (kMergedReversed). Rows of other kinds cost nothing. Errors: BOOKS_DAMAGED, and those of the
// database.
absl::StatusOr<CarriedFacts> ReadCarried(pg::Tx& tx, const ledger::Program& program,
                                         absl::Span<const ledger::JournalRow> rows);

}  // namespace gratis::members
