#include "common/rpc/values.h"

#include <google/protobuf/timestamp.pb.h>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/type/v1/civil.pb.h"
#include "gratis/type/v1/money.pb.h"

namespace gratis::rpc {
namespace {

// google/protobuf/timestamp.proto: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

}  // namespace

absl::StatusOr<absl::Time> ParseTime(const google::protobuf::Timestamp& time,
                                     std::string_view field) {
  if (time.seconds() < kFirstSecond || time.seconds() > kLastSecond || time.nanos() < 0 ||
      time.nanos() >= kNanosPerSecond) {
    return FieldError(Reason::kFieldInvalid, field, "a time lies in the years 1 to 9999");
  }
  return base::TruncateToMicros(absl::FromUnixSeconds(time.seconds()) +
                                absl::Nanoseconds(time.nanos()));
}

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out.set_seconds(seconds);
  out.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::StatusOr<absl::CivilDay> ParseDay(const type::v1::CivilDay& day, std::string_view field) {
  absl::StatusOr<absl::CivilDay> civil = base::MakeDay(day.year(), day.month(), day.day());
  if (!civil.ok()) return InField(civil.status(), field);
  return civil;
}

void SetDay(absl::CivilDay day, type::v1::CivilDay& out) {
  out.set_year(static_cast<int32_t>(day.year()));
  out.set_month(day.month());
  out.set_day(day.day());
}

absl::StatusOr<base::Money> ParseMoney(const type::v1::Money& money, std::string_view field) {
  RETURN_IF_ERROR(InField(base::CurrencyExponent(money.currency_code()).status(),
                          absl::StrCat(base::Abs(field), ".currency_code")));
  return base::Money{money.currency_code(), money.minor_units()};
}

void SetMoney(const base::Money& money, type::v1::Money& out) {
  out.set_currency_code(money.currency_code);
  out.set_minor_units(money.minor_units);
}

}  // namespace gratis::rpc
