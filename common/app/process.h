#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/app/config.h"
#include "common/app/module.h"
#include "common/app/signals.h"
#include "common/pg/pool.h"

namespace gratis::app {

// One process of the engine, from its settings to its end. Used by one thread.
class Process {
 public:
  // `log` and `signals` outlive it.
  Process(std::string program, Config config, std::vector<ModuleFactory> modules, obs::Log& log,
          Signals& signals);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Brings the database up to date and says on standard output what was applied.
  absl::Status Migrate();

  // Serves until a signal, then answers what was accepted, and ends. OK also when it was told to
  // end before it was ready.
  absl::Status Serve();

 private:
  struct Parts;

  absl::Status OpenHome();
  // Errors: CANCELLED when a signal came first.
  absl::Status OpenStore();
  // Builds what all modules share, and what lets calls in.
  absl::Status OpenDoor();
  // Errors: CANCELLED when a signal came first.
  absl::Status AwaitErasures();
  absl::Status StartModules();
  // Some key has ended, or may have.
  void KeysChanged();
  absl::Status StartServer();
  absl::Status Announce();
  void Drain();
  void Close();
  void StopPostgres();
  pg::PoolOptions PoolOf(std::string_view who, std::string_view role, int size) const;

  const std::string program_;
  const Config config_;
  obs::Log& log_;
  Signals& signals_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gratis::app
