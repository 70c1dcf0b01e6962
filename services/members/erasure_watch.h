#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/obs/log.h"
#include "common/pg/pool.h"

namespace gratis::members {

// Has the erasures done again in whatever database there is: at the start, and whenever PostgreSQL
// was started or the database restored since, which may happen beneath a process that goes on.
// Notes in the database for which incarnation of it that was (common/house/redone.h): the processes
// of other services open no port before. One thread.
class ErasureWatch {
 public:
  // Brings the database in step with the erasures that are known outside of it; ends early, with an
  // error, when `stop` asks.
  using Redo = std::function<absl::Status(const std::stop_token& stop)>;

  // `pool` is of the members' role. All of them outlive this.
  ErasureWatch(pg::Pool& pool, Redo redo, const base::Clock& clock, obs::Log& log);
  // Stops.
  ~ErasureWatch();
  ErasureWatch(const ErasureWatch&) = delete;
  ErasureWatch& operator=(const ErasureWatch&) = delete;

  // Has it done, whatever is noted, and from then on looks by itself every two seconds. Errors:
  // those of `redo` and of the database.
  absl::Status Start();
  // Asks what is under way to end, and waits for it. May be called more than once, and without
  // Start.
  void Stop();

  // One look, as they are taken; what fails is logged, what goes on failing each minute. For tests;
  // not while started.
  absl::Status Look();

  // Whether the last look found them done in the database that there is, or did them; not while it
  // is at it.
  bool redone() const { return redone_; }

 private:
  absl::Status Look(bool whatever_is_noted);
  void Work();

  pg::Pool& pool_;
  const Redo redo_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::string failure_;   // of the last look; empty: none
  int failed_alike_ = 0;  // looks, one after another
  std::atomic<bool> redone_ = false;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::thread thread_;
};

}  // namespace gratis::members
