#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
class Service;
}  // namespace grpc

namespace gratis::rpc {

class Shell;

struct ServerOptions {
  std::string listen;  // "0.0.0.0:8470", "[::]:8470"; port 0: any free one
  // PEM files, which are read again when they change: the certificate, with whatever stands between
  // it and the CA, and its key. While the two are no pair nobody new can connect.
  std::string certificate_path;
  std::string private_key_path;
  // The certificates that clients' are checked against (PEM), read again as well; empty: clients
  // show none. A client's certificate lets it connect, and says nothing of who calls.
  std::string client_ca_path;
  int max_message_bytes = 4 << 20;  // of one request
  // Calls and streams that one connection may have open; its client holds back whatever is more. It
  // is what bounds the memory of calls that the shell has not seen yet.
  int max_connection_calls = 4'000;
};

// One port, TLS 1.2 or 1.3, with the services given, health (grpc.health.v1, for the whole and for
// each service) and reflection; the latter two need no key.
class Server {
 public:
  // All methods of `services` go through `shell`; both outlive the server.
  // Errors: CONFIG_INVALID (the address cannot be listened on, e.g. in use; no certificate; a
  // method without roles).
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, Shell& shell,
                                                       const std::vector<grpc::Service*>& services);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  // The full names of the services given, such as "gratis.ledger.v1.LedgerService".
  const std::vector<std::string>& service_names() const;

  // A channel to this very server without a network; `authorization` as in ChannelOptions.
  std::shared_ptr<grpc::Channel> InProcessChannel(std::string authorization);

  // Health says NOT_SERVING, new calls are refused, accepted ones answered, for at most `grace`;
  // then the port closes. Whether all were answered. Only the first call does anything.
  bool Stop(absl::Duration grace);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gratis::rpc
