#include "common/rpc/values.h"

#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "gratis/type/v1/civil.pb.h"
#include "gratis/type/v1/money.pb.h"

namespace gratis::rpc {
namespace {

google::protobuf::Timestamp Stamp(int64_t seconds, int32_t nanos) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(seconds);
  stamp.set_nanos(nanos);
  return stamp;
}

TEST(Times, GoThereAndBackInWholeMicroseconds) {
  const absl::Time time = absl::FromUnixMicros(1'800'000'000'123'456);
  google::protobuf::Timestamp stamp;
  SetTime(time, stamp);
  EXPECT_EQ(stamp.seconds(), 1'800'000'000);
  EXPECT_EQ(stamp.nanos(), 123'456'000);
  EXPECT_EQ(*ParseTime(stamp, "at"), time);
  EXPECT_EQ(*ParseTime(Stamp(1'800'000'000, 123'456'999), "at"), time);
}

TEST(Times, BeforeTheEpochHavePositiveNanosToo) {
  const absl::Time time = absl::FromUnixMicros(-1);
  google::protobuf::Timestamp stamp;
  SetTime(time, stamp);
  EXPECT_EQ(stamp.seconds(), -1);
  EXPECT_EQ(stamp.nanos(), 999'999'000);
  EXPECT_EQ(*ParseTime(stamp, "at"), time);
}

TEST(Times, LieInTheYears1To9999) {
  EXPECT_TRUE(ParseTime(Stamp(-62'135'596'800, 0), "at").ok());
  EXPECT_TRUE(ParseTime(Stamp(253'402'300'799, 999'999'999), "at").ok());
  for (const auto& [seconds, nanos] : {std::pair<int64_t, int32_t>{-62'135'596'801, 0},
                                       {253'402'300'800, 0},
                                       {0, -1},
                                       {0, 1'000'000'000},
                                       {INT64_MAX, 0},
                                       {INT64_MIN, 0}}) {
    const auto parsed = ParseTime(Stamp(seconds, nanos), "profile.at");
    EXPECT_EQ(ReasonOf(parsed.status()), Reason::kFieldInvalid) << seconds << " " << nanos;
    EXPECT_EQ(FieldOf(parsed.status()), "profile.at");
  }
}

TEST(Days, ThatDoNotExistAreRefusedWithTheirField) {
  type::v1::CivilDay day;
  SetDay(absl::CivilDay(2028, 2, 29), day);
  EXPECT_EQ(*ParseDay(day, "from"), absl::CivilDay(2028, 2, 29));
  day.set_year(2027);
  EXPECT_EQ(ReasonOf(ParseDay(day, "from").status()), Reason::kInvalidDate);
  EXPECT_EQ(FieldOf(ParseDay(day, "from").status()), "from");
  EXPECT_FALSE(ParseDay(type::v1::CivilDay(), "from").ok());
}

TEST(Money, KeepsItsSignAndNeedsACurrency) {
  type::v1::Money message;
  SetMoney({"CHF", -1'250}, message);
  EXPECT_EQ(*ParseMoney(message, "total"), (base::Money{"CHF", -1'250}));
  for (const char* code : {"", "chf", "XXQ", "CHFR"}) {
    message.set_currency_code(code);
    const auto parsed = ParseMoney(message, "total");
    EXPECT_EQ(ReasonOf(parsed.status()), Reason::kInvalidCurrency) << code;
    EXPECT_EQ(FieldOf(parsed.status()), "total.currency_code");
  }
}

}  // namespace
}  // namespace gratis::rpc
