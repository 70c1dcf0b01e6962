#include "common/rpc/worker_pool.h"

#include <utility>

namespace gratis::rpc {

WorkerPool::WorkerPool(int threads, int max_waiting) : max_waiting_(max_waiting) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::TryRun(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (line_.size() >= max_waiting_) return false;
    line_.push_back(std::move(work));
  }
  work_.notify_one();
  return true;
}

int WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(line_.size());
}

void WorkerPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !line_.empty(); });
    if (line_.empty()) return;
    {
      const std::function<void()> work = std::move(line_.front());
      line_.pop_front();
      lock.unlock();
      work();
    }
    lock.lock();
  }
}

}  // namespace gratis::rpc
