#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace gratis::obs {
class Log;
}

namespace gratis::app {

// Ends the process with kExitFailed when this still lives after `limit`: something hangs.
class LastResort {
 public:
  // `log` outlives it.
  LastResort(absl::Duration limit, obs::Log& log);
  ~LastResort();
  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace gratis::app
