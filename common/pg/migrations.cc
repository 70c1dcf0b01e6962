#include "common/pg/migrations.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/pg/errors.h"
#include "common/pg/pause.h"
#include "common/pg/pg_migrations.h"
#include "common/pg/pg_sql.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

namespace gratis::pg {
namespace {

using base::Abs;

// How long a process may wait for others to migrate, and then migrate itself. Whoever gives up has
// nothing, and begins anew at the next start: an index of a large journal is made for hours.
constexpr absl::Duration kPatience = absl::Hours(24);
// Roles are made in a moment.
constexpr absl::Duration kRolePatience = absl::Minutes(10);
// Waiting for others is told after so long; processes that start together often wait less.
constexpr absl::Duration kSilence = absl::Seconds(1);
constexpr absl::Duration kBetweenLockTries = absl::Milliseconds(20);

// The name under which this library's own migrations, of schema house, are recorded.
constexpr std::string_view kOwn = "house.migration";

// One connection as the login user. Nothing but kPatience limits how long a migration takes.
PoolOptions AsOwner(const std::string& conninfo) {
  PoolOptions options{.conninfo = conninfo};
  options.application_name = "gratis migrations";
  options.size = 1;
  options.statement_timeout = absl::ZeroDuration();
  options.lock_timeout = absl::ZeroDuration();
  options.idle_in_transaction_timeout = absl::ZeroDuration();
  return options;
}

std::string Label(std::string_view schema, int number) {
  return absl::StrCat("migration ", number, " of ", Abs(schema));
}

// `status` of a migration, for whoever runs the engine: they may see what PostgreSQL says.
absl::Status Explain(const absl::Status& status, const std::string& label) {
  const std::optional<SqlError> error = SqlErrorOf(status);
  if (!error || ReasonOf(status) != Reason::kInternal) return status;
  return WithSqlError(Error(Reason::kInternal, absl::StrCat(label, " failed: ", Describe(*error))),
                      *error);
}

// How many of `migrations` are applied, after checking that they are the same ones.
absl::StatusOr<size_t> CountApplied(Tx& tx, std::string_view schema,
                                    absl::Span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const Rows applied, tx.Run(sql::kListMigrations, schema));
  const int known = static_cast<int>(migrations.size());
  for (const Row row : applied) {
    const int number = row.Get<int32_t>(0);
    if (number > known) {
      return Error(
          Reason::kDatabaseNewer,
          absl::StrCat("The database has ", Label(schema, number), ", and this version knows only ",
                       known, ": run the newer version, or restore an older database."));
    }
    const Migration& ours = migrations[static_cast<size_t>(number - 1)];
    if (row.Get<BytesView>(1).value != base::AsBytes(base::Sha256(ours.text))) {
      return Error(
          Reason::kMigrationChanged,
          absl::StrCat("The database has another ", Label(schema, number), " (", Abs(ours.name),
                       ") than this version, and migrations never change "
                       "once released: use the version that made this database, or a "
                       "fresh database."));
    }
  }
  return static_cast<size_t>(applied.size());
}

absl::Status LockMigrations(Tx& tx, const MigrationEvents& events) {
  const absl::Time until = RealNow() + kSilence;
  do {
    ASSIGN_OR_RETURN(const Rows locked, tx.Run(sql::kTryLockMigrations));
    if (locked[0].Get<bool>(0)) return absl::OkStatus();
  } while (Pause(kBetweenLockTries, until));
  if (events.waits) events.waits();
  tx.Send(sql::kLockMigrations);
  return absl::OkStatus();
}

absl::Status Apply(Tx& tx, std::string_view schema, const Migration& migration) {
  const absl::Status done = tx.RunScript(migration.text);
  if (!done.ok()) {
    return Explain(done,
                   absl::StrCat(Label(schema, migration.number), " (", Abs(migration.name), ")"));
  }
  const base::Digest checksum = base::Sha256(migration.text);
  tx.Send(sql::kInsertMigration, schema, static_cast<int32_t>(migration.number), migration.name,
          BytesView{base::AsBytes(checksum)}, RealNow());
  return absl::OkStatus();
}

absl::Status ApplyFrom(Tx& tx, std::string_view schema, absl::Span<const Migration> migrations,
                       size_t first, const MigrationEvents& events) {
  for (size_t i = first; i < migrations.size(); ++i) {
    // Where nothing is, nothing takes long.
    if (first > 0 && events.begins) events.begins(schema, migrations[i]);
    RETURN_IF_ERROR(Apply(tx, schema, migrations[i]));
  }
  return absl::OkStatus();
}

// Brings house.migration itself up to date.
absl::Status MigrateOwn(Tx& tx) {
  const std::vector<Migration> own = Migrations();
  ASSIGN_OR_RETURN(const Rows exists, tx.Run(sql::kMigrationTableExists));
  size_t applied = 0;
  if (exists[0].Get<bool>(0)) {
    ASSIGN_OR_RETURN(applied, CountApplied(tx, kOwn, own));
  }
  return ApplyFrom(tx, kOwn, own, applied, {});
}

absl::Status MigrateIn(Tx& tx, std::string_view schema, absl::Span<const Migration> migrations,
                       const MigrationEvents& events) {
  RETURN_IF_ERROR(LockMigrations(tx, events));
  RETURN_IF_ERROR(MigrateOwn(tx));
  ASSIGN_OR_RETURN(const size_t applied, CountApplied(tx, schema, migrations));
  if (applied == migrations.size()) return absl::OkStatus();
  tx.Send(sql::kSetSubject, schema);
  tx.Send(sql::kCreateSchema);
  return ApplyFrom(tx, schema, migrations, applied, events);
}

}  // namespace

absl::Status Migrate(const std::string& conninfo, std::string_view schema,
                     absl::Span<const Migration> migrations, const MigrationEvents& events) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].number != static_cast<int>(i + 1))
      Broken(absl::StrCat("migrations of ", Abs(schema), " are not numbered 1, 2, 3, …"));
  }
  Pool pool(AsOwner(conninfo));
  return RunTx(pool, {.deadline = RealNow() + kPatience},
               [&](Tx& tx) { return MigrateIn(tx, schema, migrations, events); });
}

std::string ServiceRole(std::string_view service) { return absl::StrCat("gratis_", Abs(service)); }

absl::Status EnsureServiceRole(const std::string& conninfo, std::string_view service) {
  const std::string role = ServiceRole(service);
  Pool pool(AsOwner(conninfo));
  const absl::Status status = RunTx(pool, {.deadline = RealNow() + kRolePatience}, [&](Tx& tx) {
    tx.Send(sql::kSetSubject, kPosterRole);
    tx.Send(sql::kEnsureRole);
    tx.Send(sql::kSetSubject, role);
    tx.Send(sql::kEnsureRole);
    tx.Send(sql::kEnsurePoster);
    return absl::OkStatus();
  });
  return Explain(status, absl::StrCat("Creating the database role ", role));
}

}  // namespace gratis::pg
