#include "services/messages/smtp_reply.h"

#include <gtest/gtest.h>

namespace gratis::messages {
namespace {

TEST(SmtpCodeOf, IsWhatTheLineBeginsWith) {
  EXPECT_EQ(SmtpCodeOf("250 2.0.0 taken\r\n"), 250);
  EXPECT_EQ(SmtpCodeOf("550-no such user"), 550);
  EXPECT_EQ(SmtpCodeOf("421"), 421);
}

TEST(SmtpCodeOf, IsNoneOfWhatIsNoReply) {
  for (const char* line :
       {"", "5", "55", "+55 no", " 55 no", "-50", "5x0", "099", "600", "999 no"}) {
    EXPECT_EQ(SmtpCodeOf(line), 0) << line;
  }
}

TEST(EndsSmtpReply, OfSeveralLinesTheLastDoes) {
  for (const char* last : {"250 2.0.0 taken\r\n", "250\r\n", "250", "250 "}) {
    EXPECT_TRUE(EndsSmtpReply(last)) << last;
  }
  for (const char* other : {"250-2.0.0 taken\r\n", "250-", "554-5.7.1 no", "", "25", "taken"}) {
    EXPECT_FALSE(EndsSmtpReply(other)) << other;
  }
}

}  // namespace
}  // namespace gratis::messages
