#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "services/members/members.h"
#include "services/members/proposal_rules.h"
#include "services/members/proposal_store.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

inline constexpr size_t kMaxDuplicates = 100;
// Of those who have a day of birth so many are looked at for one search: where a day is entered by
// default, it is that of a twentieth of all.
inline constexpr int64_t kMostLookedAt = 20'000;

// Somebody who may be the same person as a member.
struct Duplicate {
  MemberId member;
  std::optional<ProposedMerge> seen;  // what refused requests showed, and whether it was dismissed
  bool by_name = false;               // by MayBeOne
};

struct DuplicateList {
  std::vector<Duplicate> duplicates;  // those seen first, the last seen first
  bool more = false;  // than kMaxDuplicates, or there may be: not all were looked at
};

// Who may be the same person as a member, of those who may be merged: who was taken for them, and
// who has their day of birth and is one with them by MayBeOne. Looks at those who have that day, in
// pages, at most at `most` and not until the very deadline; then there are said to be more. Those
// who were dismissed are told only if `dismissed_too`. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED,
// BOOKS_DAMAGED, and those of the database. `deadline` is real time.
absl::StatusOr<DuplicateList> FindDuplicates(pg::Pool& pool, const Members& members,
                                             const ledger::Program& program, const MemberId& member,
                                             bool dismissed_too, absl::Time deadline,
                                             int64_t most = kMostLookedAt);

struct ProposalPage {
  std::vector<ProposedMerge> rows;    // the pair that was seen last first
  std::optional<ProposalPlace> next;  // behind which the next page begins
};

// At most `limit` pairs behind a place: all that are kept of `member`; if that is nil, of the whole
// program those of two who may still be merged. Those who were dismissed only if `dismissed_too`.
absl::StatusOr<ProposalPage> ReadProposalPage(pg::Pool& pool, const ledger::Program& program,
                                              const MemberId& member, const ProposalPlace& behind,
                                              bool dismissed_too, int32_t limit,
                                              absl::Time deadline);

}  // namespace gratis::members
