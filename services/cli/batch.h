#pragma once

#include <numeric>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "services/cli/engine.h"

namespace gratis::cli {

// Sends a batch and tells `settled(place, status, result)` what became of each item; `result` is
// the item's result in the answer. Items, and whole batches, that failed with an error that may
// pass are sent again, with the same request ids, until nothing has moved for `patience`.
// Errors: what hit the whole batch; the items that `settled` was not called for may or may not be
// done.
template <class BatchResponse, class BatchRequest, class Settled>
absl::Status SendBatch(Engine& engine, BatchRequest batch, absl::Duration patience,
                       Settled settled) {
  std::vector<size_t> places(static_cast<size_t>(batch.requests_size()));
  std::iota(places.begin(), places.end(), size_t{0});
  Patience waiting(patience);
  while (true) {
    BatchResponse answer;
    absl::Status hurdle = engine.Call(batch, answer);
    if (!hurdle.ok() && !Patience::MayPass(hurdle)) return hurdle;
    if (hurdle.ok()) {
      if (answer.results_size() != batch.requests_size()) {
        return Error(Reason::kInternal, "the engine answered another number of items than asked");
      }
      BatchRequest again;
      std::vector<size_t> places_again;
      for (int i = 0; i < answer.results_size(); ++i) {
        const auto& result = answer.results(i);
        const size_t place = places[static_cast<size_t>(i)];
        const absl::Status status =
            result.has_response() ? absl::OkStatus() : rpc::FromProto(result.status().error());
        if (status.ok() || !Patience::MayPass(status)) {
          settled(place, status, result);
          continue;
        }
        hurdle = status;
        again.add_requests()->Swap(batch.mutable_requests(i));
        places_again.push_back(place);
      }
      if (places_again.empty()) return absl::OkStatus();
      if (places_again.size() < places.size()) waiting.Renew(patience);
      batch = std::move(again);
      places = std::move(places_again);
    }
    if (!waiting.Wait(hurdle)) return hurdle;
  }
}

}  // namespace gratis::cli
