#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/jobs/lease.h"
#include "common/ledger/program.h"

namespace gratis::obs {
class Log;
}

namespace gratis::jobs {

// Work that comes back, in the time of each program.
struct Job {
  std::string name;      // "birthdays.gifts"; the same in every process
  absl::Duration every;  // program time, see IsDue
  // Does what is to be done as of `now`, all of it, also what runs before left undone. It may be
  // run twice for the same time, and by two processes at once. An error is logged, and the job is
  // run again: at the next tick, and ever more seldom if it goes on failing for the program, once a
  // minute at last. A run that may be long ends early, with an error, when `stop` asks.
  std::function<absl::Status(const ledger::Program& program, absl::Time now, std::stop_token stop)>
      run;
};

struct SchedulerOptions {
  std::string owner;                       // of this process's leases: unlike any other process's
  absl::Duration tick = absl::Seconds(1);  // real time between two looks at the clocks
  // After it, another process takes over from a dead one.
  absl::Duration lease = absl::Minutes(2);
};

// All programs but the house's own.
absl::StatusOr<std::vector<ledger::Program>> AllPrograms(ledger::ProgramDirectory& programs,
                                                         absl::Time deadline);

// Runs jobs, one after the other on one thread, for each program by its own clock, which may be one
// that is moved by hand. Of several processes with the same job, one runs it.
class Scheduler {
 public:
  using Programs = std::function<absl::StatusOr<std::vector<ledger::Program>>(absl::Time deadline)>;
  using ProgramTime = std::function<absl::Time(int32_t program)>;

  // `clock` is the real one. References outlive the scheduler.
  Scheduler(SchedulerOptions options, LeaseTable& leases, Programs programs,
            ProgramTime program_time, const base::Clock& clock, obs::Log& log);
  // Stops.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Before Start.
  void Add(Job job);
  void Start();
  // Asks the run that is under way to stop and waits for it; begins no other. May be called more
  // than once, and without Start.
  void Stop();

  // One look at all jobs and programs, as each tick takes one. For tests; not while started.
  void Tick();

 private:
  // Of a job that failed for a program when it was run last.
  struct Failing {
    int runs = 0;  // in a row
    absl::Time since;
    absl::Duration wait;  // from then on, real time
  };

  void Work();
  void RunIfDue(const Job& job, const ledger::Program& program);
  // Whether it failed a moment ago and is not to be run yet.
  bool Waits(const Job& job, const ledger::Program& program) const;
  // It failed once more. How long it waits now.
  absl::Duration NoteFailure(const Job& job, const ledger::Program& program);

  const SchedulerOptions options_;
  LeaseTable& leases_;
  const Programs programs_;
  const ProgramTime program_time_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::vector<Job> jobs_;
  // What this process knows of how far each job got; spares it the question.
  std::map<std::pair<std::string, int32_t>, absl::Time> ran_through_;
  std::map<std::pair<std::string, int32_t>, Failing> failing_;

  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::thread thread_;
};

}  // namespace gratis::jobs
