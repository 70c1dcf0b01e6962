#include "common/rpc/member_token.h"

#include <gtest/gtest.h>

#include <set>

namespace gratis::rpc {
namespace {

MemberToken SomeToken() {
  MemberToken token;
  token.member.uuid.bytes[15] = 7;
  token.program = 2;
  token.issuer.uuid.bytes[15] = 9;
  token.expires_at = absl::FromUnixSeconds(1'800'000'900);
  return token;
}

TEST(MemberTokens, OpenToWhatTheyWereMadeOf) {
  const MemberTokens tokens(std::string(32, 'k'));
  const std::string text = tokens.Make(SomeToken());
  EXPECT_EQ(text.substr(0, 3), "gm_");
  EXPECT_EQ(text.size(), 99U);
  EXPECT_EQ(tokens.Open(text), SomeToken());
}

TEST(MemberTokens, SayNothingToWhoeverCarriesThem) {
  const MemberTokens tokens(std::string(32, 'k'));
  std::set<std::string> texts;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(texts.insert(tokens.Make(SomeToken())).second);
  const MemberTokens others(std::string(32, 'x'));
  EXPECT_EQ(others.Open(*texts.begin()), std::nullopt);
}

TEST(MemberTokens, WhateverElseIsNone) {
  const MemberTokens tokens(std::string(32, 'k'));
  const std::string text = tokens.Make(SomeToken());
  for (const std::string& bad : {std::string(), std::string("gm_"), std::string("gm_!"),
                                 text.substr(1), text + "A", text.substr(0, text.size() - 1)}) {
    EXPECT_EQ(tokens.Open(bad), std::nullopt) << bad;
  }
  // Whichever character is changed.
  for (size_t i = 3; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(tokens.Open(changed), std::nullopt) << i;
  }
}

}  // namespace
}  // namespace gratis::rpc
