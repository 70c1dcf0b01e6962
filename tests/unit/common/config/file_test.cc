#include "common/config/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SettingsFile, ReadsStringsNumbersArraysAndSections) {
  const auto entries = ParseFile(R"(
# a comment
; another
port = 8471            # with a comment
home="/srv/a # b"
literal = 'C:\x'
escaped = "a\"b\\c\td"
bare = host:1
peer = ["members=h:1", 'thanks=h:2',]
none = []

[gratis-members]
  workers = 3
)");
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 8u);
  EXPECT_EQ((*entries)[0].key, "port");
  EXPECT_EQ((*entries)[0].line, 4);
  EXPECT_THAT((*entries)[0].values, ElementsAre("8471"));
  EXPECT_THAT((*entries)[1].values, ElementsAre("/srv/a # b"));
  EXPECT_THAT((*entries)[2].values, ElementsAre("C:\\x"));
  EXPECT_THAT((*entries)[3].values, ElementsAre("a\"b\\c\td"));
  EXPECT_THAT((*entries)[4].values, ElementsAre("host:1"));
  EXPECT_THAT((*entries)[5].values, ElementsAre("members=h:1", "thanks=h:2"));
  EXPECT_THAT((*entries)[6].values, ElementsAre());
  EXPECT_EQ((*entries)[7].section, "gratis-members");
  EXPECT_EQ((*entries)[7].key, "workers");
}

TEST(SettingsFile, SaysInWhichLineSomethingIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"a = 1\nport", "line 2: a setting is written key = value"},
      {"port =", "line 1: there is no value"},
      {"port = # none", "line 1: there is no value"},
      {"= 3", "line 1: a setting is written"},
      {"[gratisd", "line 1: a section is written"},
      {"[]", "line 1: a section is written"},
      {"[a] b", "line 1: there is more"},
      {"home = \"/srv", "line 1: a quote is not closed"},
      {"home = \"/srv\\", "line 1: a quote is not closed"},
      {"home = \"\\q\"", "line 1: a backslash"},
      {"home = \"a\" b", "line 1: there is more"},
      {"peer = [\"a\"", "line 1: between the values"},
      {"peer = [", "line 1: the array does not end"},
      {"peer = [\"a\" \"b\"]", "line 1: between the values"},
  };
  for (const auto& [text, message] : cases) {
    const auto entries = ParseFile(text);
    ASSERT_FALSE(entries.ok()) << text;
    EXPECT_EQ(ReasonOf(entries.status()), Reason::kConfigInvalid);
    EXPECT_THAT(std::string(entries.status().message()), HasSubstr(message)) << text;
  }
}

}  // namespace
}  // namespace gratis::config
