#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
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

namespace gratis::members {

class Tiers;

struct TierFollowerOptions {
  absl::Duration gather = absl::Milliseconds(100);  // what is posted meanwhile is one round's
  absl::Duration look = absl::Seconds(2);    // between two looks at which programs have tiers
  absl::Duration limit = absl::Seconds(60);  // of one round of all
};

// Follows the journals of all programs that have tiers, on a thread of its own, and keeps their
// tiers up to date within a moment of each posting. Nothing depends on it: whoever asks for a tier
// is answered by the journal itself. Several processes may follow at once.
class TierFollower {
 public:
  using Programs = std::function<absl::StatusOr<std::vector<ledger::Program>>(absl::Time deadline)>;
  using ProgramTime = std::function<absl::Time(int32_t program)>;

  // `clock` is the real one. References outlive the follower.
  TierFollower(TierFollowerOptions options, ledger::Feed& feed, Tiers& tiers, Programs programs,
               ProgramTime program_time, const base::Clock& clock, obs::Log& log);
  // Stops.
  ~TierFollower();
  TierFollower(const TierFollower&) = delete;
  TierFollower& operator=(const TierFollower&) = delete;

  void Start();
  void Stop();

 private:
  struct Followed {
    ledger::Program program;
    std::unique_ptr<ledger::FeedReader> reader;
    std::set<int32_t> behind;  // partitions with something to read
  };

  void Work();
  absl::Status LookAround();
  absl::Status Follow(Followed& followed);
  void Wake();

  const TierFollowerOptions options_;
  ledger::Feed& feed_;
  Tiers& tiers_;
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

}  // namespace gratis::members
