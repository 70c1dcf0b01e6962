#pragma once

#include <mutex>

#include "absl/time/time.h"

namespace gratis::base {

// Where "now" comes from. It is read once at the edge of a request or job and passed down.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock, in whole microseconds, as PostgreSQL keeps time.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// A clock that a test moves. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time now) : now_(now) {}
  absl::Time Now() const override;
  void Set(absl::Time now);
  void Advance(absl::Duration by);

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
};

// `time` without what is finer than a microsecond.
absl::Time TruncateToMicros(absl::Time time);

}  // namespace gratis::base
