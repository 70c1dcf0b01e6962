#pragma once

#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/mutation.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

// Posts a set of mutations of one partition in one transaction: lock the head, look up request ids,
// load, decide, write, journal, chain, commit. The one function that changes the books.
//
// Each mutation succeeds or fails by itself. A set that fails as a whole for a reason that some
// item may have caused is posted item by item. After a lost COMMIT answer the set is run again,
// which begins by looking up its request ids under the head's lock, so nothing is posted twice.
//
// Returns one outcome per mutation, in order. `deadline` is real time.
std::vector<Outcome> RunSet(pg::Pool& pool, std::string_view chain_key, absl::Time deadline,
                            absl::Span<Pending> set);

}  // namespace gratis::ledger
