#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/app/database.h"
#include "common/app/module.h"
#include "common/base/clock.h"
#include "common/pg/errors.h"
#include "common/pg/migrations.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/birthdays/birthdays_module.h"
#include "services/ledger/ledger_module.h"
#include "services/members/members_module.h"
#include "services/messages/messages_module.h"
#include "services/thanks/thanks_module.h"
#include "tests/integration/common/pg/testing.h"

// Whose tables are whose, as PostgreSQL enforces it: a service that is broken into, or wrong, finds
// no way to what another keeps, nor to a past that only grows.
namespace gratis {
namespace {

// What each service may do to the tables that all of them stand on. Whatever more a migration
// grants is to be said here, too.
const std::map<std::string, std::string>& SharedByAll() {
  static const auto& shared = *new std::map<std::string, std::string>{
      {"house.api_key",
       "SELECT INSERT UPDATE(burst_calls,calls_per_second,generation,label,last_used_at,"
       "previous_hash,previous_until,revoked_at,rotated_at,secret_hash)"},
      {"house.clock", "SELECT INSERT UPDATE"},
      {"house.job", "SELECT INSERT UPDATE"},
      {"house.key_use", "SELECT INSERT UPDATE(oldest_version)"},
      {"house.master_key", "SELECT INSERT UPDATE(retired_at,root)"},
      {"house.migration", ""},
      {"house.redone", "SELECT"},
      {"ledger.account", "SELECT INSERT UPDATE"},
      {"ledger.act_network", "SELECT INSERT"},
      {"ledger.adjustment", "SELECT INSERT UPDATE"},
      {"ledger.allocation", "SELECT INSERT"},
      {"ledger.block", "SELECT INSERT"},
      {"ledger.budget", "SELECT INSERT UPDATE"},
      {"ledger.budget_draw", "SELECT INSERT UPDATE"},
      {"ledger.cover", "SELECT INSERT UPDATE"},
      {"ledger.directory", "SELECT INSERT DELETE"},
      {"ledger.head", "SELECT INSERT UPDATE"},
      {"ledger.hold", "SELECT INSERT UPDATE"},
      {"ledger.holder", "SELECT INSERT UPDATE(state,survivor)"},
      {"ledger.journal", "SELECT INSERT"},
      {"ledger.lot", "SELECT INSERT UPDATE"},
      {"ledger.period", "SELECT INSERT"},
      {"ledger.pin", "SELECT INSERT UPDATE"},
      {"ledger.program", "SELECT INSERT"},
      {"ledger.rate", "SELECT INSERT"},
      {"ledger.request", "SELECT INSERT"},
      {"ledger.unit", "SELECT INSERT UPDATE"},
      {"ledger.voucher", "SELECT INSERT UPDATE(lot,member)"},
      {"ledger.wallet", "SELECT INSERT UPDATE"},
  };
  return shared;
}
std::map<std::string, std::string> SharedBy(std::string_view service) {
  std::map<std::string, std::string> shared = SharedByAll();
  // Where the others look, one notes.
  if (service == "members") shared["house.redone"] = "SELECT INSERT UPDATE(incarnation)";
  return shared;
}

// Schema, table and a column of each.
constexpr pg::Query kTables{"ownership_test/tables",
                            "SELECT n.nspname::text, n.nspname::text || '.' || c.relname::text,"
                            " (SELECT quote_ident(a.attname) FROM pg_attribute a"
                            "   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
                            "   ORDER BY a.attnum LIMIT 1)"
                            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                            " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
                            " AND (n.nspname IN ('house', 'ledger') OR n.nspname LIKE 'gratis\\_%')"
                            " ORDER BY 2"};

constexpr pg::Query kGranted{
    "ownership_test/granted",
    "SELECT n.nspname::text || '.' || c.relname::text, concat_ws(' ',"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'SELECT') THEN 'SELECT' END,"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'INSERT') THEN 'INSERT' END,"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'UPDATE') THEN 'UPDATE' ELSE"
    "  (SELECT 'UPDATE(' || string_agg(a.attname::text, ',' ORDER BY a.attname) || ')'"
    "   FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    "   AND has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE')) END,"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'DELETE') THEN 'DELETE' END,"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'TRUNCATE') THEN 'TRUNCATE' END)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles r"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname IN ('house', 'ledger')"
    " AND r.rolname = $1::text"
    " ORDER BY 1"};

constexpr char kRefused[] = "42501";  // insufficient_privilege

class OwnershipTest : public ::testing::Test {
 protected:
  struct Table {
    std::string schema;
    std::string name;
    std::string column;

