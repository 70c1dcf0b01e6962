#include "common/vault/sealed_token.h"

#include <gtest/gtest.h>

namespace gratis::vault {
namespace {

const TokenSealer kSealer(std::string(32, 'k'));

TEST(TokenSealer, OpensWhatItSealedForTheSameOnly) {
  const std::string sealed = kSealer.Seal("hello", "till 7");
  EXPECT_EQ(sealed.size(), 5 + TokenSealer::kOverheadBytes);
  EXPECT_EQ(kSealer.Open(sealed, "till 7"), "hello");
  EXPECT_EQ(kSealer.Open(sealed, "till 8"), std::nullopt);
  EXPECT_EQ(TokenSealer(std::string(32, 'l')).Open(sealed, "till 7"), std::nullopt);
}

TEST(TokenSealer, TheSameTwiceIsNotToBeSeen) {
  EXPECT_NE(kSealer.Seal("hello", ""), kSealer.Seal("hello", ""));
}

TEST(TokenSealer, EveryBitCounts) {
  const std::string sealed = kSealer.Seal("hello", "");
  for (size_t i = 0; i < sealed.size() * 8; ++i) {
    std::string changed = sealed;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_EQ(kSealer.Open(changed, ""), std::nullopt) << "bit " << i;
  }
  for (size_t length = 0; length < sealed.size(); ++length) {
    EXPECT_EQ(kSealer.Open(sealed.substr(0, length), ""), std::nullopt) << length;
  }
}

}  // namespace
}  // namespace gratis::vault
