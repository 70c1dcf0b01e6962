#include "common/app/database.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/app/app_sql.h"
#include "common/base/text.h"
#include "common/house/house_migrations.h"
#include "common/house/keyring/key_table.h"
#include "common/house/keyring/keyring.h"
#include "common/house/master_keys/master_keys.h"
#include "common/ledger/ledger_migrations.h"
#include "common/obs/log.h"
#include "common/pg/migrations.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::app {
namespace {

constexpr absl::Duration kSetupLimit = absl::Seconds(60);
constexpr absl::Duration kBetweenLooks = absl::Seconds(1);
constexpr absl::Duration kLookLimit = absl::Seconds(5);

pg::PoolOptions OwnerPool(const std::string& conninfo) {
  pg::PoolOptions options;
  options.conninfo = conninfo;
  options.application_name = "gratis-setup";
  options.size = 1;
  return options;
}

absl::StatusOr<std::vector<Applied>> ReadApplied(pg::Pool& pool, absl::Time deadline) {
  std::vector<Applied> applied;
  RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    applied.clear();
    ASSIGN_OR_RETURN(const pg::Rows any, tx.Run(sql::kHasMigrations));
    if (!any[0].Get<bool>(0)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListMigrations));
    for (const pg::Row row : rows) {
      applied.push_back({row.Get<std::string>(0), row.Get<int32_t>(1), row.Get<std::string>(2)});
    }
    return absl::OkStatus();
  }));
  return applied;
}

// Warnings, since nothing serves until it is done. deploy/up looks for these lines.
pg::MigrationEvents ToldTo(obs::Log* log) {
  pg::MigrationEvents events;
  if (log == nullptr) return events;
  events.begins = [log](std::string_view schema, const pg::Migration& migration) {
    log->Warning("migrating; with many rows this may take long",
                 {{"schema", schema}, {"number", migration.number}, {"name", migration.name}});
  };
  events.waits = [log] { log->Warning("waiting for another process that migrates"); };
  return events;
}

// The same id wherever the same master key is, so that processes that start at once make one key.
// It is the first in time: a UUIDv7 (RFC 9562) of the year 1970.
KeyId FirstKeyId(const vault::Vault& vault) {
  const std::string derived = vault.Derive("first-key-id");
  KeyId id;
  auto& bytes = id.uuid.bytes;
  std::copy_n(derived.begin(), bytes.size(), bytes.begin());
  std::fill_n(bytes.begin(), 6, uint8_t{0});
  bytes[6] = static_cast<uint8_t>(0x70 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3f));
  return id;
}

}  // namespace

pg::EmbeddedOptions EmbeddedOptionsOf(const Config& config) {
  pg::EmbeddedOptions options;
  options.home = config.home;
  options.bin_dir = config.postgres_bin;
  options.unix_user = config.postgres_user;
  return options;
}

absl::StatusOr<std::string> OpenDatabase(const Config& config) {
  if (!config.embedded()) return config.database_url;
  ASSIGN_OR_RETURN(const pg::EmbeddedPostgres postgres,
                   pg::EmbeddedPostgres::StartOrAttach(EmbeddedOptionsOf(config)));
  return postgres.conninfo();
}

absl::StatusOr<std::vector<Applied>> MigrateAll(const std::string& conninfo,
                                                const std::vector<const Module*>& modules,
                                                const base::Clock& clock, obs::Log* log) {
  pg::Pool pool(OwnerPool(conninfo));
  ASSIGN_OR_RETURN(const std::vector<Applied> before, ReadApplied(pool, clock.Now() + kSetupLimit));
  for (const Module* module : modules) {
    RETURN_IF_ERROR(pg::EnsureServiceRole(conninfo, module->name()));
  }
  const pg::MigrationEvents events = ToldTo(log);
  RETURN_IF_ERROR(pg::Migrate(conninfo, "house", house::Migrations(), events));
  RETURN_IF_ERROR(pg::Migrate(conninfo, "ledger", ledger::Migrations(), events));
  for (const Module* module : modules) {
    RETURN_IF_ERROR(
        pg::Migrate(conninfo, pg::ServiceRole(module->name()), module->migrations(), events));
  }
  ASSIGN_OR_RETURN(std::vector<Applied> after, ReadApplied(pool, clock.Now() + kSetupLimit));
  std::erase_if(after, [&](const Applied& a) {
    return std::find(before.begin(), before.end(), a) != before.end();
  });
  return after;
}

