#include "common/rpc/streams.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "common/rpc/live_stream.h"

namespace gratis::rpc {
namespace {

// How exact the times of streams are kept.
constexpr absl::Duration kTick = absl::Milliseconds(50);

}  // namespace

Streams::Streams(Limits limits, const base::Clock& clock)
    : limits_(limits),
      clock_(clock),
      workers_(limits.workers, limits.streams),
      keeper_([this] { Keep(); }) {}

Streams::~Streams() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  keeper_.join();
}

Streams::Entry Streams::Enter(std::shared_ptr<LiveStream> stream) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Entry::kClosed;
  if (streams_.size() >= static_cast<size_t>(limits_.streams)) return Entry::kFull;
  streams_.insert(std::move(stream));
  if (streams_.size() == 1) changed_.notify_all();
  return Entry::kEntered;
}

void Streams::Leave(const std::shared_ptr<LiveStream>& stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

int Streams::open() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(streams_.size());
}

std::vector<std::shared_ptr<LiveStream>> Streams::Open() const {
  const std::lock_guard lock(mutex_);
  return {streams_.begin(), streams_.end()};
}

void Streams::WakeAll() {
  for (const auto& stream : Open()) stream->Wake();
}

void Streams::Close(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  for (const auto& stream : Open()) stream->End(status);
}

void Streams::Run(std::function<void()> step) {
  if (workers_.TryRun(std::move(step))) return;
  std::fprintf(stderr, "more steps in line than there are streams\n");
  std::abort();
}

void Streams::Keep() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (streams_.empty()) {
      changed_.wait(lock, [this] { return stopping_ || !streams_.empty(); });
      continue;
    }
    if (changed_.wait_for(lock, absl::ToChronoMilliseconds(kTick), [this] { return stopping_; })) {
      return;
    }
    const std::vector<std::shared_ptr<LiveStream>> open(streams_.begin(), streams_.end());
    lock.unlock();
    const absl::Time now = clock_.Now();
    for (const auto& stream : open) stream->Look(now);
    lock.lock();
  }
}

}  // namespace gratis::rpc
