#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "common/app/module.h"

namespace grpc {
class ChannelCredentials;
}
namespace gratis::rpc {
class Server;
}

namespace gratis::app {

// How the modules of a process reach others, in it and elsewhere. Thread-safe.
class Switchboard {
 public:
  struct Options {
    std::set<std::string> here;                             // the modules of this process
    std::map<std::string, std::string> address;             // of each module, when it is elsewhere
    std::shared_ptr<grpc::ChannelCredentials> credentials;  // of channels to elsewhere
    std::string service_secret;
  };
  explicit Switchboard(Options options) : options_(std::move(options)) {}

  // From here on, modules of this process can be reached. `server` outlives the last call.
  void Connect(rpc::Server& server);

  std::shared_ptr<grpc::Channel> Channel(std::string_view from, std::string_view to);

 private:
  const Options options_;
  std::mutex mutex_;
  std::condition_variable connected_;
  rpc::Server* server_ = nullptr;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<grpc::Channel>> channels_;
};

// One module's view of it.
class ModulePeers final : public Peers {
 public:
  ModulePeers(Switchboard& switchboard, std::string module)
      : switchboard_(switchboard), module_(std::move(module)) {}
  std::shared_ptr<grpc::Channel> ChannelTo(std::string_view module) override {
    return switchboard_.Channel(module_, module);
  }

 private:
  Switchboard& switchboard_;
  const std::string module_;
};

}  // namespace gratis::app
