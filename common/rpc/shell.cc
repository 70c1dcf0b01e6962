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
#include "common/rpc/peer.h"
#include "common/rpc/rate_limits.h"
#include "common/rpc/streams.h"
#include "common/rpc/worker_pool.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

// How long an open stream waits to learn whether its caller still is let in: few threads step all.
constexpr absl::Duration kAskLimit = absl::Seconds(1);

}  // namespace

Shell::Shell(ShellOptions options, Gate& gate, CallObserver& observer, const base::Clock& clock)
    : options_(std::move(options)),
      gate_(gate),
      observer_(observer),
      clock_(clock),
      fingerprints_(options_.fingerprint_key),
      page_tokens_(options_.page_token_key),
      proofs_(options_.proof_key),
      member_tokens_(options_.member_token_key),
      methods_(std::make_unique<Methods>()),
      admission_(std::make_unique<Admission>(Admission::Limits{
          options_.max_open_calls, options_.max_open_bytes, options_.retry_delay})),
      workers_(std::make_unique<WorkerPool>(options_.workers, options_.max_waiting_calls)),
      peer_workers_(
          std::make_unique<WorkerPool>(options_.peer_workers, options_.max_waiting_calls)),
      streams_(std::make_unique<Streams>(Streams::Limits{.streams = options_.max_open_streams,
                                                         .workers = options_.stream_workers,
                                                         .slow_limit = options_.slow_limit},
                                         clock)),
      rate_limits_(std::make_unique<RateLimits>()),
      failed_keys_(std::make_unique<FailedKeys>()) {}

Shell::~Shell() {
  admission_->Close();
  streams_->Close(admission_->Draining());
  admission_->WaitUntilEmpty(absl::InfiniteDuration());
}

grpc::ServerUnaryReactor* Shell::Accept(grpc::CallbackServerContext* context,
                                        const google::protobuf::Message* request, Scope scope,
                                        Handler handler, Place place) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  auto live = std::make_shared<LiveCall>(
      LiveCall::Hosts{observer_, *admission_, fingerprints_},
      methods_->Of(request->GetDescriptor()), *context, *request,
      [reactor](const grpc::Status& status) { reactor->Finish(status); });
  live->HandleWith(std::move(handler));
  live->call().deadline = DeadlineOf(*context, options_.max_deadline);
  const absl::StatusOr<WorkerPool*> pool = Enter(live);
  if (!pool.ok()) {
    live->Finish(pool.status());
    return reactor;
  }
  const bool may_run_here = place == Place::kHereIfKnown && *pool == workers_.get();
  if (may_run_here && RunHere(live, scope)) return reactor;
  const bool in_line = (*pool)->TryRun([this, live, scope, pool = *pool] {
    live->Begin();
    const obs::CallScope log_scope(live->call().log_id, live->call().trace);
    if (absl::Status status = Check(*live, scope); !status.ok()) {
      return live->Finish(std::move(status));
    }
    Attend(live, *pool);
  });
  if (!in_line) live->Finish(admission_->Overloaded());
  return reactor;
}

bool Shell::RunHere(const std::shared_ptr<LiveCall>& live, Scope scope) {
  Call& call = live->call();
  if (live->Cancelled() || clock_.Now() >= call.deadline) return false;
  const absl::Time deadline = std::exchange(call.deadline, absl::InfinitePast());
  absl::Status status = AskGate(*live, scope);
  call.deadline = deadline;
  if (ReasonOf(status) == Reason::kDeadlineExceeded) return false;
  live->Begin();
  const obs::CallScope log_scope(call.log_id, call.trace);
  if (status.ok()) status = CheckRequest(live->request(), live->method());
  if (status.ok()) {
    Attend(live, *workers_);
  } else {
    live->Finish(std::move(status));
  }
  return true;
}

FindSurvivor Shell::Survivors() {
  return [this](const MemberId& member) { return gate_.SurvivorOf(member); };
}

void Shell::Understand(LiveCall& live) {
  // What the books say of a duplicate's own past is had by asking for it.
  const bool reads = live.method().request_id == nullptr;
  if (reads && live.Metadata(kAsNamedKey) == "true") {
    live.call().as_named = true;
    return;
  }
  if (gate_.AnyMerged()) live.Understand(Survivors());
}

void Shell::Attend(const std::shared_ptr<LiveCall>& live, WorkerPool& pool) {
  Understand(*live);
  // What both hold is so little that no memory is taken for it: hardly any call is ever retried.
  live->RetryWith(Survivors(), [this, &pool](const std::shared_ptr<LiveCall>& again,
                                             const MemberId& merged, const MemberId& survivor) {
    gate_.Merged(merged, survivor);
    return pool.TryRun([again] {
      const obs::CallScope log_scope(again->call().log_id, again->call().trace);
      again->Handle();
    });
  });
  live->Handle();
}

void Shell::AcceptStream(grpc::CallbackServerContext* context,
                         const google::protobuf::Message* request, Scope scope,
                         const std::shared_ptr<LiveStream>& stream, StreamAnswer answer,
                         StreamMaker make) {
  auto live = std::make_shared<LiveCall>(LiveCall::Hosts{observer_, *admission_, fingerprints_},
                                         methods_->Of(request->GetDescriptor()), *context, *request,
                                         std::move(answer));
  live->call().deadline = DeadlineOf(*context, options_.default_deadline);
  stream->Carry(live);
  absl::Status status = EnterStream(stream);
  if (status.ok()) {
    status = Admit(live, [this, live, scope, stream, make = std::move(make)] {
      live->Begin();
      const obs::CallScope log_scope(live->call().log_id, live->call().trace);
      absl::Status checked = Check(*live, scope);
      if (checked.ok()) {
        Understand(*live);
        checked = make(live->understood_call(), live->understood_request(),
                       [weak = std::weak_ptr<LiveStream>(stream)] {
                         if (const auto woken = weak.lock()) woken->Wake();
                       });
        stream->CheckWith([this, raw = live.get(), scope] { return StillLetIn(*raw, scope); });
      }
      stream->Begin(std::move(checked));
    });
  }
  if (!status.ok()) stream->Begin(std::move(status));
}