    // How somebody may get at it, by what has to be granted for it. None of them does anything.
    std::map<std::string, std::string> Attempts() const {
      return {{"SELECT", absl::StrCat("SELECT 1 FROM ", name, " WHERE false")},
              {"INSERT", absl::StrCat("INSERT INTO ", name, " DEFAULT VALUES")},
              {"UPDATE", absl::StrCat("UPDATE ", name, " SET ", column, " = DEFAULT WHERE false")},
              {"DELETE", absl::StrCat("DELETE FROM ", name, " WHERE false")},
              {"TRUNCATE", absl::StrCat("TRUNCATE ", name)}};
    }
  };

  OwnershipTest() {
    modules_.push_back(ledger_service::MakeModule());
    modules_.push_back(members::MakeMembersModule());
    modules_.push_back(birthdays::MakeBirthdaysModule());
    modules_.push_back(thanks::MakeThanksModule());
    modules_.push_back(messages::MakeMessagesModule());
  }

  void SetUp() override {
    std::vector<const app::Module*> modules;
    for (const auto& module : modules_) modules.push_back(module.get());
    const auto applied = app::MigrateAll(database_.conninfo(), modules, clock_);
    ASSERT_TRUE(applied.ok()) << applied.status();
    pg::Pool owner({.conninfo = database_.conninfo(), .size = 1});
    ASSERT_TRUE(pg::RunTx(owner, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(kTables));
                  tables_.clear();
                  for (const pg::Row row : rows) {
                    tables_.push_back({row.Get<std::string>(0), row.Get<std::string>(1),
                                       row.Get<std::string>(2)});
                  }
                  return absl::OkStatus();
                }).ok());
  }

  absl::Time Soon() const { return clock_.Now() + absl::Seconds(30); }

  // As the processes of a service work.
  std::unique_ptr<pg::Pool> PoolOf(const app::Module& service) const {
    return std::make_unique<pg::Pool>(pg::PoolOptions{.conninfo = database_.conninfo(),
                                                      .role = pg::ServiceRole(service.name()),
                                                      .application_name = "test",
                                                      .size = 1});
  }

  // What PostgreSQL says to a statement: its SQLSTATE, empty if it does it.
  std::string Try(pg::Pool& pool, const std::string& statement) const {
    const absl::Status done =
        pg::RunTx(pool, {.deadline = Soon()}, [&](pg::Tx& tx) { return tx.RunScript(statement); });
    if (done.ok()) return "";
    const auto error = pg::SqlErrorOf(done);
    return error ? error->sqlstate : std::string(done.message());
  }

  const base::SystemClock clock_;
  std::vector<std::unique_ptr<app::Module>> modules_;
  pg::testing::TestDatabase database_;
  std::vector<Table> tables_;
};

TEST_F(OwnershipTest, AServiceReadsItsOwnTablesAndNothingOfAnothers) {
  int refused = 0;
  for (const auto& service : modules_) {
    const auto pool = PoolOf(*service);
    for (const Table& table : tables_) {
      if (table.schema == "house" || table.schema == "ledger") continue;
      if (table.schema == pg::ServiceRole(service->name())) {
        EXPECT_EQ(Try(*pool, table.Attempts().at("SELECT")), "")
            << service->name() << " reads its own " << table.name;
        continue;
      }
      for (const auto& [deed, statement] : table.Attempts()) {
        EXPECT_EQ(Try(*pool, statement), kRefused) << service->name() << ": " << statement;
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1'000) << "there are five services, and nearly seventy tables";
}

TEST_F(OwnershipTest, OfWhatAllStandOnServicesMayDoWhatIsWrittenDown) {
  pg::Pool owner({.conninfo = database_.conninfo(), .size = 1});
  for (const auto& service : modules_) {
    std::map<std::string, std::string> granted;
    ASSERT_TRUE(pg::RunTx(owner, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const pg::Rows rows,
                                   tx.Run(kGranted, pg::ServiceRole(service->name())));
                  granted.clear();
                  for (const pg::Row row : rows) {
                    granted[row.Get<std::string>(0)] = row.Get<std::string>(1);
                  }
                  return absl::OkStatus();
                }).ok());
    EXPECT_EQ(granted, SharedBy(service->name())) << service->name();
  }
}

TEST_F(OwnershipTest, AndPostgresRefusesTheRest) {
  for (const auto& service : modules_) {
    const auto pool = PoolOf(*service);
    const std::map<std::string, std::string> granted = SharedBy(service->name());
    for (const Table& table : tables_) {
      const auto shared = granted.find(table.name);
      if (shared == granted.end()) continue;
      for (const auto& [deed, statement] : table.Attempts()) {
        if (shared->second.find(deed) != std::string::npos) continue;
        EXPECT_EQ(Try(*pool, statement), kRefused) << service->name() << ": " << statement;
      }
    }
    for (const char* const schema : {"public", "house", "ledger", "gratis_members"}) {
      EXPECT_EQ(Try(*pool, absl::StrCat("CREATE TABLE ", schema, ".mine (id int)")), kRefused)
          << service->name() << " in " << schema;
    }
  }
}

}  // namespace
}  // namespace gratis
