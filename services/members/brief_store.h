#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/brief_past.h"

// The tables of briefs, one function per query. What is written is queued; its error surfaces with
// the transaction's next answer.
namespace gratis::members {

// How far the journal of each partition was read: 0 where it was not.
absl::StatusOr<ledger::Cursor> ReadBriefCursors(pg::Tx& tx, const ledger::Program& program);
// The same of one partition, which nobody else moves until the transaction ends.
absl::StatusOr<int64_t> LockBriefCursor(pg::Tx& tx, int32_t partition);
// Of a partition that is locked.
void WriteBriefCursor(pg::Tx& tx, int32_t partition, int64_t seq);

// Those of `days` that are visits.
absl::StatusOr<VisitDays> FindVisits(pg::Tx& tx, int32_t partition, const VisitDays& days);

// All days on which each of these members bought, `partitions` being theirs. Two steps, to travel
// with whatever else is asked.
pg::Tx::Asked AskVisitDays(pg::Tx& tx, const std::vector<int32_t>& partitions,
                           const std::vector<MemberId>& members);
absl::StatusOr<VisitDays> TakeVisitDays(pg::Tx& tx, pg::Tx::Asked asked);

void InsertPastPurchases(pg::Tx& tx, int32_t partition, const std::vector<PastPurchase>& purchases);
void AddToPasts(pg::Tx& tx, int32_t partition, const std::map<MemberId, Past>& additions);

// A member's past, so far as the journal was read, and how far that is.
struct StoredPast {
  Past past;
  std::vector<PastPurchase> last;  // at most so many as asked for, newest first
  int64_t cursor = 0;
};
// Of each member, `partitions` being theirs. Two steps, to travel with whatever else is asked.
struct PastsAsked {
  pg::Tx::Asked pasts, last, cursors;
};
PastsAsked AskPasts(pg::Tx& tx, const std::vector<int32_t>& partitions,
                    const std::vector<MemberId>& members, int64_t last);
absl::StatusOr<std::map<MemberId, StoredPast>> TakePasts(pg::Tx& tx, const PastsAsked& asked,
                                                         const std::vector<int32_t>& partitions,
                                                         const std::vector<MemberId>& members);

}  // namespace gratis::members
