#include "common/app/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/base/text.h"
#include "common/house/keyring/keyring.h"
#include "common/obs/log.h"
#include "common/pg/migrations.h"
#include "common/status/reasons.h"
#include "tests/integration/common/app/place.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::app::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

class Nameless final : public Module {
 public:
  std::string_view name() const override { return "members"; }
  std::vector<pg::Migration> migrations() const override {
    return {{1, "one", "CREATE TABLE gratis_members.one (id int)"},
            {2, "two", "CREATE TABLE gratis_members.two (id int)"}};
  }
  absl::Status Start(House&) override { return absl::OkStatus(); }
  std::vector<grpc::Service*> services() override { return {}; }
};

class DatabaseTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<Applied>> Migrate() {
    return MigrateAll(database_.conninfo(), {&module_}, clock_);
  }
  pg::PoolOptions AsPoster() const {
    pg::PoolOptions options;
    options.conninfo = database_.conninfo();
    options.role = pg::ServiceRole("members");
    options.size = 2;
    return options;
  }

  base::SystemClock clock_;
  Nameless module_;
  pg::testing::TestDatabase database_;
  Place place_;
  vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'k'), 1);
};

TEST_F(DatabaseTest, MigratingTellsWhatWasNew) {
  const auto first = Migrate();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(*first, IsSupersetOf({Applied{"house.migration", 1, "migration"},
                                    Applied{"house", 1, "house"}, Applied{"ledger", 1, "ledger"},
                                    Applied{"gratis_members", 1, "one"},
                                    Applied{"gratis_members", 2, "two"}}));
  const auto second = Migrate();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(*second, IsEmpty());
}

TEST_F(DatabaseTest, MigratingSaysWhatMayTakeLong) {
  std::string said;
  obs::Log log(obs::Log::Options{}, [&](std::string_view line) { said += line; });
  ASSERT_TRUE(MigrateAll(database_.conninfo(), {&module_}, clock_, &log).ok());
  EXPECT_EQ(said, "") << "a new database takes no time";
  database_.Execute(
      "DROP TABLE gratis_members.two;"
      "DELETE FROM house.migration WHERE schema = 'gratis_members' AND number = 2");
  ASSERT_TRUE(MigrateAll(database_.conninfo(), {&module_}, clock_, &log).ok());
  EXPECT_THAT(said, HasSubstr("migrating; with many rows this may take long"));
  EXPECT_THAT(said, HasSubstr("two"));
}

TEST_F(DatabaseTest, TheFirstKeyIsOneAndOpensTheHouse) {
  ASSERT_TRUE(Migrate().ok());
  const auto home = Home::Open(place_.home());
  ASSERT_TRUE(home.ok()) << home.status();
  ASSERT_TRUE(EnsureFirstKey(database_.conninfo(), vault_, *home, clock_).ok());
  const std::string key = place_.AdminKey();
  ASSERT_TRUE(EnsureFirstKey(database_.conninfo(), vault_, *home, clock_).ok());
  EXPECT_EQ(place_.AdminKey(), key);

  pg::Pool pool(AsPoster());
  house::Keyring keys(pool, vault_.Derive("api-key"), clock_);
  const auto record = keys.Find(key, clock_.Now() + absl::Seconds(20));
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->role, house::Role::kAdmin);
  EXPECT_EQ(record->program, std::nullopt);
}

TEST_F(DatabaseTest, ARevokedFirstKeyIsNotGivenAgain) {
  ASSERT_TRUE(Migrate().ok());
  const auto home = Home::Open(place_.home());
  ASSERT_TRUE(home.ok());
  ASSERT_TRUE(EnsureFirstKey(database_.conninfo(), vault_, *home, clock_).ok());
  database_.Execute("UPDATE house.api_key SET revoked_at = now()");
  std::filesystem::remove(home->admin_key());
  ASSERT_TRUE(EnsureFirstKey(database_.conninfo(), vault_, *home, clock_).ok());
  EXPECT_FALSE(std::filesystem::exists(home->admin_key()));
  database_.Execute("DO $$ BEGIN ASSERT (SELECT count(*) FROM house.api_key) = 1; END $$");
}

