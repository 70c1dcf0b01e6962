#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/pg/tx.h"

// Who did something and who did not, by the journal. What the engine does by itself, and a service
// for nobody in particular, is nobody's doing; but a consent is its member's word, even if a
// service passed it on (a link to unsubscribe).
namespace gratis::ledger {

// The last seq of a partition that was recorded before `at`; 0 if there is none. `last`: where the
// partition's journal ends.
absl::StatusOr<int64_t> LastSeqBefore(pg::Tx& tx, int32_t partition, int64_t last, absl::Time at);

// Of `members`, all of the partition, those who did nothing of `kinds` that took effect after
// `since`. Rows up to `after` are not looked at: nothing in them took effect after it.
absl::StatusOr<std::vector<MemberId>> FindIdle(pg::Tx& tx, int32_t partition,
                                               absl::Span<const MemberId> members,
                                               const std::vector<FactKind>& kinds, int64_t after,
                                               absl::Time since);

// What the whole journal has of one kind about one member.
struct FactTally {
  int64_t facts = 0;     // by whomever
  int64_t last_seq = 0;  // of what somebody did; 0: nobody did
  absl::Time last_effective_at = absl::InfinitePast();
  absl::Time last_recorded_at = absl::InfinitePast();  // of what somebody did, too
};
using FactTallies = std::map<MemberId, std::map<FactKind, FactTally>>;

// Of `members`, all of the partition. Reads all their rows, so it is for those who have few.
absl::StatusOr<FactTallies> TallyFacts(pg::Tx& tx, int32_t partition,
                                       absl::Span<const MemberId> members,
                                       const std::vector<FactKind>& kinds);

// Of `members`, all of the partition, those who have points held.
absl::StatusOr<std::set<MemberId>> FindHolding(pg::Tx& tx, int32_t partition,
                                               absl::Span<const MemberId> members);

}  // namespace gratis::ledger
