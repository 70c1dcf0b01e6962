#include "common/pg/pause.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "common/base/clock.h"

namespace gratis::pg {

absl::Time RealNow() { return base::SystemClock().Now(); }

bool Pause(absl::Duration duration, absl::Time deadline) {
  const absl::Time until = std::min(RealNow() + duration, deadline);
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, absl::ToChronoTime(until), [] { return false; });
  return until < deadline;
}

int PollMillis(absl::Time deadline) {
  const absl::Duration left =
      std::clamp(deadline - RealNow(), absl::ZeroDuration(), absl::Minutes(1));
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
}

}  // namespace gratis::pg
