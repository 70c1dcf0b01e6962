#include "services/cli/time_options.h"

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
  if (IsDayAlone(text)) {
    ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
    ledger::v1::GetClockResponse clock;
    RETURN_IF_ERROR(context.Call(*engine, ledger::v1::GetClockRequest(), clock));
    if (MeansNow(text, zone, as, FromProto(clock.now()))) {
      return std::optional<google::protobuf::Timestamp>();
    }
  }
  ASSIGN_OR_RETURN(google::protobuf::Timestamp time, TimeIn(text, zone, option, as));
  return std::optional(std::move(time));
}

}  // namespace gratis::cli
