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

}  // namespace
}  // namespace gratis::messages
