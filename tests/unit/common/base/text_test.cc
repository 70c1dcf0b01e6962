#include "common/base/text.h"

#include <gtest/gtest.h>

namespace gratis::base {
namespace {

TEST(Utf8, WellFormedTextPasses) {
  for (const char* text : {"", "plain", "Zürich", "東京", "🎁", "\x7f", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80", "\xe0\xa0\x80"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
}

TEST(Utf8, MalformedTextDoesNot) {
  for (const char* text : {
           "\x80", "\xff", "\xc3", "\xc0\xaf", "\xc1\xbf",   // stray, cut short, overlong
           "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",               // overlong
           "\xed\xa0\x80", "\xed\xbf\xbf",                   // surrogates
           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",           // beyond U+10FFFF
           "\xe2\x82", "\xe2\x82(", "\xf0\x9f\x8e", "a\xc3"  // cut short
       }) {
    EXPECT_FALSE(IsValidUtf8(text));
  }
}

TEST(Utf8, NulIsNoText) { EXPECT_FALSE(IsValidUtf8(std::string_view("a\0b", 3))); }

TEST(CodePoints, CountsCharactersNotBytes) {
  EXPECT_EQ(CodePoints(""), 0u);
  EXPECT_EQ(CodePoints("Zürich"), 6u);
  EXPECT_EQ(CodePoints("🎁🎁"), 2u);
}

TEST(Hex, IsLowerCase) { EXPECT_EQ(Hex(std::string_view("\x00\xff\x1a", 3)), "00ff1a"); }

TEST(JsonString, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(JsonString("plain"), "\"plain\"");
  EXPECT_EQ(JsonString("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(JsonString("line\nend\x01"), "\"line\\u000aend\\u0001\"");
  EXPECT_EQ(JsonString("Zürich"), "\"Zürich\"");
}

TEST(StringView, CrossesTheBorderUnchanged) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(Std(Abs(text)), text);
}

}  // namespace
}  // namespace gratis::base
