#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "common/ledger/program.h"

namespace gratis::pg {
class Tx;
}

namespace gratis::members {

// The names that one caller knows a member by; at least one.
using KnownBy = std::vector<ledger::DirectoryKey>;

// For each of `asked` the one member that all of its names lead to; all of them in two round trips
// at most. Errors of one: MEMBER_NOT_FOUND, MEMBER_AMBIGUOUS (metadata: member_ids, parted by
// commas), CARD_NOT_FOUND, CARD_NOT_LINKED, CARD_LOST, CARD_REPLACED, BOOKS_DAMAGED.
absl::StatusOr<std::vector<absl::StatusOr<MemberId>>> LocateAll(pg::Tx& tx,
                                                                const ledger::Program& program,
                                                                absl::Span<const KnownBy> asked);

}  // namespace gratis::members
