#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/pg/tx.h"
#include "services/thanks/purchase.h"

// What caps over several purchases have counted, one function per query.
namespace gratis::thanks {

// A member's window of a cap.
using WindowOfMember = std::pair<MemberId, CapWindow>;
using CapCounts = std::map<WindowOfMember, CapCount>;

// Those of these that were ever counted. Two steps, to travel with whatever else is asked.
pg::Tx::Asked AskCapCounts(pg::Tx& tx, int32_t partition, const std::set<WindowOfMember>& windows);
absl::StatusOr<CapCounts> TakeCapCounts(pg::Tx& tx, pg::Tx::Asked asked);

// Adds to what was counted.
void AddCapCounts(pg::Tx& tx, int32_t partition, const CapCounts& more);

}  // namespace gratis::thanks
