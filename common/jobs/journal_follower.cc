#include "common/jobs/journal_follower.h"

#include <utility>

#include "common/base/clock.h"
#include "common/obs/log.h"
#include "common/status/macros.h"

namespace gratis::jobs {

JournalFollower::JournalFollower(JournalFollowerOptions options, ledger::Feed& feed,
                                 Projection projection, Programs programs, ProgramTime program_time,
                                 const base::Clock& clock, obs::Log& log)
    : options_(options),
      feed_(feed),
      projection_(std::move(projection)),
      programs_(std::move(programs)),
      program_time_(std::move(program_time)),
      clock_(clock),
      log_(log) {}

JournalFollower::~JournalFollower() { Stop(); }

void JournalFollower::Start() {
  thread_ = std::thread([this] { Work(); });
}

void JournalFollower::Stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
  followed_.clear();
}

void JournalFollower::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void JournalFollower::Work() {
  const std::stop_token stop = stop_.get_token();
  while (!stop.stop_requested()) {
    absl::Status status;
    // The machine's clock may be set back.
    const absl::Time now = clock_.Now();
    if (now >= looked_around_ + options_.look || now < looked_around_) status = LookAround();
    for (auto& [number, followed] : followed_) {
      if (stop.stop_requested()) return;
      status.Update(Follow(followed));
    }
    if (!status.ok() && !stop.stop_requested()) {
      log_.Warning("a projection does not follow the journal for a moment",
                   {{"projection", projection_.name}, {"error", status}});
    }
    std::unique_lock lock(mutex_);
    // What failed is not tried again at once, however much there is to do.
    changed_.wait_for(lock, stop, absl::ToChronoMilliseconds(options_.look),
                      [&] { return woken_ && status.ok(); });
    woken_ = false;
    changed_.wait_for(lock, stop, absl::ToChronoMilliseconds(options_.gather),
                      [] { return false; });
  }
}

absl::Status JournalFollower::LookAround() {
  const absl::Time deadline = clock_.Now() + options_.limit;
  ASSIGN_OR_RETURN(const std::vector<ledger::Program> programs, programs_(deadline));
  for (const ledger::Program& program : programs) {
    if (followed_.count(program.number) > 0) continue;
    ASSIGN_OR_RETURN(const std::optional<ledger::Cursor> cursor,
                     projection_.followed(program, deadline));
    if (!cursor) continue;
    followed_[program.number] = {
        program,
        feed_.Read(program, *cursor, {.kinds = projection_.kinds, .members = {}},
                   [this] { Wake(); }),
        {},
        *cursor};
  }
  looked_around_ = clock_.Now();
  return absl::OkStatus();
}

// The reader says where there is something; what it is, a round reads in the transaction in which
// it notes how far it read. Where there was nothing for long, a round notes that.
absl::Status JournalFollower::Follow(Followed& followed) {
  while (followed.reader->more() && !stop_.stop_requested()) {
    ASSIGN_OR_RETURN(const std::vector<ledger::JournalRow> rows, followed.reader->Next());
    for (const ledger::JournalRow& row : rows) followed.behind.insert(row.partition);
    for (const auto& [partition, seq] : followed.reader->cursor()) {
      if (seq - followed.kept[partition] < options_.most_behind) continue;
      RETURN_IF_ERROR(Keep(followed, partition));
    }
  }
  while (!followed.behind.empty()) RETURN_IF_ERROR(Keep(followed, *followed.behind.begin()));
  return absl::OkStatus();
}

absl::Status JournalFollower::Keep(Followed& followed, int32_t partition) {
  // A round reads to the end, so at least as far.
  const int64_t seen = followed.reader->cursor().at(partition);
  RETURN_IF_ERROR(projection_.keep(followed.program, partition,
                                   program_time_(followed.program.number),
                                   clock_.Now() + options_.limit, stop_.get_token()));
  followed.kept[partition] = seen;
  followed.behind.erase(partition);
  return absl::OkStatus();
}

}  // namespace gratis::jobs
