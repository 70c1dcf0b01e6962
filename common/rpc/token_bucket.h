#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace gratis::rpc {

// A bucket of tokens that fills up again at a steady rate; one integer, in nanoseconds. It is the
// generic cell rate algorithm (ITU-T I.371): `full_at` is when it will be full.
class TokenBucket {
 public:
  struct Size {
    int64_t per_second = 1;  // 1 to 1,000,000,000
    int64_t tokens = 1;      // when it is full, and at the beginning
  };
  struct Taken {
    bool granted = false;
    int64_t left = 0;           // tokens, afterwards
    absl::Duration until_one;   // when refused: how long until there is one
    absl::Duration until_full;  // as long as nobody takes
  };

  Taken Take(const Size& size, absl::Time now);
  bool FullAt(absl::Time now) const { return absl::ToUnixNanos(now) >= full_at_; }

 private:
  int64_t full_at_ = 0;
};

}  // namespace gratis::rpc
