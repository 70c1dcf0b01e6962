#include <gtest/gtest.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gratis/messages/v1/messages.pb.h"
#include "services/messages/ways.h"

namespace gratis::messages {
namespace {

// Triggers take the contract's words, in small letters, and are refused all others.
TEST(WaysContract, FactsCallThemAsTheContractDoes) {
  const auto* const channels = v1::MessageChannel_descriptor();
  constexpr char kBegins[] = "MESSAGE_CHANNEL_";
  for (int i = 0; i < channels->value_count(); ++i) {
    if (channels->value(i)->number() == 0) continue;
    const std::string name = channels->value(i)->name();
    ASSERT_TRUE(absl::StartsWith(name, kBegins)) << name;
    const std::string code = absl::AsciiStrToLower(name.substr(sizeof kBegins - 1));
    const Way* const way = FindWay(code);
    ASSERT_NE(way, nullptr) << code;
    EXPECT_EQ(static_cast<int>(way->kind), channels->value(i)->number());
  }
}

}  // namespace
}  // namespace gratis::messages
