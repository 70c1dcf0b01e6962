#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/cli/engine.h"

namespace gratis::cli {

// Birthday gifts given.
struct GiftSums {
  int64_t gifts = 0;
  int64_t points = 0;
};

// A program's development clock, moved by hand, with the daily jobs that its days bring.
class ProgramClock {
 public:
  ProgramClock(Engine& engine, absl::Duration patience) : engine_(engine), patience_(patience) {}

  struct Reading {
    absl::Time now;
    bool manual = false;
    bool development = false;
  };
  absl::StatusOr<Reading> Read();

  // Moves the clock. The request's id is made of the program-wide `purpose` and the time, so that
  // a move that is sent again is a replay. Errors: DEVELOPMENT_CLOCK_OFF, CLOCK_BACKWARDS.
  absl::Status Set(absl::Time now, const std::string& purpose);

  // Gives the birthday gifts that are due now.
  absl::StatusOr<GiftSums> RunBirthdays();

  // The engine's own daily job sees the clock move, too, and may be there first. How many gifts
  // were given between the two calls, by whomever, is in the books: what was issued and not posted
  // for purchases. A key that may not read them learns what RunBirthdays gave.
  absl::Status BeginCounting();
  absl::StatusOr<GiftSums> EndCounting(int64_t points_of_purchases);

  // Moves on to `to` in steps of a day in `zone`, each followed by RunBirthdays; `step(day, days)`
  // hears of each. Errors: as Set; FIELD_INVALID (`to` is not ahead).
  absl::Status AdvanceTo(absl::Time to, const absl::TimeZone& zone,
                         const std::function<void(int64_t, int64_t)>& step);

 private:
  absl::StatusOr<std::optional<int64_t>> IssuedPoints();

  Engine& engine_;
  const absl::Duration patience_;
  std::optional<int64_t> issued_before_;
  GiftSums given_;  // by RunBirthdays, since BeginCounting
};

}  // namespace gratis::cli
