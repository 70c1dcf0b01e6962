#include "services/cli/time_options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "services/cli/failure.h"
#include "services/cli/program_lookup.h"

namespace gratis::cli {
namespace {

// Whether the time is the same wherever it is read. Errors: INVALID_DATE.
absl::StatusOr<bool> NamesZone(std::string_view text) {
  constexpr int kHour = 3600;
  ASSIGN_OR_RETURN(const absl::Time here, ParseTime(text, absl::UTCTimeZone(), DayAs::kNoon));
  ASSIGN_OR_RETURN(const absl::Time there,
                   ParseTime(text, absl::FixedTimeZone(kHour), DayAs::kNoon));
  return here == there;
}

// The zone that the text is in when it names none itself.
absl::StatusOr<absl::TimeZone> ZoneOf(Context& context, const std::string& text,
                                      std::string_view option) {
  const absl::StatusOr<bool> named = NamesZone(text);
  if (!named.ok()) return AsUsage(named.status(), option);
  if (*named) return absl::UTCTimeZone();
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  return ZoneOfProgram(context, *engine);
}

absl::StatusOr<google::protobuf::Timestamp> TimeIn(const std::string& text,
                                                   const absl::TimeZone& zone,
                                                   std::string_view option, DayAs as) {
  const absl::StatusOr<absl::Time> time = ParseTime(text, zone, as);
  if (!time.ok()) return AsUsage(time.status(), option);
  return ToProto(*time);
}

}  // namespace

absl::StatusOr<google::protobuf::Timestamp> TimeOf(Context& context, const std::string& text,
                                                   std::string_view option, DayAs as) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(context, text, option));
  return TimeIn(text, zone, option, as);
}

absl::StatusOr<std::optional<google::protobuf::Timestamp>> TimeUnlessNow(Context& context,
                                                                         const std::string& text,
                                                                         std::string_view option,
                                                                         DayAs as) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(context, text, option));
  absl::Time now = absl::InfinitePast();
  if (IsDayAlone(text)) {
    ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
    ledger::v1::GetClockResponse clock;
    RETURN_IF_ERROR(context.Call(*engine, ledger::v1::GetClockRequest(), clock));
    now = FromProto(clock.now());
  }
  return TimeAt(now, text, zone, option, as, context.options.request_id);
}

absl::StatusOr<std::optional<google::protobuf::Timestamp>> TimeAt(absl::Time now,
                                                                  const std::string& text,
                                                                  const absl::TimeZone& zone,
                                                                  std::string_view option, DayAs as,
                                                                  std::string_view request_id) {
  if (MeansNow(text, zone, as, now)) {
    // What is known until the end of today is only read, and not repeated.
    if (!request_id.empty() && as != DayAs::kEnd) {
      return UsageError(option, absl::StrCat("today stands for now and would be another time when "
                                             "it is sent again; with --request-id, say the hour "
                                             "or leave ",
                                             base::Abs(option), " out"));
    }
    return std::optional<google::protobuf::Timestamp>();
  }
  ASSIGN_OR_RETURN(google::protobuf::Timestamp time, TimeIn(text, zone, option, as));
  return std::optional(std::move(time));
}

}  // namespace gratis::cli
