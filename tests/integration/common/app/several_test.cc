#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "common/status/reasons.h"
#include "tests/integration/common/app/place.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::app::testing {
namespace {

using ::testing::HasSubstr;

class SeveralTest : public ::testing::Test {
 protected:
  std::string Url() const { return "--database-url=" + database_.conninfo(); }

  pg::testing::TestDatabase database_;
  Place place_;
};

TEST_F(SeveralTest, ProcessesThatStartAtOnceShareOneHome) {
  const auto ledger = place_.Start("gratis-ledger", {Url()});
  const auto thanks = place_.Start("gratis-thanks", {Url()});
  const auto whole = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratis-ledger", *ledger)) << ledger->output();
  ASSERT_TRUE(place_.Serves("gratis-thanks", *thanks)) << thanks->output();
  ASSERT_TRUE(place_.Serves("gratisd", *whole)) << whole->output();
  // One key, one CA: whichever process made them, they are good everywhere.
  EXPECT_TRUE(place_.Balance("gratis-ledger").ok());
  EXPECT_TRUE(place_.Balance("gratisd").ok());
  EXPECT_EQ(place_.Says("gratis-ledger", "ca"), place_.Says("gratis-thanks", "ca"));
  database_.Execute(
      "DO $$ BEGIN ASSERT (SELECT count(*) FROM house.api_key) = 1; "
      "ASSERT (SELECT count(*) FROM house.master_key) = 1; END $$");
}

TEST_F(SeveralTest, APeerElsewhereIsReachedOverTls) {
  const auto ledger = place_.Start("gratis-ledger", {Url(), "--log-level=debug"});
  ASSERT_TRUE(place_.Serves("gratis-ledger", *ledger)) << ledger->output();
  const auto thanks = place_.Start(
      "gratis-thanks", {Url(), "--peer=ledger=" + place_.Says("gratis-ledger", "address")});
  ASSERT_TRUE(place_.Serves("gratis-thanks", *thanks)) << thanks->output();
  EXPECT_TRUE(place_.Clock("gratis-thanks").ok()) << place_.Clock("gratis-thanks");
  EXPECT_THAT(ledger->output(), HasSubstr("actor=service:thanks"));

  ledger->Signal(SIGTERM);
  EXPECT_EQ(ledger->WaitForEnd(kPatience), 0);
  EXPECT_EQ(ReasonOf(place_.Clock("gratis-thanks")), Reason::kPeerUnavailable);
}

TEST_F(SeveralTest, OneProgramRunsOnceInAHome) {
  const auto first = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *first)) << first->output();
  const auto second = place_.Start("gratisd", {Url()});
  EXPECT_EQ(second->WaitForEnd(kPatience), 2);
  EXPECT_THAT(second->output(), HasSubstr("gratisd already runs in " + place_.home()));
  EXPECT_TRUE(place_.Balance("gratisd").ok());
}

TEST_F(SeveralTest, MigrateBesideARunningProcessIsFine) {
  const auto first = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *first)) << first->output();
  const auto migrate = place_.Run("gratisd", {"migrate", Url()});
  EXPECT_EQ(migrate->WaitForEnd(kPatience), 0) << migrate->output();
  EXPECT_TRUE(place_.Balance("gratisd").ok());
}

}  // namespace
}  // namespace gratis::app::testing
