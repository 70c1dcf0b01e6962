#include "common/base/civil.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::base {

absl::StatusOr<absl::TimeZone> LoadZone(std::string_view name) {
  absl::TimeZone zone;
  // Abseil also takes file names and "localtime"; a zone here is a name of the tz database.
  const bool looks_like_a_name = !name.empty() && name.front() != '/' && name.front() != ':' &&
                                 name.find("..") == std::string_view::npos && name != "localtime";
  if (looks_like_a_name && absl::LoadTimeZone(Abs(name), &zone)) return zone;
  return Error(Reason::kInvalidTimeZone,
               absl::StrCat("\"", Abs(name), "\" is not a zone of the tz database; write it as in ",
                            "Europe/Zurich, America/New_York or UTC"));
}

absl::StatusOr<absl::CivilDay> MakeDay(int64_t year, int64_t month, int64_t day) {
  const absl::CivilDay civil(year, month, day);
  if (year < 1 || year > 9999 || civil.year() != year || civil.month() != month ||
      civil.day() != day) {
    return Error(Reason::kInvalidDate,
                 absl::StrFormat("%04d-%02d-%02d is not a day of the calendar", year, month, day));
  }
  return civil;
}

absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text) {
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                      text.find_first_not_of("0123456789-") == std::string_view::npos;
  if (!shaped || !absl::SimpleAtoi(Abs(text.substr(0, 4)), &year) ||
      !absl::SimpleAtoi(Abs(text.substr(5, 2)), &month) ||
      !absl::SimpleAtoi(Abs(text.substr(8, 2)), &day)) {
    return Error(Reason::kInvalidDate,
                 absl::StrCat("\"", Abs(text), "\" is not a date; write YYYY-MM-DD"));
  }
  return MakeDay(year, month, day);
}

std::string FormatDay(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

absl::Time StartOfDay(absl::CivilDay day, const absl::TimeZone& zone) {
  return absl::FromCivil(day, zone);
}

absl::CivilDay DayOf(absl::Time time, const absl::TimeZone& zone) {
  return absl::ToCivilDay(time, zone);
}

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

std::string FormatTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

}  // namespace gratis::base
