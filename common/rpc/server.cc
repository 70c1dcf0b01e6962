#include "common/rpc/server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/authorize.h"
#include "common/rpc/channel.h"
#include "common/rpc/decode_interceptor.h"
#include "common/rpc/method.h"
#include "common/rpc/shell.h"
#include "common/rpc/tls.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

// How long the port stays open for answers that are on their way when the last call is answered.
constexpr absl::Duration kLastAnswers = absl::Milliseconds(200);

// Notes the full names of the services that a server is built with.
class NoteServices final : public grpc::ServerBuilderPlugin, public grpc::ServerBuilderOption {
 public:
  explicit NoteServices(std::vector<std::string>* names) : names_(names) {}

  // As an option, hands the builder a plug-in that is the same again.
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<NoteServices>(names_));
  }

  std::string name() override { return "note_services"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* initializer) override {
    for (const std::string& service : *initializer->GetServiceList()) {
      if (absl::StartsWith(service, "gratis.")) names_->push_back(service);
    }
    std::sort(names_->begin(), names_->end());
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  std::vector<std::string>* const names_;
};

// Errors: CONFIG_INVALID. What is wrong with the files later on is not looked at here.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const ServerOptions& options) {
  namespace tls = grpc::experimental;
  RETURN_IF_ERROR(CheckPair(options.certificate_path, options.private_key_path));
  const bool mutual = !options.client_ca_path.empty();
  if (mutual) RETURN_IF_ERROR(CheckAuthorities(options.client_ca_path));
  auto files = std::make_shared<tls::FileWatcherCertificateProvider>(
      options.private_key_path, options.certificate_path, options.client_ca_path,
      kLookForCertificatesSeconds);
  tls::TlsServerCredentialsOptions credentials(files);
  credentials.watch_identity_key_cert_pairs();
  if (mutual) {
    credentials.watch_root_certs();
    credentials.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(credentials);
}

void SetUpLibraries() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Debian's Abseil looks for cycles among locks at every lock that gRPC takes, under a lock of
    // its own. That is for debugging Abseil's users, and costs each call some microseconds.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    // A text that is not UTF-8 is the caller's error, not a line on our standard error.
    google::protobuf::SetLogHandler(nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

struct Server::Parts {
  Shell* shell = nullptr;
  int port = 0;
  std::vector<std::string> service_names;
  std::unique_ptr<grpc::Server> server;
  bool stopped = false;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { Stop(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Shell& shell,
                                                      const std::vector<grpc::Service*>& services) {
  SetUpLibraries();
  auto parts = std::make_unique<Parts>();
  parts->shell = &shell;

  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                   CredentialsOf(options));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.listen, credentials, &parts->port);
  // Two processes on one port would each answer some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_connection_calls);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(kMaxAnswerBytes);
  builder.SetOption(std::make_unique<NoteServices>(&parts->service_names));
  builder.experimental().SetInterceptorCreators(RefusingUndecodable(shell));
  for (grpc::Service* service : services) builder.RegisterService(service);
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr || parts->port == 0) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("cannot listen on ", options.listen,
                              ": the address is in use or not of this machine"),
                 {{"listen", options.listen}});
  }
  std::vector<std::string> open_to_nobody;
  for (const std::string& name : parts->service_names) {
    const std::vector<std::string> without = MethodsWithoutRoles(name);
    open_to_nobody.insert(open_to_nobody.end(), without.begin(), without.end());
    parts->server->GetHealthCheckService()->SetServingStatus(name, true);
  }
  auto server = std::unique_ptr<Server>(new Server(std::move(parts)));
  if (!open_to_nobody.empty()) {
    return Error(Reason::kConfigInvalid, absl::StrCat("methods whose contract names no roles: ",
                                                      absl::StrJoin(open_to_nobody, ", ")));
  }
  return server;
}

int Server::port() const { return parts_->port; }

const std::vector<std::string>& Server::service_names() const { return parts_->service_names; }

std::shared_ptr<grpc::Channel> Server::InProcessChannel(std::string authorization) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return parts_->server->experimental().InProcessChannelWithInterceptors(
      arguments, Authorizing(std::move(authorization)));
}

bool Server::Stop(absl::Duration grace) {
  if (std::exchange(parts_->stopped, true)) return true;
  parts_->server->GetHealthCheckService()->SetServingStatus(false);
  const base::Clock& clock = parts_->shell->clock();
  const bool all_answered = parts_->shell->Drain(clock.Now() + grace);
  parts_->server->Shutdown(absl::ToChronoTime(clock.Now() + kLastAnswers));
  parts_->server->Wait();
  return all_answered;
}

}  // namespace gratis::rpc
