#include "tests/bench/watcher.h"

#include <chrono>
#include <utility>

#include "common/status/macros.h"
#include "gratis/ledger/v1/feed.pb.h"

namespace gratis::bench {
namespace {

constexpr char kWatch[] = "/gratis.ledger.v1.FeedService/Watch";
constexpr std::chrono::seconds kBeginsWithin{10};
constexpr std::chrono::milliseconds kLook{20};  // whether it is over

}  // namespace

Watcher::Watcher(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Watcher::~Watcher() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<std::unique_ptr<Watcher>> Watcher::Start(const Target& target,
                                                        Ticks::duration warmup) {
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(target));
  std::unique_ptr<Watcher> watcher(new Watcher(std::move(connection)));
  Watcher* const self = watcher.get();
  ledger::v1::WatchRequest request;
  request.set_from_now(true);
  request.set_follow(true);
  request.add_kinds(ledger::v1::ENTRY_KIND_EARN);
  self->connection_->Follow(
      kWatch, request.SerializeAsString(),
      [self](const std::string& message) { self->Take(message); },
      [self](const Answer&) { self->ended_ = true; });
  const Ticks::time_point give_up = Ticks::now() + kBeginsWithin;
  while (!self->follows_ && Ticks::now() < give_up && self->Turn()) {
  }
  if (!self->follows_) return absl::UnavailableError("the journal cannot be followed");
  self->measured_from_ = Ticks::now() + warmup;
  self->thread_ = std::thread([self] {
    while (self->Turn()) {
    }
  });
  return watcher;
}

bool Watcher::Turn() {
  if (ended_ || !connection_->Turn(Ticks::now() + kLook)) return false;
  const std::lock_guard lock(mutex_);
  return !over_;
}

void Watcher::Take(const std::string& message) {
  const Ticks::time_point now = Ticks::now();
  follows_ = true;
  ledger::v1::WatchResponse response;
  if (!response.ParseFromString(message)) return;
  const std::lock_guard lock(mutex_);
  for (const ledger::v1::Entry& entry : response.entries()) {
    const auto answered = answered_.find(entry.transaction_id());
    if (answered == answered_.end()) {
      came_.insert(entry.transaction_id());
      continue;
    }
    Note(answered->second, now);
    answered_.erase(answered);
  }
  if (answered_.empty()) all_came_.notify_all();
}

void Watcher::Answered(const std::string& transaction_id) {
  const Ticks::time_point now = Ticks::now();
  const std::lock_guard lock(mutex_);
  if (came_.erase(transaction_id) > 0) {
    Note(now, now);
  } else {
    answered_.emplace(transaction_id, now);
  }
}

Seen Watcher::Await(Ticks::duration patience) {
  std::unique_lock lock(mutex_);
  all_came_.wait_for(lock, patience, [this] { return answered_.empty(); });
  Seen seen = seen_;
  seen.missing = static_cast<int64_t>(answered_.size());
  return seen;
}

// With the lock.
void Watcher::Note(Ticks::time_point answered, Ticks::time_point came) {
  ++seen_.postings;
  if (answered < measured_from_) return;
  seen_.latencies.Add(
      std::chrono::duration_cast<std::chrono::microseconds>(came - answered).count());
}

}  // namespace gratis::bench
