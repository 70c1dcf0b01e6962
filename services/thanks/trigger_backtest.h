#pragma once

#include <map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "services/thanks/trigger_rules.h"

// What a trigger would have done for the purchases of a time that is past.
namespace gratis::thanks {

struct BacktestOrder {
  ledger::Program program;
  Trigger trigger;
  absl::Time from, until;  // of when they were made
  absl::Time now;          // program time
  absl::Time deadline;     // real time
};

struct BacktestReport {
  int64_t purchases = 0;
  int64_t given = 0;
  int64_t members = 0;
  int64_t points = 0;
  int64_t vouchers = 0;     // of evergreen ones one per member, as if none were used
  int64_t worth_minor = 0;  // of those of money
  std::map<TriggerWhy, int64_t> not_given;
};

// The longest time that is looked at.
inline constexpr absl::Duration kMaxBacktest = absl::Hours(24 * 400);

// As if the trigger had been there, and nothing else: with its own rests and once-per-member, with
// the limits for it alone; members' states and tiers are those of now. It reads page by page, in
// short transactions. Errors: FIELD_INVALID (until: not behind from, or too far).
absl::StatusOr<BacktestReport> Backtest(pg::Pool& pool, const BacktestOrder& order);

}  // namespace gratis::thanks
