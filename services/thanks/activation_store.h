#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/pg/tx.h"

// What waits some days longer than until its delivery, one function per query.
namespace gratis::thanks {

// Points of a delivered purchase that wait some days longer.
struct DueActivation {
  absl::Time due_at;
  PurchaseId purchase;
};
void InsertActivations(pg::Tx& tx, int32_t partition, absl::Span<const DueActivation> activations);
// At most `limit` that are due by `now`, behind a place, by when they were due.
absl::StatusOr<std::vector<DueActivation>> FindActivations(pg::Tx& tx, int32_t partition,
                                                           absl::Time now,
                                                           const DueActivation& after,
                                                           int32_t limit);
void DeleteActivations(pg::Tx& tx, int32_t partition, absl::Span<const DueActivation> activations);

}  // namespace gratis::thanks
