#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace gratis::messages {

// Whether an endpoint is sent to. After a few failures in a row it is left alone for a while, then
// tried with one delivery; while that fails it is left alone for longer and longer. A value; time
// is the caller's.
class Circuit {
 public:
  static constexpr int32_t kFailuresToOpen = 5;
  static constexpr absl::Duration kFirstPause = absl::Seconds(5);
  static constexpr absl::Duration kLongestPause = absl::Minutes(5);

  Circuit() = default;
  // As it was written down.
  Circuit(int32_t failures, absl::Time open_until) : failures_(failures), open_until_(open_until) {}

  // A pause that it is in lasts, whatever was under way before.
  void Succeeded(absl::Time now);
  void Failed(absl::Time now, uint64_t random);
  // The endpoint asked for nothing more until then; within kLongestPause.
  void HoldUntil(absl::Time until, absl::Time now);

  // Of `room`, how many may go now when `in_flight` are under way.
  int32_t Lets(int32_t room, int32_t in_flight, absl::Time now) const;

  bool troubled() const { return failures_ > 0 || open_until_ != absl::InfinitePast(); }
  int32_t failures() const { return failures_; }  // in a row
  absl::Time open_until() const { return open_until_; }

 private:
  int32_t failures_ = 0;
  absl::Time open_until_ = absl::InfinitePast();
};

}  // namespace gratis::messages
