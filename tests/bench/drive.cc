#include "tests/bench/drive.h"

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <cmath>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "common/rpc/error.h"
#include "common/status/reasons.h"

namespace gratis::bench {
namespace {

using Seconds = std::chrono::duration<double>;

Ticks::duration InTicks(double seconds) {
  return std::chrono::duration_cast<Ticks::duration>(Seconds(seconds));
}

// When answers are measured.
struct Window {
  Window(const Pace& pace, Ticks::time_point start)
      : begin(start + InTicks(pace.warmup_seconds)),
        end(pace.seconds > 0 ? begin + InTicks(pace.seconds) : Ticks::time_point::max()) {}
  bool Has(Ticks::time_point time) const { return begin <= time && time < end; }

  const Ticks::time_point begin;
  const Ticks::time_point end;
};

std::string ReasonName(const grpc::Status& status) {
  const auto reason = ReasonOf(rpc::FromGrpc(status));
  return reason ? std::string(Describe(*reason).name) : status.error_message();
}

void Note(Exchange& exchange, const Window& window, Outcome& outcome) {
  const Ticks::time_point now = Ticks::now();
  const int64_t accepted = exchange.Settle();
  outcome.accepted_total += accepted;
  if (!exchange.status().ok()) ++outcome.refused[ReasonName(exchange.status())];
  if (!window.Has(now)) return;
  ++outcome.calls;
  outcome.accepted += accepted;
  outcome.latencies.Add(
      std::chrono::duration_cast<std::chrono::microseconds>(now - exchange.due).count());
}

// One thread of a closed loop.
Outcome RunLanes(const Target& target, const Window& window, int lanes, int64_t postings,
                 Workload& workload) {
  Outcome outcome;
  grpc::CompletionQueue queue;
  int open = 0;
  const auto send_next = [&](int lane) {
    if (Ticks::now() >= window.end || outcome.accepted_total >= postings) return;
    std::unique_ptr<Exchange> exchange = workload.Next(lane);
    if (exchange == nullptr) return;
    exchange->lane = lane;
    exchange->due = Ticks::now();
    exchange.release()->Send(target, queue);  // the queue gives it back
    ++open;
  };
  for (int lane = 0; lane < lanes; ++lane) send_next(lane);
  void* tag = nullptr;
  bool ok = false;
  while (open > 0 && queue.Next(&tag, &ok)) {
    const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(tag));
    --open;
    Note(*exchange, window, outcome);
    send_next(exchange->lane);
  }
  queue.Shutdown();
  return outcome;
}

}  // namespace

void Outcome::Add(const Outcome& other) {
  calls += other.calls;
  accepted += other.accepted;
  accepted_total += other.accepted_total;
  latencies.Add(other.latencies);
  for (const auto& [reason, count] : other.refused) refused[reason] += count;
}

Outcome DriveClosed(const Target& target, const Pace& pace, const MakeWorkload& make) {
  const Ticks::time_point start = Ticks::now();
  const Window window(pace, start);
  Outcome outcome;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < pace.threads; ++i) {
    const int lanes = pace.in_flight * (i + 1) / pace.threads - pace.in_flight * i / pace.threads;
    threads.emplace_back([&, i, lanes] {
      const std::unique_ptr<Workload> workload = make(i, target.NewChannel());
      const Outcome own = RunLanes(target, window, lanes, pace.postings / pace.threads, *workload);
      const std::lock_guard lock(mutex);
      outcome.Add(own);
    });
  }
  for (std::thread& thread : threads) thread.join();
  outcome.seconds = pace.seconds > 0 ? pace.seconds : Seconds(Ticks::now() - start).count();
  return outcome;
}

Outcome DriveOpen(const Target& target, const Pace& pace, double rate, uint64_t seed,
                  const MakeWorkload& make) {
  const std::unique_ptr<Workload> workload = make(0, target.NewChannel());
  const Window window(pace, Ticks::now());
  Outcome outcome;
  grpc::CompletionQueue queue;
  std::mutex mutex;  // of the workload, which both threads use

  std::thread answers([&] {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
      const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(tag));
      const std::lock_guard lock(mutex);
      Note(*exchange, window, outcome);
    }
  });

  base::SeededRandom random(seed);
  Ticks::time_point due = Ticks::now();
  while (true) {
    const double uniform = static_cast<double>((random.Next() >> 11) + 1) * 0x1p-53;  // (0, 1]
    due += InTicks(-std::log(uniform) / rate);
    if (due >= window.end) break;
    std::this_thread::sleep_until(due);
    std::unique_ptr<Exchange> exchange;
    {
      const std::lock_guard lock(mutex);
      exchange = workload->Next(0);
    }
    exchange->due = due;
    exchange.release()->Send(target, queue);
  }
  // Gives back what is still unanswered before it ends.
  queue.Shutdown();
  answers.join();
  outcome.seconds = pace.seconds;
  return outcome;
}

}  // namespace gratis::bench
