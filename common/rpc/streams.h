#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/worker_pool.h"

namespace gratis::rpc {

class LiveStream;

// The open streams of a process: how many there may be, the few threads that step them, and one
// that looks after their times. Thread-safe.
class Streams {
 public:
  struct Limits {
    int streams;                // open at once, those included whose client has yet to read the end
    int workers;                // threads that step
    absl::Duration slow_limit;  // how long a client may take for one message
  };
  // `clock` is the real one.
  Streams(Limits limits, const base::Clock& clock);
  // No stream is open any more.
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  enum class Entry { kEntered, kFull, kClosed };
  // Leave follows when it entered.
  Entry Enter(std::shared_ptr<LiveStream> stream);
  void Leave(const std::shared_ptr<LiveStream>& stream);
  int open() const;

  // Has all that are open step.
  void WakeAll();
  // From now on Enter refuses. Ends those that are open.
  void Close(const absl::Status& status);

  // For streams that entered; each has at most one step in line.
  void Run(std::function<void()> step);
  absl::Duration slow_limit() const { return limits_.slow_limit; }
  absl::Time Now() const { return clock_.Now(); }

 private:
  void Keep();
  std::vector<std::shared_ptr<LiveStream>> Open() const;

  const Limits limits_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::shared_ptr<LiveStream>> streams_;
  bool closed_ = false;
  bool stopping_ = false;
  WorkerPool workers_;
  std::thread keeper_;
};

}  // namespace gratis::rpc
