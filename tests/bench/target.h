#pragma once

#include <memory>
#include <string>

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace gratis::bench {

// The engine under load, as a shop's back end reaches it: TLS, and the key of one program.
struct Target {
  std::string address;  // host:port
  std::string ca_pem;
  std::string api_key;

  // A connection of its own; making it connects nothing yet.
  std::shared_ptr<grpc::Channel> NewChannel() const;
  // Puts the key on a call.
  void Authorize(grpc::ClientContext& context) const;
};

}  // namespace gratis::bench
