#include "tests/bench/drive.h"

#include <grpcpp/support/status.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "common/rpc/error.h"
#include "common/status/macros.h"
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

std::string ReasonName(const Answer& answer) {
  const auto reason = ReasonOf(rpc::FromGrpc(
      grpc::Status(static_cast<grpc::StatusCode>(answer.status), answer.message, answer.details)));
  return reason ? std::string(Describe(*reason).name) : answer.message;
}

// One thread's calls and what came of them.
class Lanes {
 public:
  Lanes(const Window& window, Workload& workload) : window_(window), workload_(workload) {}

  // Errors: UNAVAILABLE.
  absl::Status Connect(const Target& target) {
    ASSIGN_OR_RETURN(connection_, Connection::Open(target));
    return absl::OkStatus();
  }

  // A closed loop: each of `count` lanes calls again once it is answered.
  void Close(int count, int64_t postings) {
    for (int lane = 0; lane < count; ++lane) SendNext(lane, postings);
    while (connection_->open() > 0 && Turn(Ticks::time_point::max())) {
    }
  }

  // An open loop.
  void Open(double rate, uint64_t seed) {
    base::SeededRandom random(seed);
    for (Ticks::time_point due = Ticks::now();;) {
      const double uniform = static_cast<double>((random.Next() >> 11) + 1) * 0x1p-53;  // (0, 1]
      due += InTicks(-std::log(uniform) / rate);
      if (due >= window_.end) break;
      // What is overdue goes out together.
      while (Ticks::now() < due) {
        if (!Turn(due)) return;
      }
      Send(0, due, [](int) {});
    }
    while (connection_->open() > 0 && Turn(Ticks::time_point::max())) {
    }
  }

  Outcome TakeOutcome() { return std::move(outcome_); }

 private:
  bool Turn(Ticks::time_point until) {
    // A bound for each wait, however far off `until` is.
    const Ticks::time_point latest = std::min(until, Ticks::now() + kLongestWait);
    if (connection_->Turn(latest)) return true;
    ++outcome_.refused["the connection was lost"];
    return false;
  }

  void SendNext(int lane, int64_t postings) {
    const Ticks::time_point now = Ticks::now();
    if (now >= window_.end || outcome_.accepted_total >= postings) return;
    Send(lane, now, [this, postings](int again) { SendNext(again, postings); });
  }

  template <class Then>
  void Send(int lane, Ticks::time_point due, Then then) {
    std::shared_ptr<Exchange> exchange = workload_.Next(lane);
    if (exchange == nullptr) return;
    exchange->lane = lane;
    exchange->due = due;
    const std::string_view path = exchange->path();
    const std::string& request = exchange->request();
    connection_->Call(path, request, [this, exchange, then](const Answer& answer) {
      Note(*exchange, answer);
      then(exchange->lane);
    });
  }

  void Note(Exchange& exchange, const Answer& answer) {
    const Ticks::time_point now = Ticks::now();
    const int64_t accepted = exchange.Settle(answer);
    outcome_.accepted_total += accepted;
    if (!answer.ok()) ++outcome_.refused[ReasonName(answer)];
    if (!window_.Has(now)) return;
    ++outcome_.calls;
    outcome_.accepted += accepted;
    outcome_.latencies.Add(
        std::chrono::duration_cast<std::chrono::microseconds>(now - exchange.due).count());
  }

  static constexpr Ticks::duration kLongestWait = std::chrono::seconds(1);

  const Window& window_;
  Workload& workload_;
  std::unique_ptr<Connection> connection_;
  Outcome outcome_;
};

// Runs one thread's share, if the engine can be reached.
template <class Loop>
Outcome RunLanes(const Target& target, const Window& window, Workload& workload, Loop loop) {
  Lanes lanes(window, workload);
  if (const absl::Status connected = lanes.Connect(target); !connected.ok()) {
    Outcome nothing;
    nothing.refused[std::string(connected.message())] = 1;
    return nothing;
  }
  loop(lanes);
  return lanes.TakeOutcome();
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
    const int count = pace.in_flight * (i + 1) / pace.threads - pace.in_flight * i / pace.threads;
    threads.emplace_back([&, i, count] {
      const std::unique_ptr<Workload> workload = make(i);
      const Outcome own = RunLanes(target, window, *workload, [&](Lanes& lanes) {
        lanes.Close(count, pace.postings / pace.threads);
      });
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
  const std::unique_ptr<Workload> workload = make(0);
  const Window window(pace, Ticks::now());
  Outcome outcome =
      RunLanes(target, window, *workload, [&](Lanes& lanes) { lanes.Open(rate, seed); });
  outcome.seconds = pace.seconds;
  return outcome;
}

}  // namespace gratis::bench
