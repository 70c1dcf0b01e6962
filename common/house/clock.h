#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/pg/tx.h"

namespace gratis::house {

// What time it is for each program: the real time, unless this instance was started for development
// and somebody set the program's clock; then it stands still where it was set. The setting is a row
// that all processes read each time, so all have moved when the transaction that set it commits.
// Thread-safe.
class ProgramClock {
 public:
  struct Reading {
    absl::Time now;
    bool manual = false;  // it stands still until it is set again
  };

  // `real` and `pool` outlive the clock; `pool` is of a role that may read house.clock.
  ProgramClock(const base::Clock& real, pg::Pool& pool, bool development)
      : real_(real), pool_(pool), development_(development) {}

  // Without development it asks nobody and cannot fail. `deadline` is real time.
  // Errors: those of the database.
  absl::StatusOr<Reading> Read(int32_t program, absl::Time deadline);

  // Read's time within a second. For whoever has no way to fail: a clock that cannot be read stays
  // where this process last saw it, or is the real one when it never did.
  absl::Time Now(int32_t program);

  bool development() const { return development_; }

 private:
  const base::Clock& real_;
  pg::Pool& pool_;
  const bool development_;
  std::mutex mutex_;
  std::map<int32_t, absl::Time> seen_;  // where manual clocks stood when last read
};

// Sets a program's clock. What may not go backwards is for the caller to say.
void SetClock(pg::Tx& tx, int32_t program, absl::Time now);

}  // namespace gratis::house
