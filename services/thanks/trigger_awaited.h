#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace gratis::thanks {

// What becomes of several postings, in their order, as it comes in from the poster's threads.
class Awaited {
 public:
  explicit Awaited(size_t count) : outcomes_(count), open_(count) {}

  // Each once.
  void Settle(size_t i, absl::Status status) {
    const std::lock_guard lock(mutex_);
    outcomes_[i] = std::move(status);
    if (--open_ == 0) settled_.notify_all();
  }
  std::vector<absl::Status> Wait() {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [&] { return open_ == 0; });
    return outcomes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable settled_;
  std::vector<absl::Status> outcomes_;
  size_t open_;
};

}  // namespace gratis::thanks
