#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
class ChannelCredentials;
class ClientContext;
}  // namespace grpc

namespace gratis::rpc {

struct Call;

// What one answer may have, over the network or in process.
constexpr int kMaxAnswerBytes = 64 << 20;

// What a channel's calls say of who makes them: the value of metadata `authorization`.
std::string KeyAuthorization(std::string_view api_key);
// `service` is a short name such as "birthdays"; `service_secret` is the vault's "service".
std::string ServiceAuthorization(std::string_view service, std::string_view service_secret);

// PEM files of a process that lives on while they change.
struct PeerFiles {
  std::string ca_path;  // the certificates that servers' are checked against
  // What servers are shown that ask for one, and its key; both or neither.
  std::string certificate_path;
  std::string private_key_path;
};

// Credentials that look at the files every second: a new connection is checked by and shows what
// they hold then, and what is connected stays so. While the two are no pair, or a file is gone or
// not what it should be, there may be no new connections. They have a thread, so all channels of a
// process share them. Errors: CONFIG_INVALID (no such files, or no pair, to begin with).
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> WatchPeerFiles(const PeerFiles& files);

struct ChannelOptions {
  std::string address;        // "localhost:8470", "[::1]:8470"
  std::string ca_pem;         // the certificates that the server's is checked against
  std::string authorization;  // see above; sent with every call
  std::string server_name;    // whom the certificate must name; empty: the address's host
  // What the client shows a server that asks for a certificate; both or neither.
  std::string certificate_pem;
  std::string private_key_pem;
  // In place of these texts and `ca_pem`: see WatchPeerFiles.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
};

// A channel over TLS that reconnects by itself and notices a dead peer within 30 seconds. Making it
// connects nothing yet.
std::shared_ptr<grpc::Channel> MakeChannel(const ChannelOptions& options);

// Fills in what a call to a peer on behalf of `call` carries on: program, deadline, log id, trace.
void Carry(const Call& call, grpc::ClientContext& context);

// The same for a call that begins here. `program` is a code; empty for calls about the house.
void Begin(std::string_view program, absl::Time deadline, grpc::ClientContext& context);

}  // namespace gratis::rpc
