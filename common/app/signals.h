#pragma once

#include <csignal>
#include <optional>

#include "absl/time/time.h"

namespace gratis::app {

// SIGTERM and SIGINT as something to wait for. Made before any thread is, by the main thread: all
// threads inherit that they are not interrupted. SIGPIPE is ignored.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The signal that asked the process to end, or nothing when none did within `limit`. Infinite
  // limits wait for ever.
  std::optional<int> Wait(absl::Duration limit);

  // From now on a signal ends the process at once.
  void LetGo();

 private:
  sigset_t ending_;
};

}  // namespace gratis::app
