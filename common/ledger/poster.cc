#include "common/ledger/poster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/runner.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr absl::Duration kRetryWhenFull = absl::Milliseconds(200);

}  // namespace

Poster::Poster(PosterOptions options, pg::Pool& pool, const base::Clock& clock)
    : options_(std::move(options)), pool_(pool), clock_(clock) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

Poster::~Poster() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

int Poster::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void Poster::Finish(Pending& pending, Outcome outcome) {
  pending.done(std::move(outcome));
  pending.mutation.reset();
}

void Poster::Submit(MutationKind& kind, std::unique_ptr<Mutation> mutation,
                    std::function<void(Outcome)> done) {
  const Envelope& envelope = mutation->envelope;
  const int32_t partition = PartitionOf(envelope.program, envelope.member);
  Pending pending{&kind, std::move(mutation), std::move(done)};
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ < options_.max_waiting && !stopping_) {
      Line& line = lines_[partition];
      if (line.waiting.empty() && !line.being_posted) ready_.push_back(partition);
      line.waiting.push_back(std::move(pending));
      ++waiting_;
      work_.notify_one();
      return;
    }
  }
  Finish(pending, {.answer = WithRetryDelay(
                       Error(Reason::kOverloaded,
                             absl::StrCat(options_.max_waiting, " postings are waiting already")),
                       kRetryWhenFull)});
}

Outcome Poster::Post(MutationKind& kind, std::unique_ptr<Mutation> mutation) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Outcome> outcome;
  Submit(kind, std::move(mutation), [&](Outcome result) {
    const std::lock_guard lock(mutex);
    outcome = std::move(result);
    arrived.notify_one();
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return outcome.has_value(); });
  return *std::move(outcome);
}

void Poster::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopping_ || !ready_.empty(); });
    if (ready_.empty()) return;
    const int32_t partition = ready_.front();
    ready_.pop_front();
    Line& line = lines_[partition];
    line.being_posted = true;
    const size_t count = std::min(line.waiting.size(), static_cast<size_t>(options_.max_set));
    std::vector<Pending> set(
        std::make_move_iterator(line.waiting.begin()),
        std::make_move_iterator(line.waiting.begin() + static_cast<long>(count)));
    line.waiting.erase(line.waiting.begin(), line.waiting.begin() + static_cast<long>(count));
    waiting_ -= static_cast<int>(count);
    lock.unlock();

    PostSet(std::move(set));

    lock.lock();
    line.being_posted = false;
    if (!line.waiting.empty()) {
      ready_.push_back(partition);
      work_.notify_one();
    }
  }
}

void Poster::PostSet(std::vector<Pending> set) {
  const absl::Time begin = clock_.Now();
  const auto expired = std::stable_partition(set.begin(), set.end(), [&](const Pending& pending) {
    return pending.mutation->envelope.deadline > begin;
  });
  for (auto late = expired; late != set.end(); ++late) {
    Finish(*late,
           {.answer = Error(Reason::kDeadlineExceeded,
                            "the call's deadline passed before its turn; nothing was done")});
  }
  set.erase(expired, set.end());
  if (set.empty()) return;

  std::vector<Outcome> outcomes =
      RunSet(pool_, options_.chain_key, begin + options_.run_limit, absl::MakeSpan(set));
  if (options_.observe) {
    options_.observe({static_cast<int>(set.size()), clock_.Now() - begin});
  }
  for (size_t i = 0; i < set.size(); ++i) Finish(set[i], std::move(outcomes[i]));
}

}  // namespace gratis::ledger
