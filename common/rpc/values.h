#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/money.h"

namespace google::protobuf {
class Timestamp;
}
namespace gratis::type::v1 {
class CivilDay;
class Money;
}  // namespace gratis::type::v1

// The values that all contracts share, to and from the engine's own.
namespace gratis::rpc {

// In whole microseconds. Errors: FIELD_INVALID of `field` (outside the years 1 to 9999, or nanos
// that are not a part of a second).
absl::StatusOr<absl::Time> ParseTime(const google::protobuf::Timestamp& time,
                                     std::string_view field);
void SetTime(absl::Time time, google::protobuf::Timestamp& out);

// Errors: INVALID_DATE of `field`.
absl::StatusOr<absl::CivilDay> ParseDay(const type::v1::CivilDay& day, std::string_view field);
void SetDay(absl::CivilDay day, type::v1::CivilDay& out);

// Of any sign. Errors: INVALID_CURRENCY of `field`.currency_code.
absl::StatusOr<base::Money> ParseMoney(const type::v1::Money& money, std::string_view field);
void SetMoney(const base::Money& money, type::v1::Money& out);

}  // namespace gratis::rpc
