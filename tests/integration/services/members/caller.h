#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/gate.h"
#include "common/rpc/member_token.h"
#include "common/rpc/observer.h"
#include "common/rpc/shell.h"
#include "common/status/reasons.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {

// Lets in a key for each role, "gk_" and its name, all bound to one program, and whoever vouches
// for a member's token.
class RolesGate final : public rpc::Gate {
 public:
  RolesGate(const ledger::Program& program, const base::Clock& clock)
      : program_(program), clock_(clock) {}

  absl::StatusOr<house::KeyRecord> FindKey(std::string_view presented, absl::Time) override {
    static const std::map<std::string_view, rpc::Role> kRoles = {
        {"gk_admin", rpc::Role::kAdmin},     {"gk_backend", rpc::Role::kBackend},
        {"gk_pos", rpc::Role::kPos},         {"gk_marketing", rpc::Role::kMarketing},
        {"gk_support", rpc::Role::kSupport}, {"gk_auditor", rpc::Role::kAuditor},
        {"gk_import", rpc::Role::kImport}};
    const auto role = kRoles.find(presented);
    if (role == kRoles.end()) return Error(Reason::kKeyInvalid, "no such key");
    return house::KeyRecord{.key_id = key_id, .role = role->second, .program = program_.number};
  }
  absl::StatusOr<house::KeyRecord> FindIssuer(const KeyId&, absl::Time) override {
    return house::KeyRecord{.role = rpc::Role::kBackend, .program = program_.number};
  }
  absl::StatusOr<ledger::Program> FindProgram(std::string_view, absl::Time) override {
    return program_;
  }
  absl::StatusOr<ledger::Program> FindProgram(int32_t, absl::Time) override { return program_; }
  absl::StatusOr<absl::Time> Now(int32_t, absl::Time) override { return clock_.Now() + ahead; }

  absl::Duration ahead;  // of the program's time, which tests move
  KeyId key_id;          // of all keys

 private:
  const ledger::Program program_;
  const base::Clock& clock_;
};

// Keeps all that log and metrics are told of calls.
class CallsTold final : public rpc::CallObserver {
 public:
  void OnDone(const rpc::CallSummary& call) override {
    const std::lock_guard lock(mutex_);
    absl::StrAppend(&told_, std::string(call.method), " ", call.reason, " ",
                    call.failure.ToString(), " ", call.actor, " ", call.log_id, " ",
                    call.request_id, "\n");
  }
  std::string told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  mutable std::mutex mutex_;
  std::string told_;
};

// Services behind one shell, called as a client would.
class Caller : public MembersHouse {
 protected:
  // Once, by whoever has the services, and shuts `server_` down before they go.
  void Serve(std::initializer_list<grpc::Service*> services) {
    grpc::ServerBuilder builder;
    for (grpc::Service* service : services) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
  }

  // The role's name, or "service", or a member's token.
  void Sign(grpc::ClientContext& context, const std::string& role) const {
    const bool token = role.starts_with(rpc::MemberTokens::kPrefix);
    context.AddMetadata("authorization", role == "service"
                                             ? rpc::ServiceAuthorization("messages", kSecret)
                                             : rpc::KeyAuthorization(token ? role : "gk_" + role));
    if (role == "service") context.AddMetadata("gratis-program", program_.code);
  }

  template <class Stub, class Req, class Resp>
  absl::Status Call(const std::string& role,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*),
                    const Req& request, Resp& response) {
    grpc::ClientContext context;
    Sign(context, role);
    Stub stub(server_->InProcessChannel({}));
    const grpc::Status status = (stub.*method)(&context, request, &response);
    replayed_ = context.GetServerTrailingMetadata().count("gratis-replayed") > 0;
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }

  static constexpr char kSecret[] = "the service's secret, 32 bytes..";

  RolesGate gate_{program_, clock_};
  CallsTold calls_;
  rpc::Shell shell_{{.service_secret = kSecret,
                     .fingerprint_key = std::string(32, 'f'),
                     .page_token_key = std::string(32, 'p'),
                     .proof_key = std::string(32, 'o'),
                     .member_token_key = std::string(32, 't')},
                    gate_,
                    calls_,
                    clock_};
  std::unique_ptr<grpc::Server> server_;
  bool replayed_ = false;
};

}  // namespace gratis::members
