#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/rpc/call.h"
#include "common/rpc/fingerprint.h"
#include "common/rpc/merged.h"
#include "common/rpc/observer.h"
#include "common/rpc/rate_limits.h"
#include "common/rpc/reply.h"

namespace google::protobuf {
class Message;
}
namespace grpc {
class CallbackServerContext;
class Status;
}  // namespace grpc

namespace gratis::rpc {

class Admission;
struct Method;

// A call in gRPC's hands, from its arrival to its answer.
class LiveCall final : public OpenCall, public std::enable_shared_from_this<LiveCall> {
 public:
  struct Hosts {
    CallObserver& observer;
    Admission& admission;
    const Fingerprints& fingerprints;
  };
  // Hands the answer to gRPC; called once.
  using Answer = std::function<void(const grpc::Status&)>;
  LiveCall(const Hosts& hosts, const Method& method, grpc::CallbackServerContext& context,
           const google::protobuf::Message& request, Answer answer);
  // Answers with INTERNAL what nobody has answered.
  ~LiveCall() override;

  void Finish(absl::Status status) override;
  void MarkReplayed() override { replayed_ = true; }
  void NoteFailure(const absl::Status& failure) override;
  bool Again(const absl::Status& merged) override;
  const Fingerprints& fingerprints() const override { return hosts_.fingerprints; }

  // Says that a worker has taken it up.
  void Begin();
  // Says that it was admitted, and has to leave.
  void Admitted(int64_t bytes) { admitted_bytes_ = bytes; }
  // Says what is left of the caller's limit.
  void Allowed(const Allowance& allowance) { allowance_ = allowance; }
  // Says how many messages a stream has sent. Not to be used after Finish.
  void Sent(int64_t messages) { messages_ = messages; }

  // The value of a metadata key; empty without it. Not to be used after Finish.
  std::string_view Metadata(const char* key) const;
  // All values of a metadata key, as Metadata.
  std::vector<std::string_view> AllMetadata(const char* key) const;
  bool Cancelled() const;
  // Where it comes from, as gRPC names it. Not to be used after Finish.
  std::string Peer() const;

  const Method& method() const { return method_; }
  const google::protobuf::Message& request() const { return request_; }
  Call& call() { return call_; }

  // What a handler is given: call and request as sent, but about the survivors of members who were
  // merged. Before `Understand` they are as they came.
  const Call& understood_call() const;
  const google::protobuf::Message& understood_request() const;
  // `find`: whom a member became, as far as is known beforehand. Once, before the handler.
  void Understand(const FindSurvivor& find);
  using Handler = std::function<void(const Call&, const google::protobuf::Message&,
                                     const std::shared_ptr<OpenCall>&)>;
  void HandleWith(Handler handler) { handler_ = std::move(handler); }
  // Calls the handler with what is understood by now.
  void Handle() { handler_(understood_call(), understood_request(), shared_from_this()); }
  // How it comes to be handled again, now that it is known who was merged; whether it will be.
  // Without it, MEMBER_MERGED is the call's error.
  using Retry = std::function<bool(const std::shared_ptr<LiveCall>& live, const MemberId& merged,
                                   const MemberId& survivor)>;
  void RetryWith(FindSurvivor find, Retry retry);

 private:
  using Ticks = std::chrono::steady_clock;
  struct Attempt {
    std::unique_ptr<google::protobuf::Message> request;  // null: as it came
    Call call;
  };
  void Report(const absl::Status& status, const absl::Status& told);
  void Attend(const FindSurvivor& find);

  const Hosts hosts_;
  const Method& method_;
  grpc::CallbackServerContext& context_;
  const google::protobuf::Message& request_;
  const Answer answer_;
  const Ticks::time_point arrived_;
  Ticks::time_point begun_;
  int64_t admitted_bytes_ = -1;
  std::optional<int64_t> messages_;
  std::optional<Allowance> allowance_;
  std::atomic<bool> replayed_ = false;
  std::atomic<bool> finished_ = false;
  std::mutex noted_mutex_;
  absl::Status noted_;  // the first failure noted
  Call call_;
  std::list<Attempt> attempts_;       // the last is the one under way
  std::map<MemberId, MemberId> met_;  // who was found to be merged while trying
  Handler handler_;
  FindSurvivor find_;
  Retry retry_;
};

}  // namespace gratis::rpc
