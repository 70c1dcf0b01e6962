#include "common/base/hash.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace gratis::base {
namespace {

// Published vectors: FIPS 180-4's examples and RFC 4231's test cases 2, 6 and 7.
TEST(Sha256, AnswersThePublishedVectors) {
  EXPECT_EQ(Hex(AsBytes(Sha256(""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(AsBytes(Sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hmac, AnswersThePublishedVectors) {
  EXPECT_EQ(Hex(AsBytes(HmacSha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::string long_key(131, '\xaa');
  EXPECT_EQ(
      Hex(AsBytes(HmacSha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First"))),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, OfPiecesIsThatOfTheWhole) {
  Hmac hmac("Jefe");
  hmac.Update("what do ya ");
  hmac.Update("");
  hmac.Update("want for nothing?");
  EXPECT_EQ(hmac.Finish(), HmacSha256("Jefe", "what do ya want for nothing?"));
}

TEST(Hmac, DependsOnKeyAndText) {
  EXPECT_NE(HmacSha256("a", "text"), HmacSha256("b", "text"));
  EXPECT_NE(HmacSha256("a", "text"), HmacSha256("a", "texT"));
}

TEST(ConstantTimeEqual, ComparesAllOfBoth) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("secret", "secret"));
  EXPECT_FALSE(ConstantTimeEqual("secret", "secreT"));
  EXPECT_FALSE(ConstantTimeEqual("secret", "secre"));
  EXPECT_FALSE(ConstantTimeEqual("secre", "secret"));
  EXPECT_FALSE(ConstantTimeEqual(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace gratis::base
