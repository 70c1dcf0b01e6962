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

TEST(PlainWords, HasOneSpaceWhereThereWereSeveral) {
  EXPECT_EQ(PlainWords("  AB \u3000\u00a0 １２  c "), "AB 12 c");
  EXPECT_EQ(PlainWords("A  1"), "A 1");
  EXPECT_EQ(PlainWords(" \u2003 "), "");
  EXPECT_EQ(PlainWords("a\t b"), "a\t b") << "to be refused";
  EXPECT_NE(PlainWords("ab"), PlainWords("AB"));
}

TEST(PlainWords, DoneAgainChangesNothing) {
  for (const char* text :
       {"e\u200d\u0301", "Ａ　　Ｂ", "\uFB01\u200b\u0301 x", "①\u2212\u2013 ٤"}) {
    const std::string once = PlainWords(text);
    EXPECT_EQ(PlainWords(once), once) << text;
  }
  EXPECT_EQ(PlainWords("e\u200d\u0301"), "é");
}

TEST(WithoutAccents, LeavesTheLetters) {
  EXPECT_EQ(WithoutAccents("José Müller"), "Jose Muller");
  EXPECT_EQ(WithoutAccents("Jose\u0301"), "Jose");
  EXPECT_EQ(WithoutAccents("plain"), "plain");
  EXPECT_EQ(WithoutAccents("Ϊός"), "Ιος");
  EXPECT_NE(WithoutAccents("か"), WithoutAccents("が")) << "another letter";
}

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
