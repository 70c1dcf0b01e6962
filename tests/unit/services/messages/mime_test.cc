#include "services/messages/mime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"

namespace gratis::messages {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kWritten = absl::FromUnixSeconds(1'800'000'000);

Email Letter() {
  return {.from_name = "Ada",
          .from_address = "ada@shop.example",
          .to = "bo@home.example",
          .subject = "Thank you",
          .text = "Hello Bo,\nthank you.\n",
          .html = "<p>Hello Bo</p>",
          .unsubscribe_url = "https://shop.example/u/abc"};
}

std::string Written(const Email& email) {
  return MimeText(email, "<dlv_1@shop.example>", kWritten);
}

// The lines before the body.
std::vector<std::string> Headers(const std::string& letter) {
  return absl::StrSplit(letter.substr(0, letter.find("\r\n\r\n")), "\r\n");
}

TEST(MimeText, HasTheHeadersOfALetter) {
  EXPECT_THAT(Headers(Written(Letter())),
              testing::IsSupersetOf(
                  {"Date: Fri, 15 Jan 2027 08:00:00 +0000", "From: Ada <ada@shop.example>",
                   "To: bo@home.example", "Subject: Thank you", "Message-ID: <dlv_1@shop.example>",
                   "List-Unsubscribe: <https://shop.example/u/abc>",
                   "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "MIME-Version: 1.0"}));
}

TEST(MimeText, SaysNothingOfUnsubscribingWhereThereIsNoWay) {
  Email email = Letter();
  email.unsubscribe_url.clear();
  EXPECT_THAT(Written(email), Not(HasSubstr("List-Unsubscribe")));
}

TEST(MimeText, IsTheSameBytesEachTime) { EXPECT_EQ(Written(Letter()), Written(Letter())); }

TEST(MimeText, HasTextFirstAndHtmlSecond) {
  const std::string letter = Written(Letter());
  EXPECT_THAT(letter, HasSubstr("Content-Type: multipart/alternative;\r\n boundary=\"gratis-"));
  const size_t text = letter.find("Content-Type: text/plain; charset=utf-8");
  const size_t html = letter.find("Content-Type: text/html; charset=utf-8");
  ASSERT_NE(text, std::string::npos);
  ASSERT_NE(html, std::string::npos);
  EXPECT_LT(text, html);
}

TEST(MimeText, WithoutHtmlIsOnePart) {
  Email email = Letter();
  email.html.clear();
  EXPECT_THAT(Written(email), Not(HasSubstr("multipart")));
}

// RFC 2047: foreign text in a header is encoded; each word is at most 75 characters and whole.
TEST(MimeText, EncodesForeignHeaders) {
  Email email = Letter();
  email.from_name = "Zoë";
  email.subject.clear();
  for (int i = 0; i < 30; ++i) email.subject += "schön ";
  std::string subject;
  bool inside = false;
  for (const std::string& line : Headers(Written(email))) {
    EXPECT_LE(line.size(), 78u) << line;
    if (line.rfind("Subject: ", 0) == 0)
      inside = true;
    else if (line.empty() || line[0] != ' ')
      inside = false;
    if (!inside) continue;
    const size_t begin = line.find("=?UTF-8?B?");
    ASSERT_NE(begin, std::string::npos) << line;
    std::string piece;
    ASSERT_TRUE(absl::Base64Unescape(
        line.substr(begin + 10, line.find("?=", begin + 10) - begin - 10), &piece));
    subject += piece;
  }
  EXPECT_EQ(subject, email.subject);
  EXPECT_THAT(Written(email), HasSubstr("From: =?UTF-8?B?Wm/Dqw==?= <ada@shop.example>"));
}

TEST(MimeText, NothingInAFieldBecomesAHeader) {
  Email email = Letter();
  email.from_name = "Ada\r\nBcc: all@home.example";
  email.subject = "Hi\r\nBcc: all@home.example\r\n\r\nbody";
  email.unsubscribe_url = "https://x/\r\nBcc: all@home.example";
  for (const std::string& line : Headers(Written(email))) {
    EXPECT_NE(line.rfind("Bcc", 0), 0u) << line;
  }
}

TEST(MimeText, LinesOfTheBodyAreShortAndEndAsTheyMust) {
  Email email = Letter();
  email.html.clear();
  email.text = std::string(500, 'x') + " \n.\nFrom here\n=ä\n";
  const std::string letter = Written(email);
  const std::vector<std::string> lines = absl::StrSplit(letter, "\r\n");
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 78u);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_NE(line, ".");
    EXPECT_NE(line.rfind("From here", 0), 0u);
  }
  EXPECT_THAT(letter, HasSubstr("=3D=C3=A4\r\n"));
  EXPECT_THAT(letter, HasSubstr("x=20\r\n"));
}

TEST(Mailable, AddressesThatCanStandInACommand) {
  for (const char* good : {"a@b.example", "first.last+tag@sub.shop.example", "root@localhost"}) {
    EXPECT_TRUE(IsMailable(good)) << good;
  }
  for (const char* bad : {"", "a", "@b.example", "a@", "a@b", "a b@c.example", "a@b@c.example",
                          "a@b.example>\r\nRCPT TO:<x", "<a@b.example>", "a@b.example,c@d.example",
                          "\"a\"@b.example", "ä@b.example", "a@.example", "a@b."}) {
    EXPECT_FALSE(IsMailable(bad)) << bad;
  }
}

TEST(MessageId, FollowsFromDeliveryAndSender) {
  EXPECT_EQ(MessageIdHeader("dlv_1", "ada@shop.example"), "<dlv_1@shop.example>");
}

}  // namespace
}  // namespace gratis::messages
