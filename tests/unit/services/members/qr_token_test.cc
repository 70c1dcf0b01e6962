#include "services/members/qr_token.h"

#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "common/base/random.h"

namespace gratis::members {
namespace {

const absl::Time kEnd = absl::FromUnixSeconds(1'800'000'045);
const QrTokens kTokens(std::string(32, 'k'));

QrToken Token() {
  QrToken token;
  token.member.uuid.bytes[15] = 7;
  token.expires_at = kEnd;
  return token;
}

TEST(QrTokens, LeadBackToTheMemberInTheirProgramAlone) {
  const std::string text = kTokens.Make(Token(), 2);
  EXPECT_EQ(kTokens.Open(text, 2), Token());
  EXPECT_EQ(kTokens.Open(text, 3), std::nullopt);
  EXPECT_EQ(QrTokens(std::string(32, 'l')).Open(text, 2), std::nullopt);
}

TEST(QrTokens, AreInTheAlphanumericModeOfASmallCode) {
  const std::string text = kTokens.Make(Token(), 2);
  EXPECT_EQ(text.size(), 106U);
  EXPECT_LE(text.size(), 122U);  // version 5, level M
  for (const char c : text) {
    EXPECT_TRUE(absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                absl::ascii_isupper(static_cast<unsigned char>(c)));
  }
}

TEST(QrTokens, TwoOfOneMemberHaveNothingInCommon) {
  const std::string one = kTokens.Make(Token(), 2);
  const std::string other = kTokens.Make(Token(), 2);
  EXPECT_NE(one, other);
  EXPECT_NE(QrTokens::Fingerprint(one), QrTokens::Fingerprint(other));
}

TEST(QrTokens, AScannerMayChangeTheCaseAndItIsTheSameToken) {
  const std::string text = kTokens.Make(Token(), 2);
  const std::string lower = absl::AsciiStrToLower(text);
  EXPECT_EQ(kTokens.Open(lower, 2), Token());
  EXPECT_EQ(QrTokens::Fingerprint(lower), QrTokens::Fingerprint(text));
}

TEST(QrTokens, NoOtherTextIsOne) {
  const std::string text = kTokens.Make(Token(), 2);
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'0', '7', 'F', 'G', ' ', '\0', '\xff'}) {
      std::string changed = text;
      changed[i] = c;
      if (changed == text) continue;
      EXPECT_EQ(kTokens.Open(changed, 2), std::nullopt) << changed;
    }
    EXPECT_EQ(kTokens.Open(text.substr(0, i), 2), std::nullopt) << i;
  }
  EXPECT_EQ(kTokens.Open(text + "0", 2), std::nullopt);
  base::SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string noise = round % 2 == 0 ? "GQ" : "";
    const size_t length = round % 3 == 0 ? text.size() : random.Below(200);
    while (noise.size() < length) noise.push_back(static_cast<char>(random.Below(256)));
    EXPECT_EQ(kTokens.Open(noise, 2), std::nullopt);
  }
}

}  // namespace
}  // namespace gratis::members
