#include "services/members/proposing.h"

#include <utility>

namespace gratis::members {
namespace {

constexpr size_t kMostRemembered = 10'000;

}  // namespace

// What is to be called once, by whoever comes first.
class Proposing::Answer {
 public:
  explicit Answer(std::function<void()> then) : then_(std::move(then)) {}

  void Give() {
    std::function<void()> then;
    {
      const std::lock_guard lock(mutex_);
      then = std::exchange(then_, nullptr);
    }
    if (then) then();
  }

 private:
  std::mutex mutex_;
  std::function<void()> then_;
};

Proposing::Proposing(ledger::Poster& poster, std::chrono::milliseconds patience)
    : poster_(poster), patience_(patience), thread_([this] { Work(); }) {}

Proposing::~Proposing() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return under_way_ == 0; });
  }
  thread_.join();
}

void Proposing::Note(const rpc::Call& call, std::vector<Sighting> seen,
                     std::function<void()> then) {
  if (call.role == rpc::Role::kMember) return then();
  DropRemembered(call, seen);
  if (seen.empty()) return then();
  auto note = std::make_unique<SightingNote>(seen);
  // Without a request id: to note the same again is what it is for.
  note->envelope.program = call.program;
  note->envelope.actor = call.actor;
  note->envelope.now = call.now;
  note->envelope.deadline = call.deadline;
  const int32_t program = call.program.number;
  const absl::Time now = call.now;
  const auto answer = std::make_shared<Answer>(std::move(then));
  {
    const std::lock_guard lock(mutex_);
    ++under_way_;
    waiting_.push_back({Ticks::now() + patience_, answer});
    changed_.notify_all();
  }
  poster_.Submit(
      notes_, std::move(note),
      [this, program, now, answer, noted = std::move(seen)](const ledger::Outcome& outcome) {
        if (outcome.answer.ok()) Remember(program, now, noted);
        answer->Give();
        const std::lock_guard lock(mutex_);
        --under_way_;
        changed_.notify_all();
      });
}

void Proposing::DropRemembered(const rpc::Call& call, std::vector<Sighting>& seen) {
  const std::lock_guard lock(mutex_);
  std::erase_if(seen, [&](const Sighting& one) {
    const auto noted = remembered_.find({call.program.number, one.members, one.shared});
    return noted != remembered_.end() && call.now >= noted->second &&
           call.now - noted->second < kSeenAgainAfter;
  });
}

void Proposing::Remember(int32_t program, absl::Time now, const std::vector<Sighting>& noted) {
  const std::lock_guard lock(mutex_);
  // Whoever is forgotten is noted once more, which changes nothing.
  if (remembered_.size() + noted.size() > kMostRemembered) remembered_.clear();
  for (const Sighting& one : noted) {
    remembered_.insert_or_assign({program, one.members, one.shared}, now);
  }
}

void Proposing::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (waiting_.empty()) {
      if (stopping_) return;
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      continue;
    }
    const Ticks::time_point until = waiting_.front().until;
    if (!stopping_ && Ticks::now() < until) {
      changed_.wait_until(lock, until);
      continue;
    }
    const std::shared_ptr<Answer> answer = std::move(waiting_.front().answer);
    waiting_.pop_front();
    lock.unlock();
    answer->Give();
    lock.lock();
  }
}

}  // namespace gratis::members