absl::StatusOr<vault::Vault> OpenVault(const std::string& conninfo,
                                       const vault::MasterKeySource& source,
                                       const base::Clock& clock) {
  pg::Pool pool(OwnerPool(conninfo));
  std::optional<vault::Vault> vault;
  RETURN_IF_ERROR(
      pg::RunTx(pool, {.deadline = clock.Now() + kSetupLimit}, [&](pg::Tx& tx) -> absl::Status {
        vault.reset();
        ASSIGN_OR_RETURN(vault, house::OpenVault(tx, source, clock.Now()));
        return absl::OkStatus();
      }));
  return *std::move(vault);
}

absl::Status EnsureFirstKey(const std::string& conninfo, const vault::Vault& vault,
                            const Home& home, const base::Clock& clock) {
  pg::Pool pool(OwnerPool(conninfo));
  const KeyId id = FirstKeyId(vault);
  std::string text;
  bool good = false;
  RETURN_IF_ERROR(
      pg::RunTx(pool, {.deadline = clock.Now() + kSetupLimit}, [&](pg::Tx& tx) -> absl::Status {
        // Processes that start at once come one after the other.
        RETURN_IF_ERROR(house::LockMasterKeys(tx).status());
        ASSIGN_OR_RETURN(const std::vector<house::KeyRecord> known,
                         house::ReadKeys(tx, std::array{id}));
        good = known.empty() || !known[0].revoked_at;
        text = house::MakeKeyText(id, vault.Derive("api-key"),
                                  known.empty() ? 1 : known[0].generation);
        if (!known.empty()) return absl::OkStatus();
        const house::KeyRecord record{.key_id = id,
                                      .role = house::Role::kAdmin,
                                      .program = std::nullopt,
                                      .label = "the first key",
                                      .created_at = clock.Now()};
        house::InsertKeys(tx, std::array{house::NewKey{record, house::KeyHash(text)}});
        return absl::OkStatus();
      }));
  if (!good) return absl::OkStatus();
  const absl::StatusOr<std::string> written = ReadFile(home.admin_key());
  if (written.ok() && *written == text + "\n") return absl::OkStatus();
  return WriteFile(home.admin_key(), text + "\n", 0600);
}

DatabaseWatch::DatabaseWatch(const Config& config, pg::Pool& pool, const base::Clock& clock,
                             obs::Log& log)
    : config_(config), pool_(pool), clock_(clock), log_(log), thread_([this] { Work(); }) {}

DatabaseWatch::~DatabaseWatch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

bool DatabaseWatch::up() const {
  std::lock_guard lock(mutex_);
  return up_;
}

void DatabaseWatch::Work() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, absl::ToChronoMilliseconds(kBetweenLooks),
                         [this] { return stopping_; })) {
    lock.unlock();
    Look();
    lock.lock();
  }
}

void DatabaseWatch::Look() {
  const absl::Status status = pg::RunTx(pool_, pg::Reading(clock_.Now() + kLookLimit),
                                        [](pg::Tx& tx) { return tx.Run(sql::kAnswers).status(); });
  // A pool that is busy says nothing about the server.
  const bool is_up = ReasonOf(status) != Reason::kDatabaseUnavailable;
  const bool was_up = up();
  if (was_up && !is_up) log_.Error("PostgreSQL does not answer", {{"failure", status}});
  if (!was_up && is_up) log_.Info("PostgreSQL answers again");
  {
    std::lock_guard lock(mutex_);
    up_ = is_up;
    if (stopping_) return;
  }
  if (is_up || !config_.embedded()) return;
  const absl::Status started = OpenDatabase(config_).status();
  if (started.ok()) {
    log_.Info("the embedded PostgreSQL is running");
  } else {
    log_.Error("the embedded PostgreSQL cannot be started", {{"failure", started}});
  }
}

}  // namespace gratis::app
