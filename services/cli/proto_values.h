#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "google/protobuf/timestamp.pb.h"
#include "gratis/type/v1/civil.pb.h"
#include "gratis/type/v1/money.pb.h"
#include "services/cli/order_row.h"

namespace gratis::cli {

// Values of ours as the contracts write them, and back.
google::protobuf::Timestamp ToProto(absl::Time time);
type::v1::CivilDay ToProto(absl::CivilDay day);
type::v1::Money ToProto(const base::Money& money);
type::v1::Birthday ToProto(const Birthday& birthday);

absl::Time FromProto(const google::protobuf::Timestamp& time);

// "11.77 USD".
std::string FormatMoney(const type::v1::Money& money);
// "1997-01-01".
std::string FormatDay(const type::v1::CivilDay& day);
// "29 February", "29 February 1988".
std::string FormatBirthday(const type::v1::Birthday& birthday);
// "2027-01-31 18:05:00 UTC"; empty for a time that is not set.
std::string FormatTime(const google::protobuf::Timestamp& time);

// Of a time that is known to the hour: "2027-01-31 18:00 UTC"; empty when it is not set.
std::string FormatHour(const google::protobuf::Timestamp& time);

// What a day without an hour stands for.
enum class DayAs {
  kBeginning,  // its first moment: what is from that day on
  kNoon,       // its noon: what happened on that day
  kEnd,        // the first moment of the next: what holds all that day and no longer
};

// A time as people write it: "2027-01-31", "2027-01-31 18:05", RFC 3339. Without a zone it is in
// `zone`. Errors: INVALID_DATE.
absl::StatusOr<absl::Time> ParseTime(std::string_view text, const absl::TimeZone& zone, DayAs as);

// Whether the text, which ParseTime took, is a day without an hour.
bool IsDayAlone(std::string_view text);

// Whether it is the day of `now`, and stands for now: as what happened, while its noon is ahead; as
// a beginning or an end, always.
bool MeansNow(std::string_view text, const absl::TimeZone& zone, DayAs as, absl::Time now);

}  // namespace gratis::cli
