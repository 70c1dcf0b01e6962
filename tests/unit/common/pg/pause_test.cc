#include "common/pg/pause.h"

#include <gtest/gtest.h>

namespace gratis::pg {
namespace {

TEST(Pause, TakesItsTimeAndSaysThatSomeIsLeft) {
  const absl::Time start = RealNow();
  EXPECT_TRUE(Pause(absl::Milliseconds(20), absl::InfiniteFuture()));
  EXPECT_GE(RealNow() - start, absl::Milliseconds(20));
}

TEST(Pause, EndsAtTheDeadline) {
  const absl::Time start = RealNow();
  EXPECT_FALSE(Pause(absl::Hours(1), start + absl::Milliseconds(20)));
  EXPECT_LT(RealNow() - start, absl::Seconds(5));
  EXPECT_FALSE(Pause(absl::Hours(1), absl::InfinitePast()));
}

TEST(PollMillis, RoundsUpAndIsBounded) {
  EXPECT_EQ(PollMillis(absl::InfinitePast()), 0);
  EXPECT_EQ(PollMillis(absl::InfiniteFuture()), 60'000);
  EXPECT_GE(PollMillis(RealNow() + absl::Microseconds(900)), 0);
  EXPECT_EQ(PollMillis(RealNow() + absl::Microseconds(999'900)), 1'000);
}

}  // namespace
}  // namespace gratis::pg
