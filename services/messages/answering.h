#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/poster.h"
#include "common/rpc/posting.h"
#include "common/rpc/shell.h"

// What the handlers of this service do alike.
namespace gratis::messages {

// Answers a call with what a method of its service reads.
template <class Service, class Req, class Resp>
grpc::ServerUnaryReactor* AnswerBy(rpc::Shell& shell, const Service& service,
                                   absl::Status (Service::*method)(const rpc::Call&, const Req&,
                                                                   Resp&) const,
                                   grpc::CallbackServerContext* context, const Req* request,
                                   Resp* response) {
  return shell.Read(context, request, response,
                    [&service, method](const rpc::Call& call, const Req& asked, Resp& answer) {
                      return (service.*method)(call, asked, answer);
                    });
}

// Posts what a request was made into, if it could be, and answers with its outcome. `then`
// completes an answer that says it was done, now or by an earlier call.
template <class M, class Req, class Resp>
void PostMade(ledger::Poster& poster, ledger::MutationKind& kind, const rpc::Call& call,
              const Req& request, absl::StatusOr<std::unique_ptr<M>> made,
              const rpc::Reply<Resp>& reply,
              std::type_identity_t<std::function<void(Resp&)>> then = nullptr) {
  if (!made.ok()) return reply.Finish(made.status());
  std::unique_ptr<M> mutation = *std::move(made);
  if (absl::Status filled =
          rpc::FillEnvelope(call, request, reply.fingerprints(), mutation->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  poster.Submit(kind, std::move(mutation),
                [reply, then = std::move(then)](ledger::Outcome outcome) {
                  if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
                  absl::Status parsed = rpc::ParseAnswer(*outcome.answer, reply.response());
                  if (!parsed.ok()) return reply.Finish(std::move(parsed));
                  if (then) then(reply.response());
                  outcome.replayed ? reply.FinishReplayed() : reply.Finish(absl::OkStatus());
                });
}

}  // namespace gratis::messages
