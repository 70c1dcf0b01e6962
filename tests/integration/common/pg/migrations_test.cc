#include "common/pg/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/pg/errors.h"
#include "common/pg/pg_sql.h"
#include "tests/integration/common/pg/one_database.h"

namespace gratis::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Query kApplied{"migrations_test/applied",
                         "SELECT number || ' ' || name FROM house.migration WHERE schema = $1"
                         " ORDER BY number"};
constexpr Query kTables{"migrations_test/tables",
                        "SELECT table_name::text FROM information_schema.tables"
                        " WHERE table_schema = $1 ORDER BY 1"};

const std::vector<Migration> kTwo = {
    {1, "shelf", "CREATE TABLE shop.shelf (id int);\nCREATE TABLE shop.till (id int);"},
    {2, "fill", "INSERT INTO shop.shelf VALUES (1); ALTER TABLE shop.till ADD COLUMN open bool"},
};

class Migrations : public testing::OneDatabase {
 protected:
  absl::Status Apply(const std::vector<Migration>& migrations) const {
    return Migrate(database_.conninfo(), "shop", migrations);
  }

  std::vector<std::string> List(const Query& query, const std::string& schema = "shop") {
    std::vector<std::string> names;
    EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(const Rows rows, tx.Run(query, schema));
                for (const Row row : rows) names.push_back(row.Get<std::string>(0));
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return names;
  }
};

TEST_F(Migrations, AreAppliedInOrderAndRecorded) {
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  EXPECT_THAT(List(kTables), ElementsAre("shelf", "till"));
  EXPECT_THAT(List(kApplied), ElementsAre("1 shelf", "2 fill"));
  EXPECT_THAT(List(kApplied, "house.migration"), ElementsAre("1 migration"));
}

TEST_F(Migrations, ASecondTimeDoesNothing) {
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  EXPECT_THAT(List(kApplied), ElementsAre("1 shelf", "2 fill"));
}

TEST_F(Migrations, OnlyWhatIsNewIsApplied) {
  EXPECT_EQ(Apply({kTwo[0]}), absl::OkStatus());
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  EXPECT_THAT(List(kApplied), ElementsAre("1 shelf", "2 fill"));
}

TEST_F(Migrations, SchemasAreNumberedEachForItself) {
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  EXPECT_EQ(Migrate(database_.conninfo(), "house",
                    std::vector<Migration>{{1, "key", "CREATE TABLE house.key (id int)"}}),
            absl::OkStatus());
  EXPECT_THAT(List(kTables, "house"), ElementsAre("key", "migration"));
}

TEST_F(Migrations, ManyAtOnceApplyThemOnce) {
  std::vector<std::thread> starters;
  for (int i = 0; i < 8; ++i)
    starters.emplace_back([&] { EXPECT_EQ(Apply(kTwo), absl::OkStatus()); });
  for (std::thread& starter : starters) starter.join();
  EXPECT_THAT(List(kApplied), ElementsAre("1 shelf", "2 fill"));
}

TEST_F(Migrations, WhatMayTakeLongIsToldBefore) {
  std::vector<std::string> told;
  const MigrationEvents events{.begins = [&](std::string_view schema, const Migration& migration) {
    told.push_back(absl::StrCat(base::Abs(schema), " ", migration.number));
    EXPECT_THAT(List(kApplied), ElementsAre("1 shelf"));
  }};
  EXPECT_EQ(Migrate(database_.conninfo(), "shop", std::vector<Migration>{kTwo[0]}, events),
            absl::OkStatus());
  EXPECT_THAT(told, IsEmpty()) << "where nothing is, nothing takes long";
  EXPECT_EQ(Migrate(database_.conninfo(), "shop", kTwo, events), absl::OkStatus());
  EXPECT_THAT(told, ElementsAre("shop 2"));
}

TEST_F(Migrations, WhoWaitsForAnotherSaysSo) {
  std::promise<void> waits;
  std::thread other;
  EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
              RETURN_IF_ERROR(tx.Run(sql::kLockMigrations).status());
              other = std::thread([&] {
                EXPECT_EQ(Migrate(database_.conninfo(), "shop", kTwo,
                                  {.begins = nullptr, .waits = [&] { waits.set_value(); }}),
                          absl::OkStatus());
              });
              waits.get_future().wait();
              return absl::OkStatus();
            }),
            absl::OkStatus());
  other.join();
  EXPECT_THAT(List(kApplied), ElementsAre("1 shelf", "2 fill"));
}

TEST_F(Migrations, AChangedOneIsRefusedByName) {
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  std::vector<Migration> changed = kTwo;
  changed[0].text = "CREATE TABLE shop.shelf (id int); CREATE TABLE shop.till (id int);";
  const absl::Status status = Apply(changed);
  EXPECT_EQ(ReasonOf(status), Reason::kMigrationChanged);
  EXPECT_THAT(base::Std(status.message()), HasSubstr("migration 1 of shop (shelf)"));
}

TEST_F(Migrations, ADatabaseOfANewerVersionIsRefused) {
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  const absl::Status status = Apply({kTwo[0]});
  EXPECT_EQ(ReasonOf(status), Reason::kDatabaseNewer);
  EXPECT_THAT(base::Std(status.message()), HasSubstr("migration 2 of shop"));
}

TEST_F(Migrations, AFailedOneLeavesNothingBehindAndSaysWhy) {
  const absl::Status status =
      Apply({kTwo[0], {2, "wrong", "CREATE TABLE shop.a (id int); CREATE TABEL shop.b (id int)"}});
  EXPECT_EQ(ReasonOf(status), Reason::kInternal);
  EXPECT_THAT(base::Std(status.message()),
              HasSubstr("migration 2 of shop (wrong) failed: syntax error at or near \"TABEL\""));
  EXPECT_EQ(Apply(kTwo), absl::OkStatus());
  EXPECT_THAT(List(kTables), ElementsAre("shelf", "till"));
}

