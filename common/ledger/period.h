#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/figures.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

// What finance sets down: what points are worth, and which periods are closed. Both are facts in
// the program's first partition; the tables beside it say where.
namespace gratis::ledger {

// So many points of a unit are worth so many minor units of the program's currency.
struct Rate {
  int16_t unit = kPointsUnit;
  int32_t version = 0;
  int64_t minor_units = 0;
  int64_t per_points = 1;
  absl::Time effective_from;

  friend bool operator==(const Rate&, const Rate&) = default;
};

// What `points` are worth, rounded down (so a debt away from 0). Nothing if that cannot be counted.
std::optional<int64_t> WorthOf(int64_t points, const Rate& rate);
// The rate of a unit in force just before `at`: the one that began last; of two that began
// together, the newer version. Null if there is none. `rates` as ReadRates has them.
const Rate* RateBefore(const std::vector<Rate>& rates, int16_t unit, absl::Time at);

// As read_rates.sql names its columns.
Rate ReadRate(const pg::Row& row);
// As its fact says it.
std::string RateJson(const Rate& rate);
absl::StatusOr<std::vector<Rate>> ReadRates(pg::Tx& tx, const Program& program);
// `seq` of its fact, in the program's first partition.
void InsertRate(pg::Tx& tx, const Program& program, const Rate& rate, int64_t seq);

// A period that is closed. Facts count in it by when they took effect, or, when recorded after its
// closing, in the first period that was open by then.
struct Period {
  int32_t number = 0;  // 1, 2, ...; each begins where the one before ends, the first with time
  absl::Time begins_at = absl::InfinitePast();
  absl::Time ends_at;  // the first instant that is not in it
  absl::Time closed_at;
  TransactionId transaction;
  std::string actor;
  std::vector<int64_t> heads;  // the last seq of each partition when it was closed
  Outstanding closing;         // at its end
  Movements movements;
};

// As read_periods.sql names its columns; without its figures.
Period ReadPeriod(const pg::Row& row);
// As its fact says it.
std::string PeriodJson(const Period& period);
// All of a program's, the first first.
absl::StatusOr<std::vector<Period>> ReadPeriods(pg::Tx& tx, const Program& program);
void InsertPeriod(pg::Tx& tx, const Program& program, const Period& period, int64_t seq);

}  // namespace gratis::ledger
