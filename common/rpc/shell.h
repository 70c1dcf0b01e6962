#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/call.h"
#include "common/rpc/fingerprint.h"
#include "common/rpc/gate.h"
#include "common/rpc/live_stream.h"
#include "common/rpc/member_token.h"
#include "common/rpc/observer.h"
#include "common/rpc/page_token.h"
#include "common/rpc/producer.h"
#include "common/rpc/proof.h"
#include "common/rpc/reply.h"
#include "common/rpc/request_access.h"

namespace google::protobuf {
class Message;
}
namespace gratis::rpc {

class Admission;
class LiveCall;
class FailedKeys;
class Methods;
struct Presented;
class RateLimits;
class Streams;
class WorkerPool;

struct ShellOptions {
  std::string service_secret;    // the vault's "service": what tells the engine's own services
  std::string fingerprint_key;   // the vault's "fingerprint"
  std::string page_token_key;    // the vault's "page-token"
  std::string proof_key;         // the vault's "proof"
  std::string member_token_key;  // the vault's "member-token"
  int workers = 16;              // threads that check calls and run their handlers
  int peer_workers = 8;          // the same for calls of the engine's own services
  int max_waiting_calls = 2000;  // accepted, and not yet with a worker (of each kind)
  int max_open_calls = 8000;     // accepted, and not yet answered
  int64_t max_open_bytes = 256 << 20;                   // of their requests together
  absl::Duration default_deadline = absl::Seconds(30);  // for calls that name none
  absl::Duration max_deadline = absl::Minutes(10);
  absl::Duration retry_delay = absl::Milliseconds(200);  // what a refused caller is told to wait
  int max_open_streams = 1000;  // of the open calls; those included whose end is not read yet
  int stream_workers = 4;       // threads that step all streams
  absl::Duration slow_limit = absl::Seconds(10);  // how long a client may take for one message
};

// What stands between the network and the handlers, one per process. Each method of a handler,
// which derives from the generated X::CallbackService, is one line:
//
//   grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
//                                        const GetBalanceRequest* request,
//                                        GetBalanceResponse* response) override {
//     return shell_.Read(context, request, response,
//                        [this](const Call& call, const auto& req, auto& resp) {
//                          return GetBalance(call, req, resp);
//                        });
//   }
//
// A call goes to a worker at once, or is refused at once (OVERLOADED, DRAINING). The worker checks,
// in this order: the deadline; the key (KEY_MISSING, KEY_INVALID, KEY_REVOKED, and RATE_LIMITED for
// a peer that keeps trying; for a member's token also TOKEN_EXPIRED); the role, against the
// method's option gratis.type.v1.access (ROLE_NOT_ALLOWED); the program (PROGRAM_MISSING,
// PROGRAM_NOT_FOUND); the key's limit (RATE_LIMITED); whether a member's call concerns that member
// (MEMBER_NOT_ALLOWED); the message: unknown fields at any depth (FIELD_UNKNOWN), texts with a NUL
// (INVALID_UTF8), and, where the message has the field, request_id (REQUEST_ID_MISSING,
// REQUEST_ID_INVALID). Then it runs the handler. Whatever the handler fails with that has no reason
// reaches the caller as INTERNAL with the log id, and the log in full.
//
// A call that names a member who was merged is about who they became: the handler is given the
// request with the survivor's id, whichever of the two was sent. One who is merged while the call
// is under way is found under the partition's lock (MEMBER_MERGED); then the handler is called
// again. A request is known again by what was sent. A read with metadata `gratis-as-named: true` is
// about the member it names alone (Call::as_named).
//
// A stream is let in the same way and then stepped by workers that only streams have, so it takes
// nothing from other calls. It has no deadline but the caller's. Before each step its caller must
// still be one who is let in: it ends with its key. A client that does not take its messages
// is sent away (FEED_TOO_SLOW), and with the process's end all are (DRAINING).
//
// Calls of the engine's own services have workers of their own, and are still taken while
// draining, so that a handler may wait for a peer; a handler that peers call must not call on.
//
// Thread-safe. Outlives the server.
class Shell {
 public:
  template <class Req, class Resp>
  using ReadHandler = std::function<absl::Status(const Call&, const Req&, Resp&)>;
  template <class Req, class Resp>
  using MutateHandler = std::function<void(const Call&, const Req&, Reply<Resp>)>;
  template <class Req, class Resp>
  using StreamHandler = std::function<absl::StatusOr<std::unique_ptr<Producer<Resp>>>(
      const Call&, const Req&, Waker)>;

