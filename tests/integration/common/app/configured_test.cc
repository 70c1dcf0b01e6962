#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/common/app/place.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::app::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kNoDatabase[] = "--database-url=host=/nonexistent dbname=none user=none";

TEST(Configured, AnUnknownFlagIsAnErrorThatNamesTheNearest) {
  const Place place;
  const auto child = place.Run("gratisd", {"--prot=1"});
  EXPECT_EQ(child->WaitForEnd(kPatience), 2);
  EXPECT_EQ(child->output(), "gratisd: there is no flag --prot; the nearest is --port\n");
  EXPECT_FALSE(std::filesystem::exists(place.home()));
}

TEST(Configured, AnUnknownKeyInTheHomesFileIsAnError) {
  const Place place;
  std::filesystem::create_directories(place.home());
  std::ofstream(place.home() + "/gratis.toml") << "log-levle = \"debug\"\n";
  const auto child = place.Run("gratisd", {});
  EXPECT_EQ(child->WaitForEnd(kPatience), 2);
  EXPECT_THAT(child->output(), HasSubstr("gratis.toml:1: there is no setting log-levle; the "
                                         "nearest is log-level"));
}

TEST(Configured, HelpAndCheckTouchNothing) {
  const Place place;
  const auto help = place.Run("gratis-members", {"--help"});
  EXPECT_EQ(help->WaitForEnd(kPatience), 0);
  EXPECT_THAT(help->output(), HasSubstr("GRATIS_DATABASE_URL"));
  EXPECT_THAT(help->output(), HasSubstr("default: 8471"));
  const auto check = place.Run("gratisd", {"config", "check", "--port=9", "--database-url=x:pw@y"});
  EXPECT_EQ(check->WaitForEnd(kPatience), 0);
  EXPECT_THAT(check->output(), ContainsRegex("\nport +9 +flag\n"));
  EXPECT_THAT(check->output(), ContainsRegex("home +" + place.home() + " +GRATIS_HOME\n"));
  EXPECT_THAT(check->output(), Not(HasSubstr("pw")));
  EXPECT_FALSE(std::filesystem::exists(place.home()));
}

TEST(Configured, CheckFailsOnWhatTheServerWouldRefuse) {
  const Place place;
  for (const char* flag : {"--peer=nobody=host:1", "--port=70000", "--tls-key=/x"}) {
    const auto child = place.Run("gratisd", {"config", "check", flag});
    EXPECT_EQ(child->WaitForEnd(kPatience), 2) << flag;
  }
}

TEST(Configured, ADatabaseThatIsDownIsWaitedForUpToABound) {
  const Place place;
  const auto child = place.Start("gratisd", {kNoDatabase, "--database-wait-seconds=1"});
  EXPECT_EQ(child->WaitForEnd(kPatience), 1);
  EXPECT_THAT(child->output(), HasSubstr("warning: waiting for PostgreSQL"));
  EXPECT_THAT(child->output(), HasSubstr("\ngratisd: "));
}

TEST(Configured, WhoWaitsForTheDatabaseStillEndsWhenTold) {
  const Place place;
  const auto child = place.Start("gratisd", {kNoDatabase});
  ASSERT_TRUE(Eventually(kPatience, [&] {
    return child->output().find("waiting for PostgreSQL") != std::string::npos;
  }));
  child->Signal(SIGTERM);
  EXPECT_EQ(child->WaitForEnd(absl::Seconds(20)), 0) << child->output();
}

TEST(Configured, MigrateSaysWhatItAppliedAndEnds) {
  const Place place;
  const pg::testing::TestDatabase database;
  const std::string url = "--database-url=" + database.conninfo();
  const auto first = place.Run("gratisd", {"migrate", url});
  EXPECT_EQ(first->WaitForEnd(kPatience), 0) << first->output();
  EXPECT_THAT(first->output(), HasSubstr("applied house 0001 house\n"));
  EXPECT_THAT(first->output(), HasSubstr("applied ledger 0001 ledger\n"));
  EXPECT_THAT(first->output(), HasSubstr("applied gratis_thanks 0001 thing\n"));
  const auto second = place.Run("gratisd", {"migrate", url});
  EXPECT_EQ(second->WaitForEnd(kPatience), 0);
  EXPECT_EQ(second->output(), "the database is up to date\n");
}

TEST(Configured, ADatabaseOfANewerVersionIsLeftAlone) {
  const Place place;
  const pg::testing::TestDatabase database;
  const std::string url = "--database-url=" + database.conninfo();
  ASSERT_EQ(place.Run("gratisd", {"migrate", url})->WaitForEnd(kPatience), 0);
  database.Execute(
      "INSERT INTO house.migration SELECT schema, 99, 'later', checksum, applied_at "
      "FROM house.migration WHERE schema = 'ledger' AND number = 1");
  const auto child = place.Start("gratisd", {url});
  EXPECT_EQ(child->WaitForEnd(kPatience), 1);
  EXPECT_THAT(child->output(), HasSubstr("migration 99 of ledger"));
  EXPECT_THAT(child->output(), HasSubstr("run the newer version"));
}

TEST(Configured, ADatabaseOfAnotherMasterKeyIsLeftAlone) {
  const Place mine;
  const Place theirs;
  const pg::testing::TestDatabase database;
  const std::string url = "--database-url=" + database.conninfo();
  ASSERT_EQ(theirs.Run("gratisd", {"migrate", url})->WaitForEnd(kPatience), 0);
  const auto child = mine.Start("gratisd", {url});
  EXPECT_EQ(child->WaitForEnd(kPatience), 1);
  EXPECT_THAT(child->output(), HasSubstr("master key"));
  EXPECT_FALSE(std::filesystem::exists(mine.home() + "/admin.key"));
}

}  // namespace
}  // namespace gratis::app::testing
