#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "tests/bench/latencies.h"
#include "tests/bench/target.h"
#include "tests/bench/workload.h"

namespace gratis::bench {

// What came of a load. Calls and latencies are those answered within the measured time.
struct Outcome {
  int64_t calls = 0;
  int64_t accepted = 0;        // mutations, within the measured time
  int64_t accepted_total = 0;  // warm-up and last answers included: what the books must hold
  double seconds = 0;          // measured
  Latencies latencies;
  std::map<std::string, int64_t> refused;  // by reason, at any time

  void Add(const Outcome& other);
};

struct Pace {
  int threads = 1;
  int in_flight = 256;  // lanes, over all threads
  double warmup_seconds = 2;
  double seconds = 10;  // measured; 0: until the workload has no more calls
  int64_t postings = std::numeric_limits<int64_t>::max();  // as many are enough
};

// Makes a workload; its argument is the thread's number.
using MakeWorkload = std::function<std::unique_ptr<Workload>(int)>;

// A closed loop: every lane waits for its answer before it calls again. Each thread has a
// connection, a workload and its share of the lanes.
Outcome DriveClosed(const Target& target, const Pace& pace, const MakeWorkload& make);

// An open loop: calls are due at random moments (exponential gaps), `rate` of them a second, and
// are sent then however many are unanswered. A call's latency counts from when it was due.
Outcome DriveOpen(const Target& target, const Pace& pace, double rate, uint64_t seed,
                  const MakeWorkload& make);

}  // namespace gratis::bench
