#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"

namespace gratis::messages {

// Removes what is kept no longer, in pages of a transaction each; `page` removes at most so many
// and returns how many it was. `deadline` is real time. Returns how many went in all. Errors:
// DRAINING (asked to stop; the next run goes on), and those of the database.
absl::StatusOr<int64_t> PurgeInPages(
    pg::Pool& pool, absl::Time deadline, const std::stop_token& stop,
    const std::function<absl::StatusOr<int64_t>(pg::Tx& tx, int32_t limit)>& page);

}  // namespace gratis::messages