  // `clock` is the real one. All arguments outlive the shell.
  Shell(ShellOptions options, Gate& gate, CallObserver& observer, const base::Clock& clock);
  // Waits until every call is answered.
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  // Runs `handler` on a worker and answers with what it returns.
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response,
                                 std::type_identity_t<ReadHandler<Req, Resp>> handler,
                                 Scope scope = Scope::kProgram) {
    RequestAccess::Of<Req, Resp>();
    return Accept(context, request, scope,
                  [response, handler = std::move(handler)](
                      const Call& call, const google::protobuf::Message& understood,
                      const std::shared_ptr<OpenCall>& open) {
                    if (!call.survivors.empty()) response->Clear();
                    open->Finish(handler(call, static_cast<const Req&>(understood), *response));
                  });
  }

  // Runs `handler` on a worker; the call is answered when its Reply is finished.
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Mutate(grpc::CallbackServerContext* context, const Req* request,
                                   Resp* response,
                                   std::type_identity_t<MutateHandler<Req, Resp>> handler,
                                   Scope scope = Scope::kProgram) {
    RequestAccess::Of<Req, Resp>();
    return Accept(context, request, scope,
                  [response, handler = std::move(handler)](
                      const Call& call, const google::protobuf::Message& understood,
                      const std::shared_ptr<OpenCall>& open) {
                    if (!call.survivors.empty()) response->Clear();
                    handler(call, static_cast<const Req&>(understood), Reply<Resp>(open, response));
                  });
  }

  // As Mutate, for a handler that neither waits nor takes long, such as one that only hands a
  // posting to its poster. When the gate knows the caller without waiting, it runs on the thread
  // that the call came in on: to wake a worker costs more than all that is to be done.
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* MutateAtOnce(grpc::CallbackServerContext* context, const Req* request,
                                         Resp* response,
                                         std::type_identity_t<MutateHandler<Req, Resp>> handler,
                                         Scope scope = Scope::kProgram) {
    RequestAccess::Of<Req, Resp>();
    return Accept(
        context, request, scope,
        [response, handler = std::move(handler)](const Call& call,
                                                 const google::protobuf::Message& understood,
                                                 const std::shared_ptr<OpenCall>& open) {
          if (!call.survivors.empty()) response->Clear();
          handler(call, static_cast<const Req&>(understood), Reply<Resp>(open, response));
        },
        Place::kHereIfKnown);
  }

  // Runs `handler` on a worker and streams what the producer it returns fills. The call and the
  // request live as long as the producer; the call's deadline is that of being let in.
  template <class Req, class Resp>
  grpc::ServerWriteReactor<Resp>* Stream(grpc::CallbackServerContext* context, const Req* request,
                                         std::type_identity_t<StreamHandler<Req, Resp>> handler,
                                         Scope scope = Scope::kProgram) {
    RequestAccess::OfStream<Req>();
    const auto stream = std::make_shared<TypedStream<Resp>>(*streams_, *context);
    grpc::ServerWriteReactor<Resp>* const reactor = stream->MakeReactor();
    AcceptStream(
        context, request, scope, stream,
        [raw = stream.get()](const grpc::Status& status) { raw->Answer(status); },
        [raw = stream.get(), handler = std::move(handler)](
            const Call& call, const google::protobuf::Message& understood, Waker waker) {
          auto producer = handler(call, static_cast<const Req&>(understood), std::move(waker));
          if (producer.ok()) raw->Feed(*std::move(producer));
          return producer.status();
        });
    return reactor;
  }

  const Fingerprints& fingerprints() const { return fingerprints_; }
  const PageTokens& page_tokens() const { return page_tokens_; }
  const Proofs& proofs() const { return proofs_; }
  const MemberTokens& member_tokens() const { return member_tokens_; }

  const base::Clock& clock() const { return clock_; }

