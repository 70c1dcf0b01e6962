#include "services/messages/circuit.h"

#include <algorithm>

namespace gratis::messages {
namespace {

constexpr int64_t kPauseJitterSteps = 256;

}  // namespace

void Circuit::Succeeded(absl::Time now) {
  failures_ = 0;
  if (now >= open_until_) open_until_ = absl::InfinitePast();
}

void Circuit::Failed(absl::Time now, uint64_t random) {
  // What was under way when it opened says nothing new.
  if (failures_ >= kFailuresToOpen && now < open_until_) return;
  ++failures_;
  if (failures_ < kFailuresToOpen) return;
  absl::Duration pause = kFirstPause;
  for (int32_t i = kFailuresToOpen; i < failures_ && pause < kLongestPause; ++i) pause *= 2;
  pause = std::min(pause, kLongestPause);
  const int64_t step = static_cast<int64_t>(random % (kPauseJitterSteps + 1));
  open_until_ = std::max(open_until_, now + pause / 2 + pause / 2 * step / kPauseJitterSteps);
}

void Circuit::HoldUntil(absl::Time until, absl::Time now) {
  open_until_ = std::max(open_until_, std::min(until, now + kLongestPause));
}

int32_t Circuit::Lets(int32_t room, int32_t in_flight, absl::Time now) const {
  if (now < open_until_) return 0;
  if (failures_ < kFailuresToOpen) return room;
  return in_flight == 0 ? std::min(room, 1) : 0;
}

}  // namespace gratis::messages
