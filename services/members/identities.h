#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "common/ledger/program.h"

namespace gratis::pg {
class Tx;
}

namespace gratis::members {

// A name, and what the very same spelling was before (see Identifier). Where the two lead to
// different members, both are meant.
struct KnownName {
  ledger::DirectoryKey name;
  std::optional<ledger::DirectoryKey> older = {};
};

// The names that one caller knows a member by; at least one.
using KnownBy = std::vector<KnownName>;

// What is told of identifiers of several members: MEMBER_AMBIGUOUS. `fields`: those that they came
// in.
absl::Status MembersDiffer(std::string_view message, const std::set<MemberId>& members,
                           absl::Span<const std::string_view> fields);

// For each of `asked` the one member that all of its names lead to; all of them in two round trips
// at most. Errors of one: MEMBER_NOT_FOUND, MEMBER_AMBIGUOUS (metadata: member_ids, and the fields
// of IdentifyMemberRequest that lead to them; parted by commas), CARD_NOT_FOUND, CARD_NOT_LINKED,
// CARD_LOST, CARD_REPLACED, BOOKS_DAMAGED.
absl::StatusOr<std::vector<absl::StatusOr<MemberId>>> LocateAll(pg::Tx& tx,
                                                                const ledger::Program& program,
                                                                absl::Span<const KnownBy> asked);

}  // namespace gratis::members
