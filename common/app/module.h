#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/pg/migrations.h"

namespace grpc {
class Channel;
class Service;
}  // namespace grpc

namespace gratis::base {
class Clock;
class IdSource;
}  // namespace gratis::base
namespace gratis::house {
class ProgramClock;
}
namespace gratis::jobs {
class Scheduler;
}
namespace gratis::ledger {
class Feed;
class Poster;
class ProgramDirectory;
}  // namespace gratis::ledger
namespace gratis::obs {
class Log;
class Metrics;
}  // namespace gratis::obs
namespace gratis::pg {
class Pool;
}
namespace gratis::rpc {
class Shell;
}
namespace gratis::vault {
class Vault;
}

namespace gratis::app {

struct Config;

// Where a module's peers are reached.
class Peers {
 public:
  virtual ~Peers() = default;
  // The channel to a service by its short name, "members": in process when it lives here, else over
  // TLS to the configured peer. It carries the calling module's credentials. Cheap to ask for, and
  // to be asked for from handlers and jobs: during Module::Start the process has no server yet, and
  // the call would stop it. A peer that cannot be reached is the call's error, PEER_UNAVAILABLE.
  virtual std::shared_ptr<grpc::Channel> ChannelTo(std::string_view module) = 0;
};

// What a module stands on. All of it outlives the module, and is safe to use from any thread.
struct House {
  const Config& config;
  const base::Clock& real_clock;  // for deadlines; what time it is for a program, `clock` says
  house::ProgramClock& clock;
  base::IdSource& ids;
  pg::Pool& pool;          // this module's own, as its own role
  ledger::Poster& poster;  // this module's own
  ledger::Feed& feed;      // of all that is posted, here or elsewhere
  vault::Vault& vault;
  rpc::Shell& shell;
  ledger::ProgramDirectory& programs;
  jobs::Scheduler& jobs;
  obs::Log& log;
  obs::Metrics& metrics;
  Peers& peers;

  std::shared_ptr<grpc::Channel> ChannelTo(std::string_view module) const {
    return peers.ChannelTo(module);
  }
};

// One service, as a process carries it.
class Module {
 public:
  virtual ~Module() = default;

  // Its short name: "members". Schema, role and pool are called after it.
  virtual std::string_view name() const = 0;
  // Of the schema gratis_<name>, whose role is pg::ServiceRole(name).
  virtual std::vector<pg::Migration> migrations() const = 0;
  // Whether its Start does erasures again that an old copy of the database knows nothing of, and
  // notes it (common/house/redone.h). A process without such a module starts none before one
  // elsewhere has. In a process with it, what does something by itself stands behind it.
  virtual bool redoes_erasures() const { return false; }
  // Builds what the services need and adds the jobs. The schema is up to date. Called once.
  virtual absl::Status Start(House& house) = 0;
  // After Start; they live as long as the module.
  virtual std::vector<grpc::Service*> services() = 0;
  // Ends what Start began. No call and no job runs any more.
  virtual void Stop() {}
};

using ModuleFactory = std::function<std::unique_ptr<Module>()>;

}  // namespace gratis::app
