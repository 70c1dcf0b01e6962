#include "common/rpc/channel.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/authorize.h"
#include "common/rpc/call.h"
#include "common/rpc/metadata.h"
#include "common/rpc/tls.h"
#include "common/status/macros.h"

namespace gratis::rpc {
namespace {

constexpr int kKeepaliveMillis = 20'000;
constexpr int kKeepaliveTimeoutMillis = 10'000;
constexpr int kMaxReconnectMillis = 2'000;
constexpr int kConnectMillis = 10'000;

void Address(grpc::ClientContext& context, const std::string& program, absl::Time deadline) {
  if (!program.empty()) context.AddMetadata(kProgramKey, program);
  if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
}

std::shared_ptr<grpc::ChannelCredentials> FixedCredentials(const ChannelOptions& options) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.ca_pem;
  tls.pem_cert_chain = options.certificate_pem;
  tls.pem_private_key = options.private_key_pem;
  return grpc::SslCredentials(tls);
}

}  // namespace

std::string KeyAuthorization(std::string_view api_key) {
  return absl::StrCat("Bearer ", base::Abs(api_key));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> WatchPeerFiles(const PeerFiles& files) {
  namespace tls = grpc::experimental;
  RETURN_IF_ERROR(CheckAuthorities(files.ca_path));
  const bool shows_one = !files.certificate_path.empty() || !files.private_key_path.empty();
  if (shows_one) RETURN_IF_ERROR(CheckPair(files.certificate_path, files.private_key_path));
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
      files.private_key_path, files.certificate_path, files.ca_path, kLookForCertificatesSeconds));
  options.watch_root_certs();
  if (shows_one) options.watch_identity_key_cert_pairs();
  // Whom the certificate must name, as with credentials that do not change.
  options.set_certificate_verifier(std::make_shared<tls::HostNameCertificateVerifier>());
  return tls::TlsCredentials(options);
}

std::shared_ptr<grpc::Channel> MakeChannel(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMillis);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMillis);
  // A service that comes back is found again soon. The least back-off stays at gRPC's 20 s: despite
  // its name it is how long one attempt, with its TLS handshake, may take on a busy machine.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMillis);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // A batch's answer may be long.
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.address,
      options.credentials != nullptr ? options.credentials : FixedCredentials(options), arguments,
      Authorizing(options.authorization));
}

void Carry(const Call& call, grpc::ClientContext& context) {
  Address(context, call.program.code, call.deadline);
  context.AddMetadata(kLogIdKey, call.log_id);
  context.AddMetadata(kTraceKey, call.trace.ToTraceparent());
}

void Begin(std::string_view program, absl::Time deadline, grpc::ClientContext& context) {
  Address(context, std::string(program), deadline);
}

}  // namespace gratis::rpc