absl::StatusOr<vault::Vault> OpenWith(const std::string& conninfo, const std::string& text) {
  return OpenVault(conninfo, vault::MasterKeySource("", text), base::SystemClock());
}

std::string Key(int version, char digit) {
  return std::to_string(version) + ":" + std::string(64, digit);
}

TEST_F(DatabaseTest, AnotherMasterKeyIsRefusedAndSoIsNone) {
  ASSERT_TRUE(Migrate().ok());
  ASSERT_TRUE(OpenWith(database_.conninfo(), Key(1, 'a')).ok());
  for (const std::string& other : {Key(1, 'b'), Key(2, 'a'), Key(2, 'b')}) {
    EXPECT_EQ(ReasonOf(OpenWith(database_.conninfo(), other).status()), Reason::kMasterKeyInvalid)
        << other;
  }
  const vault::MasterKeySource nowhere(place_.home() + "/master.key", "");
  EXPECT_EQ(ReasonOf(OpenVault(database_.conninfo(), nowhere, clock_).status()),
            Reason::kMasterKeyInvalid);
  EXPECT_FALSE(std::filesystem::exists(place_.home() + "/master.key"));
}

TEST_F(DatabaseTest, ADatabaseFromBeforeRootsKeepsAllThatWasDerived) {
  ASSERT_TRUE(Migrate().ok());
  const auto before = vault::Vault::FromMasterKey(std::string(32, '\xaa'), 1);
  ASSERT_TRUE(before.ok());
  database_.Execute("INSERT INTO house.master_key (version, check_value, since) VALUES (1, '\\x" +
                    base::Hex(*before->CheckValue(1)) + "', '-infinity')");
  for (int start = 0; start < 2; ++start) {
    const auto vault = OpenWith(database_.conninfo(), Key(1, 'a'));
    ASSERT_TRUE(vault.ok()) << vault.status();
    EXPECT_EQ(vault->Derive("chain"), before->Derive("chain"));
  }
  database_.Execute(
      "DO $$ BEGIN ASSERT (SELECT octet_length(root) FROM house.master_key) = 64; END $$");
}

TEST_F(DatabaseTest, TheRootIsRandomAndNotTheMasterKey) {
  ASSERT_TRUE(Migrate().ok());
  const auto vault = OpenWith(database_.conninfo(), Key(1, 'a'));
  ASSERT_TRUE(vault.ok()) << vault.status();
  EXPECT_NE(vault->Derive("api-key"),
            vault::Vault::FromMasterKey(std::string(32, '\xaa'), 1)->Derive("api-key"));
  EXPECT_EQ(OpenWith(database_.conninfo(), Key(1, 'a'))->Derive("api-key"),
            vault->Derive("api-key"));
}

TEST_F(DatabaseTest, TheWatchTellsADatabaseThatIsGoneFromOneThatAnswers) {
  ASSERT_TRUE(Migrate().ok());
  std::mutex mutex;
  std::string lines;
  obs::Log log({}, [&](std::string_view line) {
    std::lock_guard lock(mutex);
    lines += line;
  });
  Config config;
  config.database_url = "given";
  pg::Pool good(AsPoster());
  pg::PoolOptions nowhere;
  nowhere.conninfo = "host=/nonexistent dbname=none";
  pg::Pool bad(nowhere);
  const DatabaseWatch up(config, good, clock_, log);
  const DatabaseWatch down(config, bad, clock_, log);
  EXPECT_TRUE(Eventually(kPatience, [&] { return !down.up(); }));
  EXPECT_TRUE(up.up());
  std::lock_guard lock(mutex);
  EXPECT_NE(lines.find("PostgreSQL does not answer"), std::string::npos);
}

}  // namespace
}  // namespace gratis::app::testing
