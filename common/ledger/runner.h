#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/mutation.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

enum class Bond {
  kNone,      // each mutation of the set succeeds or fails by itself
  kTogether,  // all of them, or none: the others then fail with BATCH_ABORTED
};

// Posts a set of mutations of one program in one transaction: lock the heads of their partitions,
// lowest first, look up request ids, load, decide, write, journal, chain, commit. The one function
// that changes the books.
//
// A set without bond that fails as a whole for a reason that some item may have caused is posted
// item by item. After a lost COMMIT answer the set is run again, which begins by looking up its
// request ids under the heads' locks, so nothing is posted twice.
//
// Returns one outcome per mutation, in order. `deadline` is real time.
std::vector<Outcome> RunSet(pg::Pool& pool, std::string_view chain_key, absl::Time deadline,
                            absl::Span<Pending> set, Bond bond = Bond::kNone);

// The partitions that a mutation posts in, lowest first.
std::set<int32_t> PartitionsOf(const Envelope& envelope);

}  // namespace gratis::ledger
