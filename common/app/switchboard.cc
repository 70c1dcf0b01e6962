#include "common/app/switchboard.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "common/rpc/channel.h"
#include "common/rpc/server.h"

namespace gratis::app {
namespace {

// A call may arrive between the moment the port opens and Connect.
constexpr std::chrono::seconds kConnectLimit{10};

[[noreturn]] void Broken(std::string_view what, std::string_view name) {
  std::fprintf(stderr, "gratis: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(name.size()), name.data());
  std::abort();
}

}  // namespace

void Switchboard::Connect(rpc::Server& server) {
  {
    std::lock_guard lock(mutex_);
    server_ = &server;
  }
  connected_.notify_all();
}

std::shared_ptr<grpc::Channel> Switchboard::Channel(std::string_view from, std::string_view to) {
  std::unique_lock lock(mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[{std::string(from), std::string(to)}];
  if (channel != nullptr) return channel;
  const std::string authorization = rpc::ServiceAuthorization(from, options_.service_secret);
  if (options_.here.contains(std::string(to))) {
    if (!connected_.wait_for(lock, kConnectLimit, [this] { return server_ != nullptr; })) {
      Broken("a module asked for a peer of its own process before it had a server", to);
    }
    channel = server_->InProcessChannel(authorization);
    return channel;
  }
  const auto address = options_.address.find(std::string(to));
  if (address == options_.address.end()) Broken("there is no such service", to);
  channel = rpc::MakeChannel({.address = address->second,
                              .ca_pem = "",
                              .authorization = authorization,
                              .server_name = "",
                              .credentials = options_.credentials});
  return channel;
}

}  // namespace gratis::app
