#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace gratis::base {

// A zone of the tz database by its name ("Europe/Zurich"). Errors: INVALID_TIME_ZONE.
absl::StatusOr<absl::TimeZone> LoadZone(std::string_view name);

// A day that exists. Errors: INVALID_DATE (31 April, year 0, 10000, …).
absl::StatusOr<absl::CivilDay> MakeDay(int64_t year, int64_t month, int64_t day);

// "YYYY-MM-DD". Errors: INVALID_DATE.
absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text);
std::string FormatDay(absl::CivilDay day);

// The first instant of `day` in `zone`, and the day that `time` falls on there.
absl::Time StartOfDay(absl::CivilDay day, const absl::TimeZone& zone);
absl::CivilDay DayOf(absl::Time time, const absl::TimeZone& zone);

bool IsLeapYear(int64_t year);

// RFC 3339 in UTC with microseconds: "2027-01-31T23:59:59.000001Z".
std::string FormatTime(absl::Time time);

}  // namespace gratis::base
