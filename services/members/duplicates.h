#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "services/members/members.h"

namespace gratis::members {

inline constexpr size_t kMaxDuplicates = 100;

// Who may be the same person as a member, by MayBeOne, of those who are members still; at most
// kMaxDuplicates, out of the first thousand with that day of birth. Errors: MEMBER_NOT_FOUND,
// MEMBER_ERASED, BOOKS_DAMAGED, and those of the database. `deadline` is real time.
absl::StatusOr<std::vector<MemberId>> FindDuplicates(const Members& members,
                                                     const ledger::Program& program,
                                                     const MemberId& member, absl::Time deadline);

}  // namespace gratis::members
