#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

struct GatheringOptions {
  int threads = 2;           // each takes one connection
  int max_batch = 256;       // questions answered together
  int max_waiting = 20'000;  // beyond it, calls are refused at once
};

// Questions of many callers on their way to one statement: those of one program that wait are
// answered together, as postings are posted together. A `Question` has `program` and `deadline`
// (real time). Thread-safe.
template <class Question, class Answer>
class Gathering {
 public:
  using Done = std::function<void(absl::StatusOr<Answer>)>;
  struct Asked {
    Question question;
    Done done;
  };
  // Calls `done` of each, once; none is late, all are of one program. `deadline` is the last of
  // theirs. Called from several threads.
  using AnswerAll = std::function<void(std::vector<Asked>& batch, absl::Time deadline)>;

  // `clock` is the real one and outlives this.
  Gathering(GatheringOptions options, const base::Clock& clock, AnswerAll answer_all)
      : options_(options), clock_(clock), answer_all_(std::move(answer_all)) {
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
  }
  // Answers what still waits, then ends.
  ~Gathering() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  // Tells `done`, on a thread of this, which must not block; exactly once. Errors: OVERLOADED,
  // DEADLINE_EXCEEDED, and those of the answer.
  void Ask(Question question, Done done) {
    bool admitted = false;
    {
      const std::lock_guard lock(mutex_);
      admitted = !stopping_ && waiting_.size() < static_cast<size_t>(options_.max_waiting);
      if (admitted) {
        waiting_.push_back({std::move(question), std::move(done)});
        // Whoever is at work takes it with the next batch.
        if (idle_ == options_.threads) work_.notify_one();
      }
    }
    if (admitted) return;
    done(WithRetryDelay(Error(Reason::kOverloaded, "too many such calls wait already"),
                        absl::Milliseconds(200)));
  }

 private:
  // All of one program: the one whose turn it is.
  std::vector<Asked> TakeBatch() {
    std::vector<Asked> batch;
    std::deque<Asked> others;
    while (!waiting_.empty() && batch.size() < static_cast<size_t>(options_.max_batch)) {
      const bool same = batch.empty() || waiting_.front().question.program.number ==
                                             batch.front().question.program.number;
      if (same) {
        batch.push_back(std::move(waiting_.front()));
      } else {
        others.push_back(std::move(waiting_.front()));
      }
      waiting_.pop_front();
    }
    while (!others.empty()) {
      waiting_.push_front(std::move(others.back()));
      others.pop_back();
    }
    return batch;
  }

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      work_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty()) return;
      std::vector<Asked> batch = TakeBatch();
      if (!waiting_.empty()) work_.notify_one();
      lock.unlock();
      AnswerInTime(std::move(batch));
      lock.lock();
    }
  }

  void AnswerInTime(std::vector<Asked> batch) {
    const absl::Time begin = clock_.Now();
    const auto late = std::stable_partition(batch.begin(), batch.end(), [&](const Asked& asked) {
      return asked.question.deadline > begin;
    });
    for (auto asked = late; asked != batch.end(); ++asked) {
      asked->done(Error(Reason::kDeadlineExceeded, "the call's deadline passed before its turn"));
    }
    batch.erase(late, batch.end());
    if (batch.empty()) return;
    absl::Time deadline = batch.front().question.deadline;
    for (const Asked& asked : batch) deadline = std::max(deadline, asked.question.deadline);
    answer_all_(batch, deadline);
  }

  const GatheringOptions options_;
  const base::Clock& clock_;
  const AnswerAll answer_all_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Asked> waiting_;
  int idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gratis::ledger
