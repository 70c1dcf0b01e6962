#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/producer.h"

namespace gratis::rpc {

class LiveCall;
class Streams;

// A stream in gRPC's hands: steps its producer, sends what that fills, one message at a time, and
// ends once. Nothing here blocks but the producer's own step. Thread-safe.
//
// At any time it is in one of three states: stepping (that of being let in counts), writing, or
// waiting. It ends only when it is not stepping, so what a step uses lives as long as the call is
// open.
class LiveStream : public std::enable_shared_from_this<LiveStream> {
 public:
  explicit LiveStream(Streams& streams) : streams_(streams) {}
  virtual ~LiveStream() = default;
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  // Before anything else.
  void Carry(std::shared_ptr<LiveCall> live) { live_ = std::move(live); }
  // What is asked before each step: whether it may go on. A refusal ends the stream; what cannot be
  // found out just now is asked again a second later, and nothing is sent before. Before Begin.
  void CheckWith(std::function<absl::Status()> check) { check_ = std::move(check); }
  // It was let in, and has a producer; or not, and ends.
  void Begin(absl::Status let_in);
  // Ends it, at the latest after the step it is in. Only the first End counts.
  void End(absl::Status status);
  void Wake();
  // What a clock has to see to: steps that are due, and clients that are too slow.
  void Look(absl::Time now);

  // The client has room for the next message; `ok` is false when it will take none any more.
  void Written(bool ok);
  // gRPC has let go of the call.
  void Done();

  // One step of the producer, on a worker of the streams.
  void RunStep();

 protected:
  virtual absl::StatusOr<Step> Next() = 0;  // fills the message
  virtual void Write() = 0;                 // sends it
  virtual Metadata Place() const = 0;       // see Producer
  virtual void LetGo() = 0;                 // of the producer
  virtual void Cancel() = 0;                // the call, whatever the client still reads

 private:
  enum class State { kStepping, kWriting, kWaiting };

  void Schedule(std::unique_lock<std::mutex>& lock);
  void EndNow(std::unique_lock<std::mutex>& lock);

  Streams& streams_;
  std::shared_ptr<LiveCall> live_;
  std::function<absl::Status()> check_ = [] { return absl::OkStatus(); };
  std::mutex mutex_;
  State state_ = State::kStepping;
  bool woken_ = false;                  // while it could not step
  absl::Time since_;                    // kWriting: when it began; ended: when that was
  absl::Time until_;                    // kWaiting: when to step unwoken
  int64_t messages_ = 0;                // taken by the client
  std::optional<absl::Status> ending_;  // how it is to end
  bool ended_ = false;
  std::mutex call_mutex_;  // guards against gRPC's letting go in the middle of Cancel
  bool done_ = false;
};

// A stream of Resp.
template <class Resp>
class TypedStream final : public LiveStream {
 public:
  TypedStream(Streams& streams, grpc::CallbackServerContext& context)
      : LiveStream(streams), context_(context) {}

  // gRPC's end of it, which gRPC lets go of by itself. Called once.
  grpc::ServerWriteReactor<Resp>* MakeReactor() {
    reactor_ = new Reactor(std::static_pointer_cast<TypedStream>(shared_from_this()));
    return reactor_;
  }
  void Answer(const grpc::Status& status) { reactor_->Finish(status); }
  void Feed(std::unique_ptr<Producer<Resp>> producer) { producer_ = std::move(producer); }

 private:
  class Reactor final : public grpc::ServerWriteReactor<Resp> {
   public:
    explicit Reactor(std::shared_ptr<TypedStream> stream) : stream_(std::move(stream)) {}
    void OnWriteDone(bool ok) override { stream_->Written(ok); }
    void OnCancel() override { stream_->End(absl::CancelledError("the caller went away")); }
    void OnDone() override {
      stream_->Done();
      delete this;
    }

   private:
    const std::shared_ptr<TypedStream> stream_;
  };

  absl::StatusOr<Step> Next() override {
    message_.Clear();
    return producer_->Next(message_);
  }
  void Write() override { reactor_->StartWrite(&message_); }
  Metadata Place() const override { return producer_->Place(); }
  void LetGo() override { producer_.reset(); }
  void Cancel() override { context_.TryCancel(); }

  grpc::CallbackServerContext& context_;
  Reactor* reactor_ = nullptr;
  std::unique_ptr<Producer<Resp>> producer_;
  Resp message_;
};

}  // namespace gratis::rpc
