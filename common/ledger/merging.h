#pragma once

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/ops.h"

// How a member that turns out to be another's duplicate becomes part of them. What the duplicate
// has goes to the survivor lot by lot: a row takes it out of the old lot, a row of the survivor's
// makes a lot of the same expiry, age and origin. Between the two stands the account kTransferred,
// which is 0 over all partitions before and after. A voucher keeps its id and its code; its row in
// the survivor's partition says where it is now, and whose it was when issued leads there.
//
// The duplicate stays a holder, in state kMerged, with empty wallets. What was posted for it before
// can still be reversed: what comes of that goes on to the survivor, and what it takes, it takes
// from the survivor. What its lots became can be told by then: the row that emptied one says in its
// detail whose lot, and which, that was ({"became":17,"member":"mem_..."}). Rows from before this
// was said do not; what they moved counts as spent, and is made up for from what is available.
namespace gratis::ledger {

// MEMBER_MERGED (metadata: member_id, survivor_id).
absl::Status BecameOf(const MemberId& member, const MemberId& survivor);

struct MergePair {
  MemberId duplicate;
  MemberId survivor;
  TransactionId leaving;   // in the duplicate's partition
  TransactionId arriving;  // in the survivor's
  absl::Time effective_at;
  std::string source;
};

// What of one unit went from one to the other.
struct CarriedUnit {
  int64_t available = 0;
  int64_t pending = 0;
  int64_t debt = 0;  // below 0
  int64_t lots = 0;

  friend bool operator==(const CarriedUnit&, const CarriedUnit&) = default;
};
struct Carried {
  std::map<int16_t, CarriedUnit> units;
  int64_t vouchers = 0;
};

// Makes the two one, with the facts that say so for both. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED,
// MEMBER_MERGED (one of them is merged already), MERGE_REFUSED (metadata: why; `same`: they are one
// member; `states`: they stand differently, or left, or are restricted or deceased; `holds`: the
// duplicate has points held; `activation`: of its points some wait for an activation by their
// transaction's id).
absl::StatusOr<Carried> MergeMembers(Books& books, const MergePair& pair);

// Takes the merge apart again: each lot of the survivor's that it made goes back into the very lot
// it came from. `merge`: its two transactions, as they were posted; `undo`: those that undo it.
// Errors: MERGE_CONTRADICTED (metadata: why; `state`: the duplicate is not merged into this
// survivor, or the survivor left; `spent`: of what came over something was used, held, expired,
// activated or taken; `debt`: a debt came over or was repaid; `correction`: something from before
// was reversed since).
absl::StatusOr<Carried> UndoMerge(Books& books, const MergePair& merge, const MergePair& undo);

// Whom a member is part of, to the end of the chain; themselves if they are not merged. Errors:
// MEMBER_MERGED if the next of the chain is in a partition that is not posted in.
absl::StatusOr<MemberId> SurvivorOf(Books& books, const MemberId& member);

// For what is corrected on a merged member: brings at most `points` of the survivor's to it, to be
// taken there; and carries whatever it has now to the survivor.
absl::Status FetchFromSurvivor(Books& books, const Posting& posting, int64_t points);
absl::Status CarryToSurvivor(Books& books, const Posting& posting);

// The same for `points` that are taken back of what made the posting's member's `lot`: first from
// what the lot became with those whom they are part of, through whole chains. That goes back into
// the very lot, on the side it is on by now: expired (or forfeited), pending, available. Then
// whatever else the survivor has available. Returns how much of what the lot became is neither
// there nor spent: it is held, or stands in for points of other lots. 0 for a member who is not
// merged; nothing is done then. `posting.unit`: the lot's.
absl::StatusOr<int64_t> FetchForLot(Books& books, const Posting& posting, const LotKey& lot,
                                    int64_t points);

// Says in the journal of each whom the posting's member is part of that `points` of what its row
// `seq` gave were taken back (kMergedReversed; detail: member, seq, points). So whoever follows
// their partition alone knows of it.
absl::Status TellSurvivors(Books& books, const Posting& posting, int64_t seq, int64_t points);

}  // namespace gratis::ledger
