#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gratis::rpc {

// A fixed number of threads and a line of bounded length before them. Thread-safe.
class WorkerPool {
 public:
  WorkerPool(int threads, int max_waiting);
  // Runs what still waits, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Puts `work` in line, or, when the line is full, leaves it alone and returns false.
  bool TryRun(std::function<void()> work);

  int waiting() const;

 private:
  void Work();

  const size_t max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::function<void()>> line_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gratis::rpc
