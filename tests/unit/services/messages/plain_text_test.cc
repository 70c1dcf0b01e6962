#include "services/messages/plain_text.h"

#include <gtest/gtest.h>

namespace gratis::messages {
namespace {

TEST(PlainText, IsOneLineOfAscii) {
  EXPECT_EQ(PlainText("550 5.1.1 no such user\r\n"), "550 5.1.1 no such user");
  EXPECT_EQ(PlainText("a\n\n\tb"), "a b");
  EXPECT_EQ(PlainText("\xff\xfe\x01z"), "?z");
  EXPECT_EQ(PlainText(""), "");
}

}  // namespace
}  // namespace gratis::messages
