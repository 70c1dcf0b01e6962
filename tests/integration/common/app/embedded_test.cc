#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "common/status/reasons.h"
#include "tests/integration/common/app/place.h"

namespace gratis::app::testing {
namespace {

using ::testing::AnyOf;

class EmbeddedTest : public ::testing::Test {
 protected:
  // The server's process id, as it writes it itself; 0 when none runs.
  pid_t Postmaster() const {
    std::ifstream in(place_.home() + "/postgres/data/postmaster.pid");
    pid_t pid = 0;
    return in >> pid && kill(pid, 0) == 0 ? pid : 0;
  }

  Place place_;
};

TEST_F(EmbeddedTest, TheWholeEngineStartsItAndStopsItAtItsEnd) {
  const auto child = place_.Start("gratisd");
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  EXPECT_NE(Postmaster(), 0);
  EXPECT_TRUE(place_.Balance("gratisd").ok());
  child->Signal(SIGTERM);
  EXPECT_EQ(child->WaitForEnd(kPatience), 0) << child->output();
  EXPECT_EQ(Postmaster(), 0);
}

TEST_F(EmbeddedTest, ItOutlivesAKilledProcessAndOneThatIsToldToKeepIt) {
  auto child = place_.Start("gratisd");
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  const pid_t postmaster = Postmaster();
  child->Signal(SIGKILL);
  child->WaitForEnd(kPatience);
  EXPECT_EQ(Postmaster(), postmaster);

  child = place_.Start("gratisd", {"--keep-postgres"});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  EXPECT_EQ(Postmaster(), postmaster);
  child->Signal(SIGTERM);
  EXPECT_EQ(child->WaitForEnd(kPatience), 0) << child->output();
  EXPECT_EQ(Postmaster(), postmaster);
}

TEST_F(EmbeddedTest, ItStaysWhileOthersLiveInTheHome) {
  const auto ledger = place_.Start("gratis-ledger");
  const auto whole = place_.Start("gratisd");
  ASSERT_TRUE(place_.Serves("gratis-ledger", *ledger)) << ledger->output();
  ASSERT_TRUE(place_.Serves("gratisd", *whole)) << whole->output();
  whole->Signal(SIGTERM);
  EXPECT_EQ(whole->WaitForEnd(kPatience), 0) << whole->output();
  EXPECT_NE(Postmaster(), 0);
  EXPECT_TRUE(place_.Balance("gratis-ledger").ok());
}

TEST_F(EmbeddedTest, WhenItIsKilledCallsFailAsUnavailableAndThenWorkAgain) {
  const auto child = place_.Start("gratisd", {"--development-clock"});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  const auto channel = place_.Channel("gratisd");
  ASSERT_TRUE(Place::Balance(channel, "m").ok());
  const pid_t postmaster = Postmaster();
  ASSERT_EQ(kill(postmaster, SIGKILL), 0);

  bool failed = false;
  bool recovered = false;
  ASSERT_TRUE(Eventually(kPatience, [&] {
    const absl::Status status = Place::Balance(channel, "m");
    if (!status.ok()) {
      failed = true;
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    }
    recovered = failed && status.ok();
    return recovered;
  })) << child->output();
  EXPECT_NE(Postmaster(), postmaster);
  child->Signal(SIGTERM);
  EXPECT_EQ(child->WaitForEnd(kPatience), 0) << child->output();
}

}  // namespace
}  // namespace gratis::app::testing