  // A key has ended, or may have: streams that were opened with it end now, not with their next
  // message.
  void KeysChanged();

  // Two members were made one here, or two again: calls know at once.
  void Merged(const MemberId& member, const MemberId& survivor) { gate_.Merged(member, survivor); }
  void Unmerged(const MemberId& member) { gate_.Unmerged(member); }
  // Who a member is by now, for handlers that find one by something else than their id.
  MemberId SurvivorOf(const MemberId& member) { return gate_.SurvivorOf(member); }

  struct Load {
    int waiting = 0;  // for a worker
    int open = 0;     // not yet answered, those included
    int streams = 0;  // of them, and those whose client has yet to read the end
  };
  Load load() const;

  // The error of a request that protobuf could not parse, as far as it came. Told to the observer.
  // Errors: INVALID_UTF8 (naming the field), FIELD_INVALID.
  absl::Status RefuseUndecodable(const google::protobuf::Message& partial);

  // Refuses new calls from now on (DRAINING) and waits until those accepted are answered, but not
  // beyond `deadline` (real time). Whether all were answered.
  bool Drain(absl::Time deadline);

 private:
  using Handler = std::function<void(const Call&, const google::protobuf::Message&,
                                     const std::shared_ptr<OpenCall>&)>;
  enum class Place { kWorker, kHereIfKnown };
  grpc::ServerUnaryReactor* Accept(grpc::CallbackServerContext* context,
                                   const google::protobuf::Message* request, Scope scope,
                                   Handler handler, Place place = Place::kWorker);
  // Checks and handles the call on this thread, unless the gate would have to wait. Whether it did.
  bool RunHere(const std::shared_ptr<LiveCall>& live, Scope scope);
  using StreamAnswer = std::function<void(const grpc::Status&)>;
  using StreamMaker =
      std::function<absl::Status(const Call&, const google::protobuf::Message&, Waker)>;
  void AcceptStream(grpc::CallbackServerContext* context, const google::protobuf::Message* request,
                    Scope scope, const std::shared_ptr<LiveStream>& stream, StreamAnswer answer,
                    StreamMaker make);
  // Lets it in, and says who is to run it. Errors: OVERLOADED, DRAINING.
  absl::StatusOr<WorkerPool*> Enter(const std::shared_ptr<LiveCall>& live);
  // Puts it in line for `run`, unless there is no room. Errors: OVERLOADED, DRAINING.
  absl::Status Admit(const std::shared_ptr<LiveCall>& live, std::function<void()> run);
  absl::Status EnterStream(const std::shared_ptr<LiveStream>& stream);
  // Who calls, for which program; fills the call.
  absl::Status AskGate(LiveCall& live, Scope scope);
  // Lets the handler see who the members it names became, and calls it again for those who become
  // another while it is at work.
  void Attend(const std::shared_ptr<LiveCall>& live, WorkerPool& pool);
  void Understand(LiveCall& live);
  FindSurvivor Survivors();
  // Opens the proofs that came along.
  void TakeProofs(LiveCall& live) const;
  Presented PresentedBy(const LiveCall& live) const;
  // Whether an open stream would be let in again: its key may have ended.
  absl::Status StillLetIn(const LiveCall& live, Scope scope);
  // The member's token that is presented, over or not; nothing if it is something else.
  std::optional<MemberToken> TokenIn(std::string_view authorization) const;
  // On a worker: whether the call is one to be worked on.
  absl::Status Check(LiveCall& live, Scope scope);
  absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Duration longest) const;

  const ShellOptions options_;
  Gate& gate_;
  CallObserver& observer_;
  const base::Clock& clock_;
  const Fingerprints fingerprints_;
  const PageTokens page_tokens_;
  const Proofs proofs_;
  const MemberTokens member_tokens_;
  const std::unique_ptr<Methods> methods_;
  const std::unique_ptr<Admission> admission_;
  const std::unique_ptr<WorkerPool> workers_;
  const std::unique_ptr<WorkerPool> peer_workers_;
  const std::unique_ptr<Streams> streams_;
  const std::unique_ptr<RateLimits> rate_limits_;
  const std::unique_ptr<FailedKeys> failed_keys_;
};

}  // namespace gratis::rpc
