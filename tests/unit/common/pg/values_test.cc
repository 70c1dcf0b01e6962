#include "common/pg/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

// The bytes here are those of PostgreSQL's binary format (its *_send functions); that a server
// reads them so is for the integration tests.
namespace gratis::pg {
namespace {

using ::testing::ElementsAre;

template <class T>
std::string Encoded(const T& value) {
  std::string out;
  Codec<T>::Encode(value, out);
  return out;
}

std::string FromHex(std::string_view hex) {
  return absl::HexStringToBytes(absl::string_view(hex.data(), hex.size()));
}

TEST(Integers, AreInNetworkByteOrder) {
  EXPECT_EQ(Encoded(int16_t{0x0102}), FromHex("0102"));
  EXPECT_EQ(Encoded(int32_t{-2}), FromHex("fffffffe"));
  EXPECT_EQ(Encoded(int64_t{0x0102030405060708}), FromHex("0102030405060708"));
  EXPECT_EQ(Codec<int64_t>::Decode(FromHex("8000000000000000")), INT64_MIN);
  EXPECT_EQ(Codec<int32_t>::Decode(FromHex("fffffffe")), -2);
  EXPECT_EQ(Codec<int16_t>::Decode(FromHex("ff7f")), -129);
}

TEST(Times, CountMicrosecondsFromTheYear2000) {
  const absl::Time epoch = absl::FromCivil(absl::CivilDay(2000, 1, 1), absl::UTCTimeZone());
  EXPECT_EQ(Encoded(epoch), FromHex("0000000000000000"));
  EXPECT_EQ(Encoded(epoch + absl::Seconds(1)), FromHex("00000000000f4240"));
  EXPECT_EQ(Encoded(epoch - absl::Nanoseconds(1)), FromHex("ffffffffffffffff"));
  EXPECT_EQ(Encoded(absl::InfiniteFuture()), FromHex("7fffffffffffffff"));
  EXPECT_EQ(Encoded(absl::InfinitePast()), FromHex("8000000000000000"));
  EXPECT_EQ(Codec<absl::Time>::Decode(FromHex("7fffffffffffffff")), absl::InfiniteFuture());
}

TEST(Days, CountFromTheFirstOfTheYear2000) {
  EXPECT_EQ(Encoded(absl::CivilDay(2000, 1, 1)), FromHex("00000000"));
  EXPECT_EQ(Encoded(absl::CivilDay(1999, 12, 31)), FromHex("ffffffff"));
  EXPECT_EQ(Codec<absl::CivilDay>::Decode(FromHex("0000003b")), absl::CivilDay(2000, 2, 29));
}

TEST(Arrays, AreOneDimensionOfSizedElements) {
  EXPECT_EQ(Encoded(std::vector<std::optional<int32_t>>{7, std::nullopt}), FromHex("00000001"
                                                                                   "00000001"
                                                                                   "00000017"
                                                                                   "00000002"
                                                                                   "00000001"
                                                                                   "00000004"
                                                                                   "00000007"
                                                                                   "ffffffff"));
  EXPECT_EQ(Encoded(std::vector<int32_t>{}), FromHex("00000000"
                                                     "00000000"
                                                     "00000017"));
  EXPECT_THAT(Codec<std::vector<std::string>>::Decode(FromHex("00000001"
                                                              "00000000"
                                                              "00000019"
                                                              "00000002"
                                                              "00000001"
                                                              "00000001"
                                                              "61"
                                                              "00000000")),
              ElementsAre("a", ""));
}

TEST(Parameters, KeepTypesLengthsAndNulls) {
  const Params params =
      Params::Of(int64_t{1}, "two", std::optional<bool>(), std::vector<Uuid>(2), Bytes{"5"});
  ASSERT_EQ(params.size(), 5);
  const absl::Span<const Oid> types(params.types(), 5);
  EXPECT_THAT(types, ElementsAre(20, 25, 16, 2951, 17));
  const absl::Span<const int> lengths(params.lengths(), 5);
  EXPECT_THAT(lengths, ElementsAre(8, 3, -1, 20 + 2 * 20, 1));
  EXPECT_EQ(params.values()[2], nullptr);
  EXPECT_EQ(std::string_view(params.values()[1], 3), "two");
  EXPECT_EQ(*params.values()[4], '5');
}

TEST(ArraysDeathTest, DamagedBytesStopTheProcess) {
  const auto decode = [](std::string_view hex) {
    Codec<std::vector<int32_t>>::Decode(FromHex(hex));
  };
  EXPECT_DEATH(decode("00000001"), "ends early");
  EXPECT_DEATH(decode("00000001"
                      "00000000"
                      "00000014"
                      "00000000"
                      "00000001"),
               "another type");
  EXPECT_DEATH(decode("00000002"
                      "00000000"
                      "00000017"),
               "more than one dimension");
  EXPECT_DEATH(decode("00000001"
                      "00000000"
                      "00000017"
                      "00000001"
                      "00000001"
                      "00000004"
                      "00"),
               "ends early");
}

}  // namespace
}  // namespace gratis::pg
