#include "common/jobs/schedule.h"

#include <gtest/gtest.h>

#include <string>

namespace gratis::jobs {
namespace {

absl::Time At(const std::string& utc) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", utc, &time, &error)) << error;
  return time;
}

TEST(IsDue, OncePerPeriodOfUtc) {
  const struct {
    const char* ran;
    const char* now;
    absl::Duration every;
    bool due;
  } cases[] = {
      {"2027-03-01 09:00:00", "2027-03-01 09:00:00", absl::Minutes(15), false},
      {"2027-03-01 09:00:00", "2027-03-01 09:14:59.999999", absl::Minutes(15), false},
      {"2027-03-01 09:00:00", "2027-03-01 09:15:00", absl::Minutes(15), true},
      {"2027-03-01 09:14:59.999999", "2027-03-01 09:15:00", absl::Minutes(15), true},
      {"2027-03-01 09:14:59", "2030-03-01 09:15:00", absl::Minutes(15), true},
      {"2027-03-01 00:00:00", "2027-03-01 23:59:59", absl::Hours(24), false},
      {"2027-02-28 23:59:59", "2027-03-01 00:00:00", absl::Hours(24), true},
      // Before 1970 time goes forward too.
      {"1968-12-31 23:59:59", "1969-01-01 00:00:00", absl::Hours(24), true},
      {"1969-01-01 00:00:00", "1969-01-01 23:59:59", absl::Hours(24), false},
      // A clock that was moved back begins anew.
      {"2027-03-01 09:15:00", "1997-01-01 00:00:00", absl::Minutes(15), true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(IsDue(At(c.ran), At(c.now), c.every), c.due) << c.ran << " " << c.now;
  }
}

TEST(IsDue, AlwaysWhenItNeverRan) {
  EXPECT_TRUE(IsDue(std::nullopt, At("2027-03-01 09:00:00"), absl::Hours(1)));
}

}  // namespace
}  // namespace gratis::jobs
