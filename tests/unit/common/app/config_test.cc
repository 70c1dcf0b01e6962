#include "common/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/config/environment.h"
#include "common/config/settings.h"
#include "common/status/reasons.h"

namespace gratis::app {
namespace {

using ::testing::HasSubstr;

const config::Environment kNone{config::Environment::Variables{}};

TEST(Config, ServicesThatShareAHomeHavePortsOfTheirOwn) {
  std::set<int> ports;
  for (const char* program : {"gratis-ledger", "gratis-members", "gratis-birthdays",
                              "gratis-thanks", "gratis-messages"}) {
    ports.insert(DefaultConfig(program, kNone).port);
  }
  EXPECT_EQ(ports.size(), 5u);
  EXPECT_EQ(DefaultConfig("gratisd", kNone).port, 8470);
}

TEST(Config, EverySettingCanBeGivenAndIsShown) {
  Config config = DefaultConfig("gratisd", kNone);
  config::Settings settings = DeclareSettings("gratisd", config);
  const char* argv[] = {"gratisd",       "--port=9000",        "--development-clock",
                        "--pool-size=3", "--peer=members=h:1", "--config=/dev/null"};
  const auto invocation = settings.Read(6, argv, kNone);
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_EQ(config.port, 9000);
  EXPECT_TRUE(config.development_clock);
  EXPECT_EQ(config.pool_size, 3);
  EXPECT_TRUE(config.embedded());
  EXPECT_EQ(config.peers, std::vector<std::string>{"members=h:1"});
}

TEST(Config, APeerIsWhereTheSettingsSayElseAtItsDefaultPort) {
  Config config;
  config.peers = {"members=db-7.example:1234", "ledger=[::1]:99"};
  const auto addresses = PeerAddresses(config);
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  EXPECT_EQ(addresses->at("members"), "db-7.example:1234");
  EXPECT_EQ(addresses->at("ledger"), "[::1]:99");
  EXPECT_EQ(addresses->at("thanks"), "localhost:8473");
}

TEST(Config, APeerThatIsNoneIsAnErrorThatRepeatsIt) {
  for (const char* peer : {"members", "members=", "members=host", "members=host:", "members=:1",
                           "members=host:0", "members=host:99999", "nobody=host:1", "=host:1"}) {
    Config config;
    config.peers = {peer};
    const absl::Status status = CheckConfig(config);
    EXPECT_EQ(ReasonOf(status), Reason::kConfigInvalid) << peer;
    EXPECT_THAT(std::string(status.message()), HasSubstr(peer));
  }
}

TEST(Config, ACertificateNeedsItsKey) {
  Config config;
  config.tls_certificate = "/x/cert.pem";
  EXPECT_EQ(ReasonOf(CheckConfig(config)), Reason::kConfigInvalid);
  config.tls_key = "/x/key.pem";
  EXPECT_TRUE(CheckConfig(config).ok());
}

}  // namespace
}  // namespace gratis::app
