#include "common/rpc/shell.h"

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/obs/log.h"
#include "common/rpc/admission.h"
#include "common/rpc/check.h"
#include "common/rpc/let_in.h"
#include "common/rpc/live_call.h"
#include "common/rpc/metadata.h"
#include "common/rpc/method.h"
#include "common/rpc/worker_pool.h"
#include "common/status/reasons.h"

namespace gratis::rpc {

Shell::Shell(ShellOptions options, Gate& gate, CallObserver& observer, const base::Clock& clock)
    : options_(std::move(options)),
      gate_(gate),
      observer_(observer),
      clock_(clock),
      fingerprints_(options_.fingerprint_key),
      page_tokens_(options_.page_token_key),
      methods_(std::make_unique<Methods>()),
      admission_(std::make_unique<Admission>(Admission::Limits{
          options_.max_open_calls, options_.max_open_bytes, options_.retry_delay})),
      workers_(std::make_unique<WorkerPool>(options_.workers, options_.max_waiting_calls)),
      peer_workers_(
          std::make_unique<WorkerPool>(options_.peer_workers, options_.max_waiting_calls)) {}

Shell::~Shell() {
  admission_->Close();
  admission_->WaitUntilEmpty(absl::InfiniteDuration());
}

grpc::ServerUnaryReactor* Shell::Accept(grpc::CallbackServerContext* context,
                                        const google::protobuf::Message* request, Scope scope,
                                        Handler handler) {
  const Method& method = methods_->Of(request->GetDescriptor());
  auto live = std::make_shared<LiveCall>(LiveCall::Hosts{observer_, *admission_, fingerprints_},
                                         method, *context, *request);
  grpc::ServerUnaryReactor* const reactor = live->reactor();
  live->call().deadline = DeadlineOf(*context);
  const bool from_peer =
      AuthorizedService(live->Metadata(kAuthorizationKey), options_.service_secret).has_value();

  const auto bytes = static_cast<int64_t>(request->ByteSizeLong());
  if (absl::Status entered = admission_->Enter(bytes, from_peer); !entered.ok()) {
    live->Finish(std::move(entered));
    return reactor;
  }
  live->Admitted(bytes);
  WorkerPool& pool = from_peer ? *peer_workers_ : *workers_;
  if (!pool.TryRun(
          [this, live, scope, handler = std::move(handler)] { Run(live, scope, handler); })) {
    live->Finish(admission_->Overloaded());
  }
  return reactor;
}

void Shell::Run(const std::shared_ptr<LiveCall>& live, Scope scope, const Handler& handler) {
  live->Begin();
  Call& call = live->call();
  const obs::CallScope log_scope(call.log_id, call.trace);
  if (live->Cancelled()) return live->Finish(absl::CancelledError("the caller went away"));
  if (clock_.Now() >= call.deadline) {
    return live->Finish(
        Error(Reason::kDeadlineExceeded, "the call's deadline passed before it was begun"));
  }
  const std::string_view authorization = live->Metadata(kAuthorizationKey);
  const Presented presented{.authorization = authorization,
                            .program = live->Metadata(kProgramKey),
                            .service = AuthorizedService(authorization, options_.service_secret)};
  absl::Status status = LetIn(presented, live->method(), scope, gate_, call);
  if (status.ok()) status = CheckRequest(live->request(), live->method());
  if (!status.ok()) return live->Finish(std::move(status));
  handler(call, live);
}

absl::Status Shell::RefuseUndecodable(const google::protobuf::Message& partial) {
  absl::Status status = CheckMessage(partial);
  if (ReasonOf(status) != Reason::kInvalidUtf8) {
    status = Error(Reason::kFieldInvalid, absl::StrCat("the request's bytes are not a well-formed ",
                                                       partial.GetDescriptor()->full_name()));
  }
  CallSummary summary;
  summary.method = methods_->Of(partial.GetDescriptor()).name;
  summary.code = status.code();
  summary.reason = Describe(*ReasonOf(status)).name;
  summary.failure = status;
  summary.log_id = LogIdFrom("");
  summary.trace = TraceFrom("");
  observer_.OnDone(summary);
  return status;
}

absl::Time Shell::DeadlineOf(const grpc::CallbackServerContext& context) const {
  const absl::Time now = clock_.Now();
  const absl::Time asked = absl::FromChrono(context.deadline());
  // gRPC says "none" with the greatest time its clock has.
  if (asked - now > absl::Hours(24 * 365)) return now + options_.default_deadline;
  return std::min(asked, now + options_.max_deadline);
}

Shell::Load Shell::load() const {
  return {.waiting = workers_->waiting() + peer_workers_->waiting(), .open = admission_->open()};
}

bool Shell::Drain(absl::Time deadline) {
  admission_->Close();
  return admission_->WaitUntilEmpty(std::max(deadline - clock_.Now(), absl::ZeroDuration()));
}

}  // namespace gratis::rpc
