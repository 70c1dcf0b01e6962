#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/standing.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// A member as the kernel knows them.
struct KnownHolder {
  MemberId member;
  absl::Time enrolled_at;
  MemberState state = MemberState::kNone;
};

// At most `limit` members of a partition after `after` (nil: from the first), by id, whatever their
// state; those who were merged or erased are among them.
absl::StatusOr<std::vector<KnownHolder>> PageHolders(pg::Tx& tx, int32_t partition,
                                                     const MemberId& after, int32_t limit);

// Whether any program has, or ever had, a member.
absl::StatusOr<bool> AnyHolder(pg::Tx& tx);

}  // namespace gratis::ledger
