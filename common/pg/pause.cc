#include "common/pg/pause.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "common/base/clock.h"

namespace gratis::pg {

absl::Time RealNow() { return base::SystemClock().Now(); }

bool Pause(absl::Duration duration, absl::Time deadline) {
  const absl::Duration left = deadline - RealNow();
  if (left <= absl::ZeroDuration()) return false;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  // For a while, not until a time: were the machine's clock set back, that might be hours away.
  never.wait_for(lock, absl::ToChronoMicroseconds(std::min(duration, left)), [] { return false; });
  return duration < left;
}

int PollMillis(absl::Time deadline) {
  const absl::Duration left =
      std::clamp(deadline - RealNow(), absl::ZeroDuration(), absl::Minutes(1));
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
}

}  // namespace gratis::pg
