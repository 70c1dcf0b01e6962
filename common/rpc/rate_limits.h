#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/house/keyring/key.h"
#include "common/rpc/token_bucket.h"

namespace gratis::rpc {

// What is left of a caller's limit, as its answer says.
struct Allowance {
  int64_t limit = 0;
  int64_t remaining = 0;
  absl::Duration reset;  // until all of it is there again
};

// How often callers that have a limit have called, by their name; one per process. Thread-safe.
class RateLimits {
 public:
  // Counts a call. `limit` has a calls_per_second. Errors: RATE_LIMITED, with the delay after which
  // one more call fits; `allowance` is set either way.
  absl::Status Count(std::string_view caller, const house::CallLimit& limit, absl::Time now,
                     Allowance& allowance);

 private:
  std::mutex mutex_;
  absl::flat_hash_map<std::string, TokenBucket> buckets_;
};

// Calls with bad keys, by where they come from; one per process. A peer that makes too many is told
// to wait, instead of what is wrong with its key. Good keys are never counted and never refused, so
// nobody can shut out others behind the same address. Thread-safe.
class FailedKeys {
 public:
  static constexpr size_t kMostPeers = 4096;  // remembered; what comes from more is not counted
  static constexpr TokenBucket::Size kAllowed = {.per_second = 1, .tokens = 20};

  // A call from `peer`, as gRPC names it, was refused for its key: `refusal`, or RATE_LIMITED.
  absl::Status Count(std::string_view peer, absl::Status refusal, absl::Time now);

  size_t peers() const;

 private:
  bool MakeRoom(absl::Time now);

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, TokenBucket> peers_;
  absl::Time looked_for_room_at_ = absl::InfinitePast();
};

}  // namespace gratis::rpc
