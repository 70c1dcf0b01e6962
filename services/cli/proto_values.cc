#include "services/cli/proto_values.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

constexpr size_t kDayLength = std::string_view("2027-01-31").size();

}  // namespace

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  const int64_t seconds = absl::ToUnixSeconds(time);
  proto.set_seconds(seconds);
  proto.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return proto;
}

type::v1::CivilDay ToProto(absl::CivilDay day) {
  type::v1::CivilDay proto;
  proto.set_year(static_cast<int32_t>(day.year()));
  proto.set_month(day.month());
  proto.set_day(day.day());
  return proto;
}

type::v1::Money ToProto(const base::Money& money) {
  type::v1::Money proto;
  proto.set_currency_code(money.currency_code);
  proto.set_minor_units(money.minor_units);
  return proto;
}

type::v1::Birthday ToProto(const Birthday& birthday) {
  type::v1::Birthday proto;
  proto.set_month(birthday.month);
  proto.set_day(birthday.day);
  if (birthday.year) proto.set_year(*birthday.year);
  return proto;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string FormatMoney(const type::v1::Money& money) {
  return base::FormatMoney({money.currency_code(), money.minor_units()});
}

std::string FormatDay(const type::v1::CivilDay& day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

std::string FormatBirthday(const type::v1::Birthday& birthday) {
  constexpr const char* kMonths[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
  if (birthday.month() < 1 || birthday.month() > 12) return "";
  std::string text = absl::StrCat(birthday.day(), " ", kMonths[birthday.month() - 1]);
  if (birthday.has_year()) absl::StrAppend(&text, " ", birthday.year());
  return text;
}

std::string FormatTime(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", FromProto(time), absl::UTCTimeZone());
}

std::string FormatHour(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:00 UTC", FromProto(time), absl::UTCTimeZone());
}

absl::StatusOr<absl::Time> ParseTime(std::string_view text, const absl::TimeZone& zone, DayAs as) {
  if (IsDayAlone(text)) {
    const absl::StatusOr<absl::CivilDay> day = base::ParseDay(text);
    if (!day.ok()) return day.status();
    if (as == DayAs::kNoon) return absl::FromCivil(absl::CivilHour(*day) + 12, zone);
    return base::StartOfDay(as == DayAs::kEnd ? *day + 1 : *day, zone);
  }
  for (const char* format : {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S%Ez",
                             "%Y-%m-%d%ET%H:%M:%E*S", "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M"}) {
    absl::Time time;
    std::string ignored;
    if (!absl::ParseTime(format, base::Abs(text), zone, &time, &ignored)) continue;
    // absl has words for the ends of time, whatever the format.
    if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) break;
    return time;
  }
  return Error(Reason::kInvalidDate,
               absl::StrCat("\"", base::Abs(text),
                            "\" is neither a day, as in 2027-01-31, nor a time, as in "
                            "2027-01-31T18:05:00Z"));
}

bool IsDayAlone(std::string_view text) { return text.size() <= kDayLength; }

bool MeansNow(std::string_view text, const absl::TimeZone& zone, DayAs as, absl::Time now) {
  if (!IsDayAlone(text)) return false;
  const absl::StatusOr<absl::CivilDay> day = base::ParseDay(text);
  if (!day.ok() || *day != base::DayOf(now, zone)) return false;
  return as != DayAs::kNoon || absl::FromCivil(absl::CivilHour(*day) + 12, zone) > now;
}

}  // namespace gratis::cli
