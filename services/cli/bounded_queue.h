#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace gratis::cli {

// Hands things from threads that make them to threads that use them, never holding more than a
// set number. Thread-safe.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t bound) : bound_(bound) {}

  // Waits for room. False, and nothing is handed over, once the queue is closed.
  bool Push(T thing) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return closed_ || things_.size() < bound_; });
    if (closed_) return false;
    things_.push_back(std::move(thing));
    has_things_.notify_one();
    return true;
  }

  // Waits for something. Nothing once the queue is closed and empty.
  std::optional<T> Pop() {
    std::unique_lock lock(mutex_);
    has_things_.wait(lock, [&] { return closed_ || !things_.empty(); });
    if (things_.empty()) return std::nullopt;
    T thing = std::move(things_.front());
    things_.pop_front();
    has_room_.notify_one();
    return thing;
  }

  void Close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    has_things_.notify_all();
    has_room_.notify_all();
  }

 private:
  const size_t bound_;
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::condition_variable has_things_;
  std::deque<T> things_;
  bool closed_ = false;
};

}  // namespace gratis::cli