TEST_F(Migrations, NoneIsNoSchema) {
  EXPECT_EQ(Apply({}), absl::OkStatus());
  EXPECT_THAT(List(kApplied), IsEmpty());
}

using MigrationsDeathTest = Migrations;

TEST_F(MigrationsDeathTest, NumbersHaveNoGaps) {
  EXPECT_DEATH(Apply({kTwo[1]}).IgnoreError(), "not numbered 1, 2, 3");
}

// Roles belong to the cluster, which all tests share: these have names that only this process uses.
class Roles : public testing::OneDatabase {
 protected:
  Roles() : service_(absl::StrCat("roles_test_", getpid())), role_(ServiceRole(service_)) {}
  ~Roles() override {
    database_.Execute(absl::StrCat("DROP OWNED BY ", role_, "; DROP ROLE ", role_));
  }

  bool Ask(const std::string& condition) {
    bool answer = false;
    const std::string text = "SELECT " + condition;
    EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(const Rows rows, tx.Run({"roles_test/ask", text}));
                answer = rows[0].Get<bool>(0);
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return answer;
  }

  const std::string service_;
  const std::string role_;
};

TEST_F(Roles, AServiceMayDoWhatIsGrantedToItAndToThePoster) {
  ASSERT_EQ(EnsureServiceRole(database_.conninfo(), service_), absl::OkStatus());
  ASSERT_EQ(EnsureServiceRole(database_.conninfo(), service_), absl::OkStatus());
  EXPECT_TRUE(Ask(absl::StrCat("pg_has_role('", role_, "', 'gratis_poster', 'USAGE')")));
  ASSERT_EQ(Migrate(database_.conninfo(), "ledger",
                    std::vector<Migration>{{1, "book",
                                            "CREATE TABLE ledger.book (id int);"
                                            "CREATE TABLE ledger.secret (id int);"
                                            "GRANT USAGE ON SCHEMA ledger TO gratis_poster;"
                                            "GRANT SELECT ON ledger.book TO gratis_poster"}}),
            absl::OkStatus());
  PoolOptions options = Options();
  options.role = role_;
  Pool pool(options);
  const auto run = [&](const Query& query) {
    return RunTx(pool, Soon(), [&](Tx& tx) { return tx.Run(query).status(); });
  };
  EXPECT_EQ(run({"roles_test/book", "SELECT id FROM ledger.book"}), absl::OkStatus());
  const absl::Status refused = run({"roles_test/secret", "SELECT id FROM ledger.secret"});
  EXPECT_EQ(SqlErrorOf(refused)->sqlstate, "42501");
  EXPECT_EQ(ReasonOf(refused), Reason::kInternal);
}

TEST_F(Roles, AreMadeOnceByManyAtOnceInSeveralDatabases) {
  const testing::TestDatabase second;
  std::vector<std::thread> starters;
  for (int i = 0; i < 8; ++i) {
    starters.emplace_back([&, i] {
      const std::string& conninfo = i % 2 == 0 ? database_.conninfo() : second.conninfo();
      EXPECT_EQ(EnsureServiceRole(conninfo, service_), absl::OkStatus());
    });
  }
  for (std::thread& starter : starters) starter.join();
  EXPECT_TRUE(Ask(absl::StrCat("EXISTS (SELECT FROM pg_roles WHERE rolname = '", role_, "')")));
}

TEST_F(Roles, TwoWhoMakeTheSameRoleAtOnceBothHaveIt) {
  const testing::TestDatabase second;
  std::thread other;
  EXPECT_EQ(InTx([&](Tx& tx) {
              EXPECT_EQ(tx.RunScript(absl::StrCat("CREATE ROLE ", role_)), absl::OkStatus());
              other = std::thread([&] {  // does not see the role yet, and waits to make it
                EXPECT_EQ(EnsureServiceRole(second.conninfo(), service_), absl::OkStatus());
              });
              while (Ask(absl::StrCat("NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '",
                                      second.name(), "' AND wait_event_type = 'Lock')")))
                continue;
              return absl::OkStatus();
            }),
            absl::OkStatus());
  other.join();
}

TEST_F(Roles, AUserWhoIsNoSuperuserGetsTheRolesItCreates) {
  const std::string user = absl::StrCat("roles_user_", getpid());
  database_.Execute(absl::StrCat("CREATE ROLE ", user, " LOGIN CREATEROLE"));
  database_.Execute(absl::StrCat("GRANT CREATE ON DATABASE ", database_.name(), " TO ", user));
  const std::string conninfo = absl::StrCat(database_.conninfo(), " user=", user);

  std::vector<std::thread> starters;
  for (int i = 0; i < 4; ++i) {
    starters.emplace_back(
        [&] { EXPECT_EQ(EnsureServiceRole(conninfo, service_), absl::OkStatus()); });
  }
  for (std::thread& starter : starters) starter.join();
  EXPECT_EQ(Migrate(conninfo, "shop", kTwo), absl::OkStatus());
  {
    PoolOptions options = Options();
    options.conninfo = conninfo;
    options.role = role_;
    Pool pool(options);
    constexpr Query kOne{"roles_test/one", "SELECT 1"};
    EXPECT_EQ(RunTx(pool, Soon(), [&](Tx& tx) { return tx.Run(kOne).status(); }), absl::OkStatus());
  }
  database_.Execute(absl::StrCat("DROP OWNED BY ", user, " CASCADE"));
  database_.Execute(absl::StrCat("DROP ROLE ", user));
}

}  // namespace
}  // namespace gratis::pg
