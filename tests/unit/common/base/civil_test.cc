#include "common/base/civil.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::base {
namespace {

TEST(Day, IsReadAsItIsWritten) {
  const auto day = ParseDay("2028-02-29");
  ASSERT_TRUE(day.ok()) << day.status();
  EXPECT_EQ(*day, absl::CivilDay(2028, 2, 29));
  EXPECT_EQ(FormatDay(*day), "2028-02-29");
  EXPECT_EQ(FormatDay(absl::CivilDay(33, 4, 3)), "0033-04-03");
}

TEST(Day, ThatDoesNotExistIsRefused) {
  for (const char* text : {"2027-02-29", "2027-04-31", "2027-13-01", "2027-00-10", "2027-01-00",
                           "0000-01-01", "1900-02-29"}) {
    EXPECT_EQ(ReasonOf(ParseDay(text).status()), Reason::kInvalidDate) << text;
  }
  EXPECT_EQ(ReasonOf(MakeDay(10000, 1, 1).status()), Reason::kInvalidDate);
  EXPECT_EQ(ReasonOf(MakeDay(2027, 1, 400).status()), Reason::kInvalidDate);
  EXPECT_TRUE(MakeDay(9999, 12, 31).ok());
  EXPECT_TRUE(MakeDay(1, 1, 1).ok());
}

TEST(Day, OfAnotherShapeIsRefused) {
  for (const char* text : {"", "2027-1-01", "27-01-01", "2027/01/01", "01.01.2027", "2027-01-01 ",
                           " 2027-01-01", "2027-01-0a", "-027-01-01", "2027--1-01", "2027-01--1"}) {
    EXPECT_EQ(ReasonOf(ParseDay(text).status()), Reason::kInvalidDate) << "\"" << text << "\"";
  }
}

TEST(Zone, IsANameOfTheDatabase) {
  EXPECT_TRUE(LoadZone("Europe/Zurich").ok());
  EXPECT_TRUE(LoadZone("UTC").ok());
  for (const char* name : {"", "Europe/Atlantis", "localtime", "/etc/localtime", ":UTC",
                           "../../../etc/localtime", "Europe/../UTC"}) {
    EXPECT_EQ(ReasonOf(LoadZone(name).status()), Reason::kInvalidTimeZone) << name;
  }
}

TEST(DayInAZone, BeginsAtItsFirstInstant) {
  const absl::TimeZone zurich = *LoadZone("Europe/Zurich");
  EXPECT_EQ(base::FormatTime(StartOfDay(absl::CivilDay(2027, 7, 1), zurich)),
            "2027-06-30T22:00:00.000000Z");
  // In Santiago clocks sprang from midnight to one: the day's first instant is one o'clock.
  const absl::TimeZone santiago = *LoadZone("America/Santiago");
  const absl::CivilDay sprung(2022, 9, 11);
  const absl::Time start = StartOfDay(sprung, santiago);
  EXPECT_EQ(DayOf(start, santiago), sprung);
  EXPECT_EQ(DayOf(start - absl::Microseconds(1), santiago), sprung - 1);
}

TEST(DayInAZone, DependsOnWhereOneStands) {
  const absl::Time instant = absl::FromUnixSeconds(1798758000);  // 2026-12-31T23:00:00Z
  EXPECT_EQ(DayOf(instant, absl::UTCTimeZone()), absl::CivilDay(2026, 12, 31));
  EXPECT_EQ(DayOf(instant, *LoadZone("Europe/Zurich")), absl::CivilDay(2027, 1, 1));
}

TEST(LeapYear, FollowsTheGregorianRule) {
  EXPECT_TRUE(IsLeapYear(2000));
  EXPECT_TRUE(IsLeapYear(2028));
  EXPECT_FALSE(IsLeapYear(2027));
  EXPECT_FALSE(IsLeapYear(2100));
}

TEST(Time, IsWrittenToTheMicrosecondInUtc) {
  EXPECT_EQ(base::FormatTime(absl::FromUnixMicros(1)), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(base::FormatTime(absl::FromUnixMicros(-1)), "1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace gratis::base
