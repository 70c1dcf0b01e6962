#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "tests/bench/target.h"

namespace gratis::bench {

using Ticks = std::chrono::steady_clock;

// One call of whatever method, from its request to its answer.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // Sends it; `queue` gives `this` back when it is answered.
  virtual void Send(const Target& target, grpc::CompletionQueue& queue) = 0;
  // Looks at the answer, once: how many mutations were accepted with it.
  int64_t Settle() { return status_.ok() ? Accepted() : 0; }
  const grpc::Status& status() const { return status_; }

  Ticks::time_point due;  // when it was to be sent
  int lane = 0;           // whose turn it is afterwards

 protected:
  virtual int64_t Accepted() = 0;

  grpc::ClientContext context_;
  grpc::Status status_;
};

template <class Stub, class Request, class Response>
class ExchangeOf final : public Exchange {
 public:
  using Reader = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>;
  using Method = Reader (Stub::*)(grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

  ExchangeOf(Stub& stub, Method method, Request request,
             std::function<int64_t(const Response&)> accepted)
      : stub_(stub),
        method_(method),
        request_(std::move(request)),
        accepted_(std::move(accepted)) {}

  void Send(const Target& target, grpc::CompletionQueue& queue) override {
    target.Authorize(context_);
    reader_ = (stub_.*method_)(&context_, request_, &queue);
    reader_->StartCall();
    reader_->Finish(&response_, &status_, this);
  }

 private:
  int64_t Accepted() override { return accepted_(response_); }

  Stub& stub_;
  const Method method_;
  const Request request_;
  const std::function<int64_t(const Response&)> accepted_;
  Response response_;
  Reader reader_;
};

// A call of `method`; `accepted` looks at its answer.
template <class Stub, class Request, class Response, class Accepted>
std::unique_ptr<Exchange> NewExchange(Stub& stub,
                                      std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (
                                          Stub::*method)(grpc::ClientContext*, const Request&,
                                                         grpc::CompletionQueue*),
                                      Request request, Accepted accepted) {
  return std::make_unique<ExchangeOf<Stub, Request, Response>>(stub, method, std::move(request),
                                                               std::move(accepted));
}

}  // namespace gratis::bench
