#include "tests/bench/target.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace gratis::bench {
namespace {

constexpr int kMaxAnswerBytes = 64 << 20;
constexpr int kReconnectMillis = 20;

}  // namespace

std::shared_ptr<grpc::Channel> Target::NewChannel() const {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ca_pem;
  grpc::ChannelArguments arguments;
  // Channels of equal arguments would share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // The load shares its processors with what it measures, so it leaves out what it has no use for.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_MINIMAL_STACK, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMillis);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMillis);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
}

void Target::Authorize(grpc::ClientContext& context) const {
  context.AddMetadata("authorization", "Bearer " + api_key);
}

}  // namespace gratis::bench