absl::Status Shell::EnterStream(const std::shared_ptr<LiveStream>& stream) {
  switch (streams_->Enter(stream)) {
    case Streams::Entry::kEntered:
      return absl::OkStatus();
    case Streams::Entry::kFull:
      return admission_->Overloaded();
    case Streams::Entry::kClosed:
      break;
  }
  return admission_->Draining();
}

absl::StatusOr<WorkerPool*> Shell::Enter(const std::shared_ptr<LiveCall>& live) {
  const bool from_peer =
      AuthorizedService(live->Metadata(kAuthorizationKey), options_.service_secret).has_value();
  const auto bytes = static_cast<int64_t>(live->request().ByteSizeLong());
  RETURN_IF_ERROR(admission_->Enter(bytes, from_peer));
  live->Admitted(bytes);
  return from_peer ? peer_workers_.get() : workers_.get();
}

absl::Status Shell::Admit(const std::shared_ptr<LiveCall>& live, std::function<void()> run) {
  ASSIGN_OR_RETURN(WorkerPool* const pool, Enter(live));
  return pool->TryRun(std::move(run)) ? absl::OkStatus() : admission_->Overloaded();
}

Presented Shell::PresentedBy(const LiveCall& live) const {
  const std::string_view authorization = live.Metadata(kAuthorizationKey);
  Presented presented{.authorization = authorization,
                      .program = live.Metadata(kProgramKey),
                      .service = AuthorizedService(authorization, options_.service_secret)};
  if (!presented.service) presented.token = TokenIn(authorization);
  return presented;
}

absl::Status Shell::StillLetIn(const LiveCall& live, Scope scope) {
  const absl::Time now = clock_.Now();
  Call again;
  again.deadline = now + kAskLimit;
  return LetIn(PresentedBy(live), live.method(), scope, gate_, now, again);
}

absl::Status Shell::AskGate(LiveCall& live, Scope scope) {
  const Presented presented = PresentedBy(live);
  // Most calls need not know: a clock costs as much as all that is asked here.
  const absl::Time now = presented.token ? clock_.Now() : absl::Time();
  Call& call = live.call();
  if (absl::Status status = LetIn(presented, live.method(), scope, gate_, now, call);
      !status.ok()) {
    return absl::IsUnauthenticated(status)
               ? failed_keys_->Count(live.Peer(), std::move(status), clock_.Now())
               : status;
  }
  // What others read leaves no act behind; what staff does may, without a request id.
  if (!call.key_id.IsNil() && (live.method().request_id != nullptr || house::IsStaff(call.role))) {
    call.network = NetworkOf(live.Peer());
  }
  RETURN_IF_ERROR(CheckMember(live.request(), live.method(), gate_, call));
  TakeProofs(live);
  // Last of all, since a call that has to wait for the gate asks it twice.
  if (call.limit.calls_per_second == 0) return absl::OkStatus();
  Allowance allowance;
  absl::Status status = rate_limits_->Count(call.actor, call.limit, clock_.Now(), allowance);
  live.Allowed(allowance);
  return status;
}

void Shell::TakeProofs(LiveCall& live) const {
  Call& call = live.call();
  call.proofs.clear();
  for (const std::string_view proof : live.AllMetadata(kProofKey)) {
    if (call.proofs.size() == kMaxProofs) break;
    if (auto opened = proofs_.Open(proof, call.program.number, call.actor)) {
      call.proofs.push_back(*opened);
    }
  }
}

std::optional<MemberToken> Shell::TokenIn(std::string_view authorization) const {
  const absl::StatusOr<std::string_view> presented = BearerKey(authorization);
  return presented.ok() ? member_tokens_.Open(*presented) : std::nullopt;
}

absl::Status Shell::Check(LiveCall& live, Scope scope) {
  if (live.Cancelled()) return absl::CancelledError("the caller went away");
  if (clock_.Now() >= live.call().deadline) {
    return Error(Reason::kDeadlineExceeded, "the call's deadline passed before it was begun");
  }
  RETURN_IF_ERROR(AskGate(live, scope));
  return CheckRequest(live.request(), live.method());
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

absl::Time Shell::DeadlineOf(const grpc::CallbackServerContext& context,
                             absl::Duration longest) const {
  const absl::Time now = clock_.Now();
  const absl::Time asked = absl::FromChrono(context.deadline());
  // gRPC says "none" with the greatest time its clock has.
  if (asked - now > absl::Hours(24 * 365)) return now + options_.default_deadline;
  return std::min(asked, now + longest);
}

void Shell::KeysChanged() { streams_->WakeAll(); }

Shell::Load Shell::load() const {
  return {.waiting = workers_->waiting() + peer_workers_->waiting(),
          .open = admission_->open(),
          .streams = streams_->open()};
}

bool Shell::Drain(absl::Time deadline) {
  admission_->Close();
  streams_->Close(admission_->Draining());
  return admission_->WaitUntilEmpty(std::max(deadline - clock_.Now(), absl::ZeroDuration()));
}

}  // namespace gratis::rpc
