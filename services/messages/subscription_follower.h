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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "services/messages/delivery_store.h"
#include "services/messages/subscription_store.h"

namespace gratis::obs {
class Log;
}

namespace gratis::messages {

struct FollowerOptions {
  absl::Duration gather =
      absl::Milliseconds(10);              // what is posted meanwhile is put in line together
  absl::Duration look = absl::Seconds(1);  // for subscriptions that others made, resumed, put back
  absl::Duration pause = absl::Milliseconds(50);  // before a line that is full is looked at again
  absl::Duration limit = absl::Seconds(30);       // of one transaction
  int32_t max_waiting = 5'000;  // of one subscription; beyond it the journal keeps what is to come
  int32_t page_rows = 256;      // of one partition in one transaction
  int32_t window_rows = 4'096;
};

// Puts what the journal says in line for whoever subscribed to it. A subscription's cursor moves in
// the transaction that puts its deliveries in line, so each entry is there once for each, whatever
// dies when, and however many processes follow. One thread.
class SubscriptionFollower {
 public:
  using Programs =
      std::function<absl::StatusOr<ledger::Program>(int32_t number, absl::Time deadline)>;

  // `enqueued` is told when there is something in line, and must not block. `clock` is the real
  // one. References outlive the follower.
  SubscriptionFollower(FollowerOptions options, ledger::Feed& feed, pg::Pool& pool,
                       Programs programs, base::IdSource& ids, std::function<void()> enqueued,
                       const base::Clock& clock, obs::Log& log);
  // Stops.
  ~SubscriptionFollower();
  SubscriptionFollower(const SubscriptionFollower&) = delete;
  SubscriptionFollower& operator=(const SubscriptionFollower&) = delete;

  void Start();
  void Stop();
  // A subscription was changed here. From any thread; does not block.
  void Nudge();

 private:
  // A program that somebody follows.
  struct Followed {
    ledger::Program program;
    std::unique_ptr<ledger::FeedReader> reader;  // says where there is more, and reads nothing
    ledger::Cursor heads;                        // as it said last
    std::map<SubscriptionId, Subscription> subscriptions;
    std::map<SubscriptionId, std::set<int32_t>> behind;  // partitions with something to read
  };

  void Work();
  void Wait(bool failed, bool more, bool full);
  absl::Status LookAround();
  absl::Status Follow(Followed& followed);
  absl::Status Advance(Followed& followed, bool& more, bool& full);
  // Puts the next entries of these partitions in line. `behind` keeps those that have more.
  absl::Status Keep(const Followed& followed, const Subscription& subscription,
                    std::set<int32_t>& behind, bool& full);
  absl::StatusOr<bool> KeepPartition(pg::Tx& tx, const Followed& followed,
                                     const Subscription& subscription, int32_t partition,
                                     int64_t& seq, std::vector<Event>& events, absl::Time now);
  void Wake();

  const FollowerOptions options_;
  ledger::Feed& feed_;
  pg::Pool& pool_;
  const Programs programs_;
  base::IdSource& ids_;
  const std::function<void()> enqueued_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::map<int32_t, Followed> followed_;  // by program
  absl::Time looked_at_ = absl::InfinitePast();

  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;
  bool nudged_ = false;
  std::thread thread_;
};

}  // namespace gratis::messages
