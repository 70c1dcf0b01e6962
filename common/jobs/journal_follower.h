#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"

namespace gratis::base {
class Clock;
}
namespace gratis::obs {
class Log;
}

namespace gratis::jobs {

struct JournalFollowerOptions {
  absl::Duration gather = absl::Milliseconds(100);  // what is posted meanwhile is one round's
  absl::Duration look = absl::Seconds(2);    // between two looks at which programs are followed
  absl::Duration limit = absl::Seconds(60);  // of one round of all
  // Entries of a partition that were looked at and not worth a round: no more than so many are
  // looked at again by who begins anew.
  int64_t most_behind = 10'000;
};

// What is made of the journal and kept beside it, with a cursor of its own.
struct Projection {
  std::string name;                     // "tiers", as the log calls it
  std::vector<ledger::FactKind> kinds;  // of facts that make a round worth it
  // How far each partition of a program was read; nothing while the program is not followed.
  std::function<absl::StatusOr<std::optional<ledger::Cursor>>(const ledger::Program& program,
                                                              absl::Time deadline)>
      followed;
  // Brings a partition up to date. May be done again, and by several at once.
  std::function<absl::Status(const ledger::Program& program, int32_t partition, absl::Time now,
                             absl::Time deadline, const std::stop_token& stop)>
      keep;
};

// Has a projection follow the journals of all programs, on a thread of its own, within a moment of
// each posting. Nothing depends on it: whoever reads the projection adds what the journal says
// behind its cursor. Several processes may follow at once.
class JournalFollower {
 public:
  using Programs = std::function<absl::StatusOr<std::vector<ledger::Program>>(absl::Time deadline)>;
  using ProgramTime = std::function<absl::Time(int32_t program)>;

  // `clock` is the real one. References outlive the follower.
  JournalFollower(JournalFollowerOptions options, ledger::Feed& feed, Projection projection,
                  Programs programs, ProgramTime program_time, const base::Clock& clock,
                  obs::Log& log);
  // Stops.
  ~JournalFollower();
  JournalFollower(const JournalFollower&) = delete;
  JournalFollower& operator=(const JournalFollower&) = delete;

  void Start();
  void Stop();

 private:
  struct Followed {
    ledger::Program program;
    std::unique_ptr<ledger::FeedReader> reader;
    std::set<int32_t> behind;  // partitions with something to read
    ledger::Cursor kept;       // how far the projection was kept, at least
  };

  void Work();
  absl::Status LookAround();
  absl::Status Follow(Followed& followed);
  absl::Status Keep(Followed& followed, int32_t partition);
  void Wake();

  const JournalFollowerOptions options_;
  ledger::Feed& feed_;
  const Projection projection_;
  const Programs programs_;
  const ProgramTime program_time_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::map<int32_t, Followed> followed_;  // by program
  absl::Time looked_around_ = absl::InfinitePast();

  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace gratis::jobs
