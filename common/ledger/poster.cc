#include "common/ledger/poster.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
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

bool Poster::Admit(int count) {
  if (stopping_ || waiting_ + count > options_.max_waiting) return false;
  waiting_ += count;
  return true;
}

void Poster::Refuse(std::vector<Pending> set, int max_waiting) {
  for (Pending& pending : set) {
    Finish(
        pending,
        {.answer = WithRetryDelay(
             Error(Reason::kOverloaded, absl::StrCat(max_waiting, " postings are waiting already")),
             kRetryWhenFull)});
  }
}

void Poster::Submit(MutationKind& kind, std::unique_ptr<Mutation> mutation,
                    std::function<void(Outcome)> done) {
  const std::set<int32_t> partitions = PartitionsOf(mutation->envelope);
  std::vector<Pending> one;
  one.push_back({&kind, std::move(mutation), std::move(done)});
  if (partitions.size() > 1) return SubmitTogether(std::move(one));
  {
    const std::lock_guard lock(mutex_);
    if (Admit(1)) {
      const int32_t partition = *partitions.begin();
      Line& line = lines_[partition];
      const bool at_rest = line.waiting.empty() && !line.being_posted;
      line.waiting.push_back(std::move(one.front()));
      if (at_rest) {
        ready_.push_back(partition);
        work_.notify_one();
      }
      return;
    }
  }
  Refuse(std::move(one), options_.max_waiting);
}

void Poster::SubmitWide(Set set) {
  {
    const std::lock_guard lock(mutex_);
    if (Admit(static_cast<int>(set.items.size()))) {
      wide_.push_back(std::move(set));
      work_.notify_one();
      return;
    }
  }
  Refuse(std::move(set.items), options_.max_waiting);
}

void Poster::SubmitTogether(std::vector<Pending> set) {
  SubmitWide({std::move(set), Bond::kTogether});
}

void Poster::SubmitApart(std::vector<Pending> set) { SubmitWide({std::move(set), Bond::kNone}); }

void Poster::SubmitAlone(MutationKind& kind, std::unique_ptr<Mutation> mutation,
                         std::function<void(Outcome)> done) {
  std::vector<Pending> one;
  one.push_back({&kind, std::move(mutation), std::move(done)});
  SubmitApart(std::move(one));
}

Outcome Poster::Await(const std::function<void(std::function<void(Outcome)> done)>& submit) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Outcome> outcome;
  submit([&](Outcome result) {
    const std::lock_guard lock(mutex);
    outcome = std::move(result);
    arrived.notify_one();
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return outcome.has_value(); });
  return *std::move(outcome);
}

Outcome Poster::Post(MutationKind& kind, std::unique_ptr<Mutation> mutation) {
  return Await([&](std::function<void(Outcome)> done) {
    Submit(kind, std::move(mutation), std::move(done));
  });
}

Outcome Poster::PostAlone(MutationKind& kind, std::unique_ptr<Mutation> mutation) {
  return Await([&](std::function<void(Outcome)> done) {
    SubmitAlone(kind, std::move(mutation), std::move(done));
  });
}

Poster::Set Poster::TakeFromLine(Line& line) {
  const size_t count = std::min(line.waiting.size(), static_cast<size_t>(options_.max_set));
  const auto end = line.waiting.begin() + static_cast<long>(count);
  Set set{{std::make_move_iterator(line.waiting.begin()), std::make_move_iterator(end)}};
  line.waiting.erase(line.waiting.begin(), end);
  return set;
}

void Poster::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopping_ || HasWork(); });
    if (!HasWork()) return;
    if (!wide_.empty() && !posting_wide_) {
      Set set = std::move(wide_.front());
      wide_.pop_front();
      waiting_ -= static_cast<int>(set.items.size());
      posting_wide_ = true;
      lock.unlock();
      PostSet(std::move(set));
      lock.lock();
      posting_wide_ = false;
      if (!wide_.empty()) work_.notify_one();
      continue;
    }
    const int32_t partition = ready_.front();
    ready_.pop_front();
    Line& line = lines_[partition];
    line.being_posted = true;
    Set set = TakeFromLine(line);
    waiting_ -= static_cast<int>(set.items.size());
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

void Poster::TellCommitted(const std::vector<Pending>& set,
                           const std::vector<Outcome>& outcomes) const {
  std::set<int32_t> partitions;
  for (size_t i = 0; i < set.size(); ++i) {
    const Envelope& envelope = set[i].mutation->envelope;
    if (!outcomes[i].answer.ok() || outcomes[i].replayed || envelope.validate_only) continue;
    partitions.merge(PartitionsOf(envelope));
  }
  if (!partitions.empty()) options_.committed(partitions);
}

void Poster::PostSet(Set set) {
  const absl::Time begin = clock_.Now();
  std::vector<Pending>& items = set.items;
  const auto too_late = [&](const Pending& pending) {
    return pending.mutation->envelope.deadline <= begin;
  };
  auto late = std::stable_partition(items.begin(), items.end(), std::not_fn(too_late));
  if (set.bond == Bond::kTogether && late != items.end()) late = items.begin();
  for (auto item = late; item != items.end(); ++item) {
    Finish(*item,
           {.answer = Error(Reason::kDeadlineExceeded,
                            "the call's deadline passed before its turn; nothing was done")});
  }
  items.erase(late, items.end());
  if (items.empty()) return;

  std::vector<Outcome> outcomes = RunSet(pool_, options_.chain_key, begin + options_.run_limit,
                                         absl::MakeSpan(items), set.bond);
  if (options_.observe) {
    options_.observe({static_cast<int>(items.size()), clock_.Now() - begin});
  }
  if (options_.committed) TellCommitted(items, outcomes);
  for (size_t i = 0; i < items.size(); ++i) Finish(items[i], std::move(outcomes[i]));
}

}  // namespace gratis::ledger
