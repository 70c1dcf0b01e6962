#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/cli/context.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {

// How every help speaks of a time; what a day stands for follows where it is not all of it.
inline constexpr char kTimeWords[] = "YYYY-MM-DD, a day in the program's zone, or RFC 3339";

// A time given with `option`. One that names no zone is in the program's, which is asked for only
// then; a day without an hour is what `as` says. Errors: INVALID_DATE (usage), and as
// LookUpProgram.
absl::StatusOr<google::protobuf::Timestamp> TimeOf(Context& context, const std::string& text,
                                                   std::string_view option, DayAs as);

// The same of what must not be ahead, or not lie behind: nothing where the day is today and so
// stands for now, by the program's clock; see MeansNow. Errors: as TimeOf, and as TimeAt.
absl::StatusOr<std::optional<google::protobuf::Timestamp>> TimeUnlessNow(Context& context,
                                                                         const std::string& text,
                                                                         std::string_view option,
                                                                         DayAs as);

// What TimeUnlessNow makes of a text in `zone` at the time `now`. A change that is given an id of
// its own says what it says whenever it is sent again; a day that stands for now does not. Errors:
// INVALID_DATE, and FIELD_INVALID of such a day with a `request_id` (usage).
absl::StatusOr<std::optional<google::protobuf::Timestamp>> TimeAt(absl::Time now,
                                                                  const std::string& text,
                                                                  const absl::TimeZone& zone,
                                                                  std::string_view option, DayAs as,
                                                                  std::string_view request_id);

}  // namespace gratis::cli
