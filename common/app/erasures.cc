#include "common/app/erasures.h"

#include <optional>

#include "absl/status/statusor.h"
#include "common/house/redone.h"
#include "common/ledger/holders.h"
#include "common/obs/log.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::app {
namespace {

constexpr absl::Duration kErasuresLimit = absl::Seconds(5);
constexpr absl::Duration kBetweenAsking = absl::Milliseconds(500);
constexpr int kAskedForEachLine = 120;  // a line a minute

// Whether nobody's erasure is to be done again.
absl::StatusOr<bool> AreRedone(pg::Pool& pool, absl::Time deadline) {
  bool redone = false;
  RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const house::ErasuresRedone erasures, house::ReadErasuresRedone(tx));
    redone = erasures.done;
    if (redone) return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool anybody, ledger::AnyHolder(tx));
    redone = !anybody;
    return absl::OkStatus();
  }));
  return redone;
}

bool MayPass(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason && Describe(*reason).retryable;
}

}  // namespace

absl::Status AwaitErasures(pg::Pool& pool, const base::Clock& clock, obs::Log& log,
                           absl::FunctionRef<bool(absl::Duration)> told_to_end) {
  for (int asked = 0;; ++asked) {
    const absl::StatusOr<bool> redone = AreRedone(pool, clock.Now() + kErasuresLimit);
    if (redone.ok() && *redone) return absl::OkStatus();
    if (!redone.ok() && !MayPass(redone.status())) return redone.status();
    if (asked % kAskedForEachLine == 0) {
      if (redone.ok()) {
        log.Warning(
            "waiting for gratis-members to do erasures again, as the database was started or "
            "restored since");
      } else {
        log.Warning("waiting for PostgreSQL", {{"failure", redone.status()}});
      }
    }
    if (told_to_end(kBetweenAsking)) return absl::CancelledError("told to end");
  }
}

}  // namespace gratis::app
