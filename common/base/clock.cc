#include "common/base/clock.h"

#include "absl/time/clock.h"

namespace gratis::base {

absl::Time TruncateToMicros(absl::Time time) {
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

absl::Time SystemClock::Now() const { return TruncateToMicros(absl::Now()); }

absl::Time ManualClock::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void ManualClock::Set(absl::Time now) {
  const std::lock_guard lock(mutex_);
  now_ = now;
}

void ManualClock::Advance(absl::Duration by) {
  const std::lock_guard lock(mutex_);
  now_ += by;
}

}  // namespace gratis::base
