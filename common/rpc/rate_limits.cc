#include "common/rpc/rate_limits.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/peer.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

constexpr size_t kMostCallers = 10'000;
constexpr absl::Duration kBetweenLooks = absl::Seconds(1);

absl::Status TooOften(std::string_view sentence, absl::Duration wait) {
  // In whole milliseconds, and not too early.
  const absl::Duration rounded = absl::Ceil(wait, absl::Milliseconds(1));
  return WithRetryDelay(Error(Reason::kRateLimited, sentence), rounded);
}

bool IsRefusedKey(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason == Reason::kKeyInvalid || reason == Reason::kKeyRevoked ||
         reason == Reason::kKeyMissing;
}

}  // namespace

absl::Status RateLimits::Count(std::string_view caller, const house::CallLimit& limit,
                               absl::Time now, Allowance& allowance) {
  const TokenBucket::Size size{.per_second = limit.calls_per_second, .tokens = limit.burst_calls};
  TokenBucket::Taken taken;
  {
    const std::lock_guard lock(mutex_);
    // A bucket that is full is as good as none.
    if (buckets_.size() >= kMostCallers) {
      absl::erase_if(buckets_, [now](const auto& entry) { return entry.second.FullAt(now); });
    }
    taken = buckets_[base::Abs(caller)].Take(size, now);
  }
  allowance = {.limit = size.tokens, .remaining = taken.left, .reset = taken.until_full};
  if (taken.granted) return absl::OkStatus();
  return TooOften(
      absl::StrCat("this key may call ", limit.calls_per_second, " times a second, and ",
                   limit.burst_calls, " times in a row; try again after the delay given"),
      taken.until_one);
}

absl::Status FailedKeys::Count(std::string_view peer, absl::Status refusal, absl::Time now) {
  if (!IsRefusedKey(refusal)) return refusal;
  const std::string from = NeighborhoodOf(peer);
  const std::lock_guard lock(mutex_);
  auto found = peers_.find(from);
  if (found == peers_.end()) {
    if (peers_.size() >= kMostPeers && !MakeRoom(now)) return refusal;
    found = peers_.try_emplace(from).first;
  }
  const TokenBucket::Taken taken = found->second.Take(kAllowed, now);
  if (taken.granted) return refusal;
  return TooOften("too many calls with keys that are not good come from this address",
                  taken.until_one);
}

// With the lock. Forgets whom there is nothing to hold against; looks at most once a second.
bool FailedKeys::MakeRoom(absl::Time now) {
  // The machine's clock may be set back.
  const bool looked = now >= looked_for_room_at_ && now < looked_for_room_at_ + kBetweenLooks;
  if (looked) return false;
  looked_for_room_at_ = now;
  return absl::erase_if(peers_, [now](const auto& entry) { return entry.second.FullAt(now); }) > 0;
}

size_t FailedKeys::peers() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

}  // namespace gratis::rpc
