#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/tier_standing.h"

// The tables of tiers, one function per query. What is written is queued; its error surfaces with
// the transaction's next answer.
namespace gratis::members {

// A version of a policy as it is kept: `detail` is that of the fact that set it.
struct TierPolicyRow {
  int32_t version = 0;
  absl::Time set_at;
  std::string set_by;
  std::string detail;
};
// All versions, by number.
absl::StatusOr<std::vector<TierPolicyRow>> ReadTierPolicies(pg::Tx& tx,
                                                            const ledger::Program& program);
pg::Tx::Asked AskTierPolicies(pg::Tx& tx, const ledger::Program& program);
absl::StatusOr<std::vector<TierPolicyRow>> TakeTierPolicies(pg::Tx& tx, pg::Tx::Asked asked);
void InsertTierPolicy(pg::Tx& tx, const ledger::Program& program, const TierPolicyRow& row);

// How far the journal of each partition was read: 0 where it was not.
absl::StatusOr<ledger::Cursor> ReadTierCursors(pg::Tx& tx, const ledger::Program& program);
absl::StatusOr<int64_t> ReadTierCursor(pg::Tx& tx, int32_t partition);
void WriteTierCursor(pg::Tx& tx, int32_t partition, int64_t seq);

using TierStandings = std::map<MemberId, TierStanding>;
using TierFactsOf = std::map<MemberId, std::vector<TierFact>>;

// Members who are not known yet are absent. Errors, here and where standings are read below:
// BOOKS_DAMAGED.
absl::StatusOr<TierStandings> ReadTierMembers(pg::Tx& tx, int32_t partition,
                                              const std::vector<MemberId>& members);
// At most `limit` after `after`, by id.
absl::StatusOr<TierStandings> PageTierMembers(pg::Tx& tx, int32_t partition, const MemberId& after,
                                              int64_t limit);
// Of each member the facts at or after `horizon`, and those among `seqs`.
struct TierFactsWanted {
  std::vector<MemberId> members;
  std::vector<absl::Time> horizons;  // of each
  std::vector<int64_t> seqs;
};
absl::StatusOr<TierFactsOf> ReadTierFacts(pg::Tx& tx, int32_t partition,
                                          const TierFactsWanted& wanted);

// All that is put away of a member, and how far the journal was read.
struct StoredTier {
  std::optional<TierStanding> standing;  // nothing: not known yet
  std::vector<TierFact> facts;
  int64_t cursor = 0;
};
// Of each member, `partitions` being theirs. Two steps, to travel with whatever else is asked.
struct StoredTiersAsked {
  pg::Tx::Asked standings, facts, cursors;
};
StoredTiersAsked AskStoredTiers(pg::Tx& tx, const std::vector<int32_t>& partitions,
                                const std::vector<MemberId>& members);
absl::StatusOr<std::map<MemberId, StoredTier>> TakeStoredTiers(
    pg::Tx& tx, const StoredTiersAsked& asked, const std::vector<int32_t>& partitions,
    const std::vector<MemberId>& members);

// At most `limit` members whose tier changes by `now`, those due first.
absl::StatusOr<std::vector<MemberId>> FindDueTiers(pg::Tx& tx, int32_t partition, absl::Time now,
                                                   int64_t limit);
// At most `limit` members whose next change does not reckon with `version` of the policy.
absl::StatusOr<std::vector<MemberId>> FindUnplannedTiers(pg::Tx& tx, int32_t partition,
                                                         int32_t version, int64_t limit);

struct PlannedStanding {
  MemberId member;
  TierStanding standing;
  absl::Time next_due;  // InfiniteFuture: nothing is
};
void WriteTierMembers(pg::Tx& tx, int32_t partition, const std::vector<PlannedStanding>& standings,
                      int32_t planned);
void WriteTierFacts(pg::Tx& tx, int32_t partition,
                    const std::vector<std::pair<MemberId, TierFact>>& facts);
// Those of survivors that came over with the duplicate who is named beside each.
void DeleteTierFacts(pg::Tx& tx, int32_t partition,
                     const std::vector<std::pair<MemberId, MemberId>>& parted);

}  // namespace gratis::members
