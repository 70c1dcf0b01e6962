#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace gratis::rpc {

// Counts the calls that are accepted and not yet answered, and refuses more than fit. Thread-safe.
class Admission {
 public:
  struct Limits {
    int calls;
    int64_t bytes;  // of requests; a single call is taken however big it is
    absl::Duration retry_delay;
  };
  explicit Admission(Limits limits) : limits_(limits) {}

  // Lets a call in; Leave must follow. `inner` calls belong to others that were let in before, and
  // are taken as long as those are. Errors, with a retry delay: OVERLOADED, DRAINING.
  absl::Status Enter(int64_t bytes, bool inner);
  void Leave(int64_t bytes);

  // The error of a call that found no room.
  absl::Status Overloaded() const;
  // The error of a call that comes, or still is open, when the process ends.
  absl::Status Draining() const;

  int open() const;

  // From now on Enter refuses.
  void Close();
  // Waits until every call has left. Whether that was so within `at_most`.
  bool WaitUntilEmpty(absl::Duration at_most);

 private:
  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  bool closed_ = false;
  int calls_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace gratis::rpc
