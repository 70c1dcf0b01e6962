#include "common/rpc/token_bucket.h"

#include <algorithm>

namespace gratis::rpc {
namespace {

constexpr int64_t kBucketNanosPerSecond = 1'000'000'000;

}  // namespace

TokenBucket::Taken TokenBucket::Take(const Size& size, absl::Time now) {
  const int64_t at = absl::ToUnixNanos(now);
  const int64_t one = kBucketNanosPerSecond / size.per_second;
  const int64_t all = one * size.tokens;
  // A clock that was set back does not make anybody wait longer than for a full bucket.
  const int64_t missing = std::min(std::max<int64_t>(full_at_ - at, 0), all);
  Taken taken;
  taken.granted = missing + one <= all;
  const int64_t missing_after = taken.granted ? missing + one : missing;
  full_at_ = at + missing_after;
  taken.left = (all - missing_after) / one;
  taken.until_one = absl::Nanoseconds(taken.granted ? 0 : missing + one - all);
  taken.until_full = absl::Nanoseconds(missing_after);
  return taken;
}

}  // namespace gratis::rpc
