#include "services/messages/slow_wire.h"

namespace gratis::messages {
namespace {

constexpr size_t kMaxIdle = 16;

}  // namespace

SlowWire::~SlowWire() {
  Cut();
  for (CURL* easy : idle_) curl_easy_cleanup(easy);
}

// A transfer that waits for the other side asks this once a second at least.
int SlowWire::Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<SlowWire*>(self)->cutting_ ? 1 : 0;
}

CURL* SlowWire::Take() {
  CURL* easy = nullptr;
  if (idle_.empty()) {
    easy = NewHandle();
  } else {
    easy = idle_.back();
    idle_.pop_back();
  }
  SetDefaults(easy);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, Progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
  return easy;
}

void SlowWire::Return(CURL* easy) {
  curl_easy_reset(easy);
  if (idle_.size() < kMaxIdle) {
    idle_.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
}

void SlowWire::Start(CURL* easy) {
  threads_[easy] = std::thread([this, easy] {
    const CURLcode result = curl_easy_perform(easy);
    {
      const std::lock_guard lock(mutex_);
      finished_.push_back({easy, result});
    }
    landed_();
  });
}

std::vector<Wire::Finished> SlowWire::TakeFinished() {
  std::vector<Wire::Finished> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (const Wire::Finished& one : finished) threads_.extract(one.easy).mapped().join();
  return finished;
}

void SlowWire::Cut() {
  cutting_ = true;
  for (auto& [easy, thread] : threads_) {
    thread.join();
    curl_easy_cleanup(easy);
  }
  threads_.clear();
  cutting_ = false;
}

}  // namespace gratis::messages
