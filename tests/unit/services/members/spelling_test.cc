#include "services/members/spelling.h"

#include <gtest/gtest.h>

#include <string>

namespace gratis::members {
namespace {

TEST(Plain, DropsWhatOnlyLooksDifferent) {
  EXPECT_EQ(Plain("\u3000Ａｎｎ１２３ "), "Ann123");
  EXPECT_EQ(Plain("a\u200bb\u2060c"), "abc");
  EXPECT_EQ(Plain("a\u2013b\u2212c"), "a-b-c");
  EXPECT_EQ(Plain("٤١"), "41");
  EXPECT_EQ(Plain("Jose\u0301"), "José");
  EXPECT_EQ(Plain(" \u00a0 "), "");
  EXPECT_EQ(Plain("𝟙\U0001f600"), "1😀");
}

TEST(Plain, LeavesControlCharactersToBeRefused) { EXPECT_EQ(Plain("a\n"), "a\n"); }

TEST(CaseFolded, MakesOneOfAllCases) {
  EXPECT_EQ(CaseFolded("STRASSE"), CaseFolded("straße"));
  EXPECT_EQ(CaseFolded("ΣΊΣΥΦΟΣ"), CaseFolded("σίσυφος"));
  EXPECT_EQ(CaseFolded("JOSE\u0301"), "josé");
  EXPECT_NE(CaseFolded("jose"), CaseFolded("josé"));
}

TEST(Spelling, OfPlainTextIsWhatUnicodesRulesMakeOfIt) {
  // Beside a letter that is not ASCII the rules are asked; alone they need not be.
  for (char c = 1; c > 0; ++c) {
    const std::string text = std::string("x") + c + "X";
    EXPECT_EQ(Plain(text) + "é", Plain(text + "é")) << static_cast<int>(c);
    EXPECT_EQ(CaseFolded(text) + "é", CaseFolded(text + "é")) << static_cast<int>(c);
    if (c == 127) break;
  }
}

TEST(AsciiDomain, IsAsTheDnsHasIt) {
  EXPECT_EQ(AsciiDomain("Bücher.Example"), "xn--bcher-kva.example");
  EXPECT_EQ(AsciiDomain("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(AsciiDomain("EXAMPLE.com"), "example.com");
  EXPECT_EQ(AsciiDomain("r3---a.example"), "r3---a.example");
}

TEST(AsciiDomain, IsNothingForWhatCannotBeOne) {
  EXPECT_EQ(AsciiDomain("xn--a.example"), std::nullopt);
  EXPECT_EQ(AsciiDomain("a..example"), std::nullopt);
}

}  // namespace
}  // namespace gratis::members
