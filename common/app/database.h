#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/app/config.h"
#include "common/app/home.h"
#include "common/app/module.h"
#include "common/base/clock.h"
#include "common/pg/embedded.h"
#include "common/vault/vault.h"

namespace gratis::app {

// How to reach the PostgreSQL that the settings name, running the embedded one if it is that.
// Errors: CONFIG_INVALID, DATABASE_UNAVAILABLE.
absl::StatusOr<std::string> OpenDatabase(const Config& config);

// The embedded PostgreSQL of this home.
pg::EmbeddedOptions EmbeddedOptionsOf(const Config& config);

// One migration that a database has.
struct Applied {
  std::string schema;
  int number = 0;
  std::string name;
  friend bool operator==(const Applied&, const Applied&) = default;
};

// Brings the schemas of the house, of the ledger and of `modules` up to date, with their roles.
// Returns what this or another process applied meanwhile; `log`, if any, is told before what may
// take long. Errors: as pg::Migrate.
absl::StatusOr<std::vector<Applied>> MigrateAll(const std::string& conninfo,
                                                const std::vector<const Module*>& modules,
                                                const base::Clock& clock, obs::Log* log = nullptr);

// The vault over this database, see house::OpenVault. Errors: MASTER_KEY_INVALID, and the
// database's.
absl::StatusOr<vault::Vault> OpenVault(const std::string& conninfo,
                                       const vault::MasterKeySource& source,
                                       const base::Clock& clock);

// On a new database, makes the first API key, an admin's for all programs, whose text goes to the
// home's admin.key. On one that has it, writes the file again if it was lost, or the key rotated,
// and the key still is good. Processes may do this at once.
absl::Status EnsureFirstKey(const std::string& conninfo, const vault::Vault& vault,
                            const Home& home, const base::Clock& clock);

// Watches whether PostgreSQL answers, and starts the embedded one again when it died. One thread,
// as long as this lives.
class DatabaseWatch {
 public:
  DatabaseWatch(const Config& config, pg::Pool& pool, const base::Clock& clock, obs::Log& log);
  ~DatabaseWatch();
  DatabaseWatch(const DatabaseWatch&) = delete;
  DatabaseWatch& operator=(const DatabaseWatch&) = delete;

  bool up() const;

 private:
  void Work();
  void Look();

  const Config& config_;
  pg::Pool& pool_;
  const base::Clock& clock_;
  obs::Log& log_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  bool up_ = true;
  std::thread thread_;
};

}  // namespace gratis::app
