#include "services/members/email_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EmailAddress, AllSpellingsOfOneAreOne) {
  for (const char* text :
       {"ann@example.com", "Ann@Example.COM", " ann@example.com ", "mailto:ann@example.com",
        "MailTo:ann@example.com", "Ann Example <ann@example.com>", "<ann@example.com>",
        "ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ann\u200b@example.com", "\u00a0ann@example.com"}) {
    const auto email = ParseEmail(text);
    ASSERT_TRUE(email.ok()) << text << ": " << email.status();
    EXPECT_EQ(email->key, "ann@example.com") << text;
  }
}

TEST(EmailAddress, AccentsAndDomainsOfAnyScriptHaveOneForm) {
  EXPECT_EQ(ParseEmail("JOSE\u0301@example.com")->key, ParseEmail("josé@example.com")->key);
  EXPECT_EQ(ParseEmail("a@Bücher.example")->key, ParseEmail("a@xn--bcher-kva.example")->key);
  EXPECT_NE(ParseEmail("jose@example.com")->key, ParseEmail("josé@example.com")->key);
}

TEST(EmailAddress, KeepsHowOneWritesToIt) {
  EXPECT_EQ(ParseEmail("Ann Example <Ann.E@Example.com>")->text, "Ann.E@Example.com");
}

TEST(EmailAddress, RefusesWhatIsNoneAndDoesNotRepeatIt) {
  for (const char* text : {"", "ann", "ann@", "Ann <ann>", "a b@example.com", "ann@example.com>",
                           "mailto:", "ann@xn--a.example"}) {
    EXPECT_EQ(ReasonOf(ParseEmail(text).status()), Reason::kInvalidEmail) << text;
  }
  EXPECT_THAT(std::string(ParseEmail("zenobia@").status().message()), Not(HasSubstr("zenobia")));
}

}  // namespace
}  // namespace gratis::members
