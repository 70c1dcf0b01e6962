#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace gratis::obs {
class Log;
}
namespace gratis::pg {
class Pool;
}

namespace gratis::app {

// Waits until the erasures that an old copy of the database knows nothing of were done again in it
// (common/house/redone.h), by whichever process does that; as long as it takes, and while
// PostgreSQL is away, too. A database that never had a member needs nobody to. `told_to_end` waits
// for the time it is given, and says whether the process was told to end meanwhile. `pool` is of a
// role that may read schemas house and ledger. Errors: CANCELLED (told to end), INTERNAL.
absl::Status AwaitErasures(pg::Pool& pool, const base::Clock& clock, obs::Log& log,
                           absl::FunctionRef<bool(absl::Duration)> told_to_end);

}  // namespace gratis::app
