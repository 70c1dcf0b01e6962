#include "common/base/clock.h"

#include <gtest/gtest.h>

namespace gratis::base {
namespace {

TEST(Clock, OfTheSystemHasNothingFinerThanAMicrosecond) {
  const SystemClock clock;
  for (int i = 0; i < 100; ++i) {
    const absl::Time now = clock.Now();
    EXPECT_EQ(now, TruncateToMicros(now));
  }
}

TEST(Clock, TruncatesTowardsThePast) {
  EXPECT_EQ(TruncateToMicros(absl::UnixEpoch() + absl::Nanoseconds(1999)), absl::FromUnixMicros(1));
  EXPECT_EQ(TruncateToMicros(absl::UnixEpoch() - absl::Nanoseconds(1)), absl::FromUnixMicros(-1));
}

TEST(Clock, OfATestStandsStillUntilItIsMoved) {
  ManualClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
  clock.Set(absl::FromUnixSeconds(7));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(7));
}

}  // namespace
}  // namespace gratis::base
