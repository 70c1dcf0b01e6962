#include "common/pg/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/integration/common/pg/one_database.h"

namespace gratis::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Uuid kUuid{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}};

class Values : public testing::OneDatabase {
 protected:
  // The one value of the one row of a query without a name of its own.
  template <class T, class... P>
  T Select(const std::string& text, const P&... params) {
    std::optional<T> value;
    const absl::Status status = InTx([&](Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const Rows rows, tx.Run({text, text}, params...));
      value = rows[0].template Get<T>(0);
      return absl::OkStatus();
    });
    if (!status.ok()) Broken(status.ToString());
    return *std::move(value);
  }

  // What comes back when PostgreSQL is sent `value` as a parameter of type `type`.
  template <class T>
  T RoundTrip(const T& value, const std::string& type) {
    return Select<T>(absl::StrCat("SELECT $1::", type), value);
  }
  // What PostgreSQL takes it for.
  template <class T>
  std::string AsText(const T& value, const std::string& type) {
    return Select<std::string>(absl::StrCat("SELECT $1::", type, "::text"), value);
  }
};

TEST_F(Values, EveryTypeComesBackAsItWent) {
  EXPECT_EQ(RoundTrip(true, "boolean"), true);
  EXPECT_EQ(RoundTrip(false, "boolean"), false);
  for (const int i : {INT16_MIN, -1, 0, 1, INT16_MAX})
    EXPECT_EQ(RoundTrip(static_cast<int16_t>(i), "smallint"), i);
  for (const int32_t i : {INT32_MIN, -1, 0, 258, INT32_MAX}) EXPECT_EQ(RoundTrip(i, "integer"), i);
  for (const int64_t i : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{258}, INT64_MAX})
    EXPECT_EQ(RoundTrip(i, "bigint"), i);
  EXPECT_EQ(RoundTrip(std::string("Grüezi \"{,}\\ NULL"), "text"), "Grüezi \"{,}\\ NULL");
  EXPECT_EQ(RoundTrip(std::string(), "text"), "");
  const std::string bytes("\0\\x\xFF", 4);
  EXPECT_EQ(RoundTrip(Bytes{bytes}, "bytea").value, bytes);
  EXPECT_EQ(RoundTrip(kUuid, "uuid"), kUuid);
  EXPECT_EQ(RoundTrip(MemberId{kUuid}, "uuid"), MemberId{kUuid});
}

TEST_F(Values, PostgresReadsTheValueThatWasMeant) {
  EXPECT_EQ(AsText(int64_t{-1234567890123}, "bigint"), "-1234567890123");
  EXPECT_EQ(AsText(int16_t{-2}, "smallint"), "-2");
  EXPECT_EQ(AsText(kUuid, "uuid"), "00010203-0405-0607-0809-0a0b0c0d0eff");
  EXPECT_EQ(AsText("a literal", "text"), "a literal");
  EXPECT_EQ(AsText(BytesView{"\x01\xFF"}, "bytea"), "\\x01ff");
  EXPECT_EQ(AsText(std::vector<bool>{true, false}, "boolean[]"), "{t,f}");
}

TEST_F(Values, TimesAndDaysKeepTheirInstantOnBothSidesOfTheEpoch) {
  const auto in_utc = [](int64_t year, int month, int day) {
    return absl::FromCivil(absl::CivilDay(year, month, day), absl::UTCTimeZone());
  };
  for (const absl::Time time :
       {in_utc(1, 1, 1), in_utc(1899, 12, 31) + absl::Microseconds(1), in_utc(2000, 1, 1),
        in_utc(2027, 3, 28) + absl::Microseconds(999999), in_utc(9999, 12, 31)}) {
    EXPECT_EQ(RoundTrip(time, "timestamptz"), time);
  }
  EXPECT_EQ(AsText(in_utc(1999, 12, 31) + absl::Seconds(86399), "timestamptz"),
            "1999-12-31 23:59:59+00");
  // What is finer than PostgreSQL keeps is cut off towards the past, as base::SystemClock does it.
  EXPECT_EQ(RoundTrip(in_utc(1990, 1, 1) + absl::Nanoseconds(1999), "timestamptz"),
            in_utc(1990, 1, 1) + absl::Microseconds(1));
  EXPECT_EQ(AsText(absl::InfiniteFuture(), "timestamptz"), "infinity");
  EXPECT_EQ(RoundTrip(absl::InfiniteFuture(), "timestamptz"), absl::InfiniteFuture());
  EXPECT_EQ(RoundTrip(absl::InfinitePast(), "timestamptz"), absl::InfinitePast());

  for (const absl::CivilDay day : {absl::CivilDay(1, 1, 1), absl::CivilDay(1900, 2, 28),
                                   absl::CivilDay(2000, 2, 29), absl::CivilDay(9999, 12, 31)}) {
    EXPECT_EQ(RoundTrip(day, "date"), day);
  }
  EXPECT_EQ(AsText(absl::CivilDay(1928, 2, 29), "date"), "1928-02-29");
}

