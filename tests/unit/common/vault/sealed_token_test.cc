#include "common/vault/sealed_token.h"

#include <gtest/gtest.h>

namespace gratis::vault {
namespace {

TEST(TokenSealer, OpensWhatItSealedForTheSamePurpose) {
  const TokenSealer sealer(std::string(32, 'k'));
  const std::string sealed = sealer.Seal("hello", "greeting");
  EXPECT_EQ(sealed.size(), 5 + TokenSealer::kOverheadBytes);
  EXPECT_EQ(sealed.find("hello"), std::string::npos);
  EXPECT_EQ(sealer.Open(sealed, "greeting"), "hello");
  EXPECT_EQ(sealer.Open(sealed, "parting"), std::nullopt);
  EXPECT_EQ(TokenSealer(std::string(32, 'x')).Open(sealed, "greeting"), std::nullopt);
  EXPECT_NE(sealer.Seal("hello", "greeting"), sealed);
}

TEST(TokenSealer, OpensNothingThatWasChanged) {
  const TokenSealer sealer(std::string(32, 'k'));
  const std::string sealed = sealer.Seal("hello", "greeting");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(sealer.Open(changed, "greeting"), std::nullopt) << i;
    EXPECT_EQ(sealer.Open(sealed.substr(0, i), "greeting"), std::nullopt) << i;
  }
}

}  // namespace
}  // namespace gratis::vault
