#include "common/rpc/admission.h"

#include "common/status/reasons.h"

namespace gratis::rpc {

absl::Status Admission::Enter(int64_t bytes, bool inner) {
  const std::lock_guard lock(mutex_);
  if (closed_ && !(inner && calls_ > 0)) return Draining();
  if (calls_ >= limits_.calls || (calls_ > 0 && bytes_ + bytes > limits_.bytes)) {
    return Overloaded();
  }
  ++calls_;
  bytes_ += bytes;
  return absl::OkStatus();
}

void Admission::Leave(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ -= bytes;
  if (--calls_ == 0) empty_.notify_all();
}

absl::Status Admission::Overloaded() const {
  return WithRetryDelay(
      Error(Reason::kOverloaded, "too many calls are waiting; try again after the delay given"),
      limits_.retry_delay);
}

absl::Status Admission::Draining() const {
  return WithRetryDelay(
      Error(Reason::kDraining, "this process is shutting down and takes no new calls"),
      limits_.retry_delay);
}

int Admission::open() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void Admission::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool Admission::WaitUntilEmpty(absl::Duration at_most) {
  std::unique_lock lock(mutex_);
  const auto empty = [this] { return calls_ == 0; };
  if (at_most == absl::InfiniteDuration()) {
    empty_.wait(lock, empty);
    return true;
  }
  return empty_.wait_for(lock, absl::ToChronoMicroseconds(at_most), empty);
}

}  // namespace gratis::rpc
