#include "common/jobs/scheduler.h"

#include <algorithm>
#include <optional>

#include "common/jobs/schedule.h"
#include "common/obs/log.h"

namespace gratis::jobs {
namespace {

constexpr absl::Duration kReadLimit = absl::Seconds(5);
constexpr int32_t kProgramsPage = 500;

// What fails once or twice is over at the next tick, as a rule.
constexpr int kFailuresWithoutWait = 2;
constexpr absl::Duration kFirstWait = absl::Seconds(2);
constexpr absl::Duration kLongestWait = absl::Minutes(1);

// After so many failures in a row.
absl::Duration WaitAfter(int failures) {
  if (failures <= kFailuresWithoutWait) return absl::ZeroDuration();
  absl::Duration wait = kFirstWait;
  for (int i = kFailuresWithoutWait + 1; i < failures && wait < kLongestWait; ++i) wait *= 2;
  return std::min(wait, kLongestWait);
}

}  // namespace

absl::StatusOr<std::vector<ledger::Program>> AllPrograms(ledger::ProgramDirectory& programs,
                                                         absl::Time deadline) {
  std::vector<ledger::Program> all;
  while (true) {
    const std::string after = all.empty() ? "" : all.back().code;
    absl::StatusOr<std::vector<ledger::Program>> page =
        programs.List(after, kProgramsPage, deadline);
    if (!page.ok()) return page.status();
    all.insert(all.end(), page->begin(), page->end());
    if (page->size() < static_cast<size_t>(kProgramsPage)) return all;
  }
}

Scheduler::Scheduler(SchedulerOptions options, LeaseTable& leases, Programs programs,
                     ProgramTime program_time, const base::Clock& clock, obs::Log& log)
    : options_(std::move(options)),
      leases_(leases),
      programs_(std::move(programs)),
      program_time_(std::move(program_time)),
      clock_(clock),
      log_(log) {}

Scheduler::~Scheduler() { Stop(); }

void Scheduler::Add(Job job) { jobs_.push_back(std::move(job)); }

void Scheduler::Start() {
  thread_ = std::thread([this] { Work(); });
}

void Scheduler::Stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Scheduler::Work() {
  const std::stop_token stop = stop_.get_token();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    Tick();
    lock.lock();
    stopped_.wait_for(lock, stop, absl::ToChronoMilliseconds(options_.tick), [] { return false; });
  }
}

void Scheduler::Tick() {
  if (jobs_.empty()) return;
  const absl::StatusOr<std::vector<ledger::Program>> programs =
      programs_(clock_.Now() + kReadLimit);
  if (!programs.ok()) {
    log_.Warning("jobs wait: the programs cannot be read", {{"error", programs.status()}});
    return;
  }
  for (const ledger::Program& program : *programs) {
    for (const Job& job : jobs_) {
      if (stop_.stop_requested()) return;
      RunIfDue(job, program);
    }
  }
}

bool Scheduler::Waits(const Job& job, const ledger::Program& program) const {
  const auto failing = failing_.find({job.name, program.number});
  if (failing == failing_.end()) return false;
  // The machine's clock may be set back.
  const absl::Time now = clock_.Now();
  return failing->second.since <= now && now < failing->second.since + failing->second.wait;
}

absl::Duration Scheduler::NoteFailure(const Job& job, const ledger::Program& program) {
  Failing& failing = failing_[{job.name, program.number}];
  failing.since = clock_.Now();
  failing.wait = WaitAfter(++failing.runs);
  return failing.wait;
}

void Scheduler::RunIfDue(const Job& job, const ledger::Program& program) {
  const absl::Time now = program_time_(program.number);
  const auto known = ran_through_.find({job.name, program.number});
  if (known != ran_through_.end() && !IsDue(known->second, now, job.every)) return;
  if (Waits(job, program)) return;

  const JobKey key{job.name, program.number};
  const absl::Time begin = clock_.Now();
  const auto lease = leases_.Take(key, options_.owner, begin, begin + options_.lease);
  if (!lease.ok()) {
    log_.Warning("a job waits: its lease cannot be had",
                 {{"job", job.name}, {"program", program.code}, {"error", lease.status()}});
    return;
  }
  if (!*lease) return;  // another process is at it

  std::optional<absl::Time> ran_through;
  if (IsDue((*lease)->ran_through, now, job.every)) {
    const absl::Status status = job.run(program, now, stop_.get_token());
    if (status.ok()) {
      ran_through = now;
    } else {
      const absl::Duration waits = NoteFailure(job, program);
      log_.Error("a job failed and will be run again", {{"job", job.name},
                                                        {"program", program.code},
                                                        {"took", clock_.Now() - begin},
                                                        {"waits", waits},
                                                        {"error", status}});
    }
  } else {
    ran_through = (*lease)->ran_through;
  }
  if (ran_through) {
    ran_through_[{job.name, program.number}] = *ran_through;
    failing_.erase({job.name, program.number});
  }
  const absl::Status released =
      leases_.Release(key, options_.owner, ran_through, clock_.Now() + kReadLimit);
  if (!released.ok()) {
    log_.Warning("a job's lease runs out by itself: it cannot be given back",
                 {{"job", job.name}, {"program", program.code}, {"error", released}});
  }
}

}  // namespace gratis::jobs