TEST_F(Values, NullTravelsAsEmptyOptional) {
  EXPECT_EQ(RoundTrip(std::optional<int64_t>(), "bigint"), std::nullopt);
  EXPECT_EQ(RoundTrip(std::optional<int64_t>(7), "bigint"), 7);
  EXPECT_EQ(RoundTrip(std::optional<std::string>(), "text"), std::nullopt);
  EXPECT_EQ(RoundTrip(std::optional<std::string>(""), "text"), "");
  EXPECT_EQ(RoundTrip(std::optional<absl::CivilDay>(), "date"), std::nullopt);
  EXPECT_EQ(RoundTrip(std::optional<std::vector<Uuid>>(), "uuid[]"), std::nullopt);
}

TEST_F(Values, ArraysKeepOrderNullsAndEmptiness) {
  EXPECT_THAT(RoundTrip(std::vector<int64_t>{3, -1, 2}, "bigint[]"), ElementsAre(3, -1, 2));
  EXPECT_THAT(RoundTrip(std::vector<int64_t>{}, "bigint[]"), IsEmpty());
  EXPECT_THAT(RoundTrip(std::vector<std::optional<int32_t>>{1, std::nullopt, 3}, "integer[]"),
              ElementsAre(1, std::nullopt, 3));
  EXPECT_THAT(
      RoundTrip(std::vector<std::optional<std::string>>{"", std::nullopt, "NULL"}, "text[]"),
      ElementsAre("", std::nullopt, "NULL"));
  EXPECT_THAT(RoundTrip(std::vector<bool>{true, false, true}, "boolean[]"),
              ElementsAre(true, false, true));
  EXPECT_THAT(RoundTrip(std::vector<int16_t>{-5}, "smallint[]"), ElementsAre(-5));
  EXPECT_THAT(RoundTrip(std::vector<Uuid>{kUuid, Uuid{}}, "uuid[]"), ElementsAre(kUuid, Uuid{}));
  EXPECT_THAT(RoundTrip(std::vector<MemberId>{{kUuid}}, "uuid[]"), ElementsAre(MemberId{kUuid}));
  EXPECT_THAT(RoundTrip(std::vector<Bytes>{{"a"}, {""}}, "bytea[]"),
              ElementsAre(Bytes{"a"}, Bytes{""}));
  EXPECT_THAT(RoundTrip(std::vector<absl::Time>{absl::UnixEpoch()}, "timestamptz[]"),
              ElementsAre(absl::UnixEpoch()));
  EXPECT_THAT(RoundTrip(std::vector<absl::CivilDay>{absl::CivilDay(2024, 2, 29)}, "date[]"),
              ElementsAre(absl::CivilDay(2024, 2, 29)));
}

TEST_F(Values, SpansAndViewsAreSentWithoutACopy) {
  const std::vector<int64_t> numbers = {1, 2, 3};
  EXPECT_EQ(Select<int64_t>("SELECT sum(n)::bigint FROM unnest($1::bigint[]) n",
                            absl::MakeConstSpan(numbers).subspan(1)),
            5);
  const std::vector<std::string_view> words = {"a", "b"};
  EXPECT_EQ(Select<std::string>("SELECT array_to_string($1::text[], '+')", words), "a+b");
}

TEST_F(Values, LongArraysGoThroughWhole) {
  std::vector<int64_t> numbers(500'000);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
  EXPECT_EQ(RoundTrip(numbers, "bigint[]"), numbers);
}

TEST_F(Values, TextLikeTypesAreReadAsText) {
  EXPECT_EQ(Select<std::string>("SELECT 'x'::varchar(3)"), "x");
  EXPECT_EQ(Select<std::string>("SELECT 'x'::name"), "x");
  EXPECT_EQ(Select<std::string>(R"(SELECT '{"a": 1}'::json)"), R"({"a": 1})");
}

using ValuesDeathTest = Values;

TEST_F(ValuesDeathTest, AMismatchStopsTheProcessAndNamesTheQuery) {
  EXPECT_DEATH(Select<int32_t>("SELECT 1::bigint AS points"),
               "column 0 \\(points\\) of SELECT 1::bigint AS points is of type 20");
  EXPECT_DEATH(Select<int64_t>("SELECT sum(1::bigint)"), "is of type 1700");
  EXPECT_DEATH(Select<int64_t>("SELECT NULL::bigint"), "is NULL");
  EXPECT_DEATH(Select<std::vector<int64_t>>("SELECT ARRAY[1, NULL]::bigint[]"), "NULL in an array");
}

TEST_F(ValuesDeathTest, AQueryHasOneTextAndOneSetOfParameterTypes) {
  EXPECT_DEATH((Select<int64_t>("SELECT $1::bigint", int64_t{1}),
                Select<int64_t>("SELECT $1::bigint", int32_t{1})),
               "parameters of other types");
  EXPECT_DEATH(InTx([](Tx& tx) {
                 tx.Send({"values_test/a", "SELECT 1"});
                 tx.Send({"values_test/a", "SELECT 2"});
                 return absl::OkStatus();
               }).IgnoreError(),
               "two queries have the name values_test/a");
}

}  // namespace
}  // namespace gratis::pg
