#include "common/house/clock.h"

#include "common/house/house_sql.h"
#include "common/status/macros.h"

namespace gratis::house {
namespace {

constexpr absl::Duration kReadLimit = absl::Seconds(1);

}  // namespace

absl::StatusOr<ProgramClock::Reading> ProgramClock::Read(int32_t program, absl::Time deadline) {
  const absl::Time real = real_.Now();
  if (!development_) return Reading{real, false};
  Reading reading{real, false};
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadClock, program));
    reading = rows.empty() ? Reading{real, false} : Reading{rows[0].Get<absl::Time>(0), true};
    return absl::OkStatus();
  }));
  std::lock_guard lock(mutex_);
  if (reading.manual) {
    seen_[program] = reading.now;
  } else {
    seen_.erase(program);
  }
  return reading;
}

absl::Time ProgramClock::Now(int32_t program) {
  const absl::StatusOr<Reading> reading = Read(program, real_.Now() + kReadLimit);
  if (reading.ok()) return reading->now;
  std::lock_guard lock(mutex_);
  const auto seen = seen_.find(program);
  return seen == seen_.end() ? real_.Now() : seen->second;
}

void SetClock(pg::Tx& tx, int32_t program, absl::Time now) {
  tx.Send(sql::kSetClock, program, now);
}

}  // namespace gratis::house
