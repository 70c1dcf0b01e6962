#include "services/messages/webhook_signature.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/escaping.h"

namespace gratis::messages {
namespace {

// The example of the Standard Webhooks specification and of its libraries.
TEST(WebhookSignature, IsThatOfTheStandardsExample) {
  EXPECT_EQ(WebhookSignature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                             "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, ChangesWithEverythingThatIsSigned) {
  const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const std::set<std::string> signatures = {
      WebhookSignature(secret, "a", 1, "body"), WebhookSignature(secret, "b", 1, "body"),
      WebhookSignature(secret, "a", 2, "body"), WebhookSignature(secret, "a", 1, "Body"),
      WebhookSignature("whsec_AAAA", "a", 1, "body")};
  EXPECT_EQ(signatures.size(), 5u);
}

TEST(WebhookSecret, FollowsFromSubscriptionAndGenerationAlone) {
  const std::string key(32, 'k');
  const Uuid one = {{1}}, other = {{2}};
  const std::string secret = WebhookSecret(key, one, 1);
  EXPECT_EQ(secret, WebhookSecret(key, one, 1));
  EXPECT_NE(secret, WebhookSecret(key, one, 2));
  EXPECT_NE(secret, WebhookSecret(key, other, 1));
  EXPECT_NE(secret, WebhookSecret(std::string(32, 'l'), one, 1));
}

// The specification asks for 24 to 64 bytes.
TEST(WebhookSecret, IsThirtyTwoBytesInBase64) {
  const std::string secret = WebhookSecret(std::string(32, 'k'), Uuid{{1}}, 1);
  ASSERT_EQ(secret.substr(0, 6), "whsec_");
  std::string bytes;
  ASSERT_TRUE(absl::Base64Unescape(secret.substr(6), &bytes));
  EXPECT_EQ(bytes.size(), 32u);
}

}  // namespace
}  // namespace gratis::messages
