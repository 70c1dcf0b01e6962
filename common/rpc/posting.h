#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/rpc/call.h"
#include "common/rpc/fingerprint.h"
#include "common/rpc/reply.h"
#include "common/status/reasons.h"

namespace google::protobuf {
class Message;
}
namespace gratis::type::v1 {
class ItemStatus;
}

namespace gratis::rpc {

constexpr int kMaxBatch = 1000;

// Fills an envelope from the call and from the request's fields `request_id` and `validate_only`;
// leaves `member` as it is. Errors: REQUEST_ID_MISSING, REQUEST_ID_INVALID.
absl::Status FillEnvelope(const Call& call, const google::protobuf::Message& request,
                          const Fingerprints& fingerprints, ledger::Envelope& envelope);

// Parses a stored answer into a response.
absl::Status ParseAnswer(const std::string& answer, google::protobuf::Message& response);

// Says in a batch's result what a call of its own would have failed with. What failed inside comes
// back in full, for the log.
absl::Status SetItemStatus(const absl::Status& status, bool replayed, std::string_view log_id,
                           type::v1::ItemStatus& item);

absl::Status CheckBatchSize(int size);

// Posts one mutation, whose maker has set envelope.member (or left it nil for a fact about the
// program), and answers the call with its outcome. Call from a Mutate handler.
template <class Resp>
void Post(ledger::Poster& poster, const Call& call, const google::protobuf::Message& request,
          ledger::MutationKind& kind, std::unique_ptr<ledger::Mutation> mutation,
          Reply<Resp> reply) {
  if (absl::Status filled = FillEnvelope(call, request, reply.fingerprints(), mutation->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  poster.Submit(kind, std::move(mutation), [reply](ledger::Outcome outcome) {
    if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
    absl::Status parsed = ParseAnswer(*outcome.answer, reply.response());
    if (parsed.ok() && outcome.replayed) return reply.FinishReplayed();
    reply.Finish(std::move(parsed));
  });
}

// Posts each request of a batch by itself and answers when all have their outcome, in the order of
// the requests. `BatchResp` has `repeated Result results`, each with `response` and `status`.
// `make` converts one request; its error becomes that item's. More than kMaxBatch: BATCH_TOO_LARGE.
template <class Requests, class Make, class BatchResp>
void PostBatch(ledger::Poster& poster, const Call& call, const Requests& requests,
               ledger::MutationKind& kind, Make make, Reply<BatchResp> reply) {
  if (absl::Status size = CheckBatchSize(requests.size()); !size.ok()) {
    return reply.Finish(std::move(size));
  }
  struct Progress {
    std::atomic<int> open;  // items without outcome, and one more until all are submitted
    std::mutex mutex;
    absl::Status merged;  // the first item whose member was merged meanwhile
  };
  auto progress = std::make_shared<Progress>();
  progress->open = requests.size() + 1;
  const auto settle = [progress, reply] {
    if (progress->open.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    // What was done is answered again, the rest done for who they are by now.
    if (!progress->merged.ok() && reply.Again(progress->merged)) return;
    reply.Finish(absl::OkStatus());
  };
  auto& results = *reply.response().mutable_results();
  results.Reserve(requests.size());
  for (int i = 0; i < requests.size(); ++i) results.Add();
  for (int i = 0; i < requests.size(); ++i) {
    auto* const result = results.Mutable(i);
    absl::StatusOr<std::unique_ptr<ledger::Mutation>> mutation = make(call, requests[i]);
    absl::Status filled =
        mutation.ok() ? FillEnvelope(call, requests[i], reply.fingerprints(), (*mutation)->envelope)
                      : mutation.status();
    if (!filled.ok()) {
      reply.NoteFailure(SetItemStatus(filled, false, call.log_id, *result->mutable_status()));
      settle();
      continue;
    }
    poster.Submit(kind, *std::move(mutation),
                  [result, settle, reply, progress, log_id = call.log_id](ledger::Outcome outcome) {
                    absl::Status status = outcome.answer.status();
                    if (ReasonOf(status) == Reason::kMemberMerged) {
                      const std::lock_guard lock(progress->mutex);
                      progress->merged.Update(status);
                    }
                    if (status.ok())
                      status = ParseAnswer(*outcome.answer, *result->mutable_response());
                    if (!status.ok()) result->clear_response();
                    reply.NoteFailure(
                        SetItemStatus(status, outcome.replayed, log_id, *result->mutable_status()));
                    settle();
                  });
  }
  settle();
}

}  // namespace gratis::rpc
