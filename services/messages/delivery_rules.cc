#include "services/messages/delivery_rules.h"

#include <algorithm>

namespace gratis::messages {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Seconds(2);
constexpr absl::Duration kLongestBackoff = absl::Hours(4);
constexpr int kBackoffFactor = 4;
constexpr absl::Duration kBeforeTheEnd = absl::Minutes(1);
constexpr int64_t kDeliveryJitterSteps = 1024;

// Between a half and all of `duration`.
absl::Duration Jittered(absl::Duration duration, uint64_t random) {
  const int64_t step = static_cast<int64_t>(random % (kDeliveryJitterSteps + 1));
  return duration / 2 + duration / 2 * step / kDeliveryJitterSteps;
}

}  // namespace

absl::Duration BackoffAfter(int32_t attempt, uint64_t random) {
  absl::Duration backoff = kFirstBackoff;
  for (int32_t i = 1; i < attempt && backoff < kLongestBackoff; ++i) backoff *= kBackoffFactor;
  return Jittered(std::min(backoff, kLongestBackoff), random);
}

Settlement Settle(const Verdict& verdict, int32_t attempt, absl::Time now, absl::Time give_up_at,
                  uint64_t random) {
  switch (verdict.outcome) {
    case AttemptOutcome::kDelivered:
      return {DeliveryStatus::kDelivered, now};
    case AttemptOutcome::kRefused:
      return {DeliveryStatus::kDead, now};
    case AttemptOutcome::kFailed:
    case AttemptOutcome::kLost:
    case AttemptOutcome::kInDoubt:
      break;
  }
  const absl::Duration backoff = BackoffAfter(attempt, random);
  if (now + backoff > give_up_at) return {DeliveryStatus::kDead, now};
  const absl::Duration wait = std::max(backoff, verdict.retry_after.value_or(absl::ZeroDuration()));
  // Whoever wants to be left alone for longer than it is tried is asked once more, at the very end.
  const absl::Time last = std::max(now + backoff, give_up_at - kBeforeTheEnd);
  return {DeliveryStatus::kWaiting, std::min(now + wait, last)};
}

int32_t RoomFor(int32_t limit, int32_t in_flight, int32_t used, int32_t total) {
  const int32_t left = std::max(0, total - used);
  const int32_t shared = std::max(total / 2 - used, left / 4);
  const int32_t room = std::min(limit - in_flight, shared);
  return std::max(room, in_flight == 0 ? 1 : 0);
}

}  // namespace gratis::messages
