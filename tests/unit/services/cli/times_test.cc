#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/civil.h"
#include "common/status/reasons.h"
#include "services/cli/failure.h"
#include "services/cli/gift_words.h"
#include "services/cli/proto_values.h"
#include "services/cli/time_options.h"

namespace gratis::cli {
namespace {

std::string Parsed(std::string_view text, const char* zone, DayAs as) {
  const absl::StatusOr<absl::Time> time = ParseTime(text, *base::LoadZone(zone), as);
  return time.ok() ? base::FormatTime(*time) : std::string(time.status().message());
}

TEST(Times, ADayIsOfTheZoneAndBeginsIsOrEnds) {
  constexpr char kNewYork[] = "America/New_York";
  EXPECT_EQ(Parsed("2026-11-30", kNewYork, DayAs::kBeginning), "2026-11-30T05:00:00.000000Z");
  EXPECT_EQ(Parsed("2026-11-30", kNewYork, DayAs::kNoon), "2026-11-30T17:00:00.000000Z");
  EXPECT_EQ(Parsed("2026-11-30", kNewYork, DayAs::kEnd), "2026-12-01T05:00:00.000000Z");
  // The clocks go forward at midnight: the day begins at one.
  EXPECT_EQ(Parsed("2027-09-05", "America/Santiago", DayAs::kBeginning),
            "2027-09-05T04:00:00.000000Z");
}

TEST(Times, ATimeIsTheSameWhateverADayWouldBe) {
  for (const DayAs as : {DayAs::kBeginning, DayAs::kNoon, DayAs::kEnd}) {
    EXPECT_EQ(Parsed("2026-11-30 18:05", "Europe/Zurich", as), "2026-11-30T17:05:00.000000Z");
    EXPECT_EQ(Parsed("2026-11-30T18:05:00Z", "Europe/Zurich", as), "2026-11-30T18:05:00.000000Z");
  }
}

TEST(Times, TodayStandsForNowWhereItMustNotBeAheadOrBehind) {
  const absl::TimeZone zone = *base::LoadZone("America/New_York");
  const absl::Time morning = absl::FromCivil(absl::CivilHour(2026, 11, 30, 7), zone);
  const absl::Time evening = absl::FromCivil(absl::CivilHour(2026, 11, 30, 21), zone);
  EXPECT_TRUE(MeansNow("2026-11-30", zone, DayAs::kNoon, morning));
  EXPECT_FALSE(MeansNow("2026-11-30", zone, DayAs::kNoon, evening));
  for (const absl::Time now : {morning, evening}) {
    EXPECT_TRUE(MeansNow("2026-11-30", zone, DayAs::kBeginning, now));
    EXPECT_TRUE(MeansNow("2026-11-30", zone, DayAs::kEnd, now));
    EXPECT_FALSE(MeansNow("2026-12-01", zone, DayAs::kNoon, now));  // in UTC it is that day
    EXPECT_FALSE(MeansNow("2026-11-29", zone, DayAs::kEnd, now));
    EXPECT_FALSE(MeansNow("2026-11-30 23:59", zone, DayAs::kNoon, now));
  }
  EXPECT_FALSE(MeansNow("2026-11-30", zone, DayAs::kNoon, absl::InfinitePast()));
}

TEST(Times, ADayThatStandsForNowIsNotSentTwiceUnderOneId) {
  const absl::TimeZone zone = *base::LoadZone("Europe/Zurich");
  const absl::Time morning = absl::FromCivil(absl::CivilHour(2026, 11, 30, 9), zone);
  const absl::Time afternoon = absl::FromCivil(absl::CivilHour(2026, 11, 30, 13), zone);
  const auto at = [&](absl::Time now, const char* text, DayAs as, const char* request_id) {
    return TimeAt(now, text, zone, "--at", as, request_id);
  };
  const auto now = at(morning, "2026-11-30", DayAs::kNoon, "");
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_FALSE(now->has_value());
  for (const DayAs as : {DayAs::kNoon, DayAs::kBeginning}) {
    const absl::Status refused = at(morning, "2026-11-30", as, "earn-1").status();
    EXPECT_EQ(ExitCodeOf(refused), kWrongUsage) << refused;
    EXPECT_EQ(FieldOf(refused), "--at");
    EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("say the hour"));
  }
  // Of these a second run says the same.
  for (const char* text : {"2026-11-29", "2026-11-30 08:30"}) {
    const auto first = at(morning, text, DayAs::kNoon, "earn-1");
    const auto second = at(afternoon, text, DayAs::kNoon, "earn-1");
    ASSERT_TRUE(first.ok() && first->has_value()) << first.status();
    ASSERT_TRUE(second.ok() && second->has_value()) << second.status();
    EXPECT_EQ(FromProto(**first), FromProto(**second));
  }
  const auto noon = at(afternoon, "2026-11-30", DayAs::kNoon, "earn-1");
  ASSERT_TRUE(noon.ok() && noon->has_value()) << noon.status();
  EXPECT_TRUE(at(morning, "2026-11-30", DayAs::kEnd, "read-1").ok());
}

TEST(Percent, IsWrittenAsPeopleDo) {
  EXPECT_EQ(PercentOff(2000), "20% off");
  EXPECT_EQ(PercentOff(1250), "12.5% off");
  EXPECT_EQ(PercentOff(1), "0.01% off");
  EXPECT_EQ(PercentOff(10'000), "100% off");
}

}  // namespace
}  // namespace gratis::cli
