#include "common/ledger/period.h"

#include <limits>
#include <string_view>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"

namespace gratis::ledger {

std::optional<int64_t> WorthOf(int64_t points, const Rate& rate) {
  const absl::int128 product = absl::int128(points) * rate.minor_units;
  absl::int128 worth = product / rate.per_points;
  if (product % rate.per_points < 0) --worth;
  if (worth > std::numeric_limits<int64_t>::max() || worth < std::numeric_limits<int64_t>::min()) {
    return std::nullopt;
  }
  return static_cast<int64_t>(worth);
}

const Rate* RateBefore(const std::vector<Rate>& rates, int16_t unit, absl::Time at) {
  const Rate* in_force = nullptr;
  for (const Rate& rate : rates) {
    if (rate.unit == unit && rate.effective_from < at) in_force = &rate;
  }
  return in_force;
}

std::string RateJson(const Rate& rate) {
  return absl::StrCat("{\"unit\":", rate.unit, ",\"version\":", rate.version,
                      ",\"minor_units\":", rate.minor_units, ",\"per_points\":", rate.per_points,
                      ",\"effective_from\":\"", base::FormatTime(rate.effective_from), "\"}");
}

Rate ReadRate(const pg::Row& row) {
  return {.unit = row.Get<int16_t>(0),
          .version = row.Get<int32_t>(1),
          .minor_units = row.Get<int64_t>(2),
          .per_points = row.Get<int64_t>(3),
          .effective_from = row.Get<absl::Time>(4)};
}

absl::StatusOr<std::vector<Rate>> ReadRates(pg::Tx& tx, const Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadRates, program.number));
  std::vector<Rate> rates;
  for (const pg::Row row : rows) rates.push_back(ReadRate(row));
  return rates;
}

void InsertRate(pg::Tx& tx, const Program& program, const Rate& rate, int64_t seq) {
  tx.Send(sql::kInsertRate, program.number, rate.unit, rate.version, rate.minor_units,
          rate.per_points, rate.effective_from, seq);
}

std::string PeriodJson(const Period& period) {
  const auto line = [](std::string* out, const auto& entry) {
    const auto& [key, owed] = entry;
    absl::StrAppend(out, "[", key.unit, ",", static_cast<int>(key.origin), ",",
                    static_cast<int>(key.age), ",", owed.points, ",", owed.debt, "]");
  };
  const auto movement = [](std::string* out, const auto& entry) {
    absl::StrAppend(out, "[", entry.first.first, ",", static_cast<int>(entry.first.second), ",",
                    entry.second, "]");
  };
  return absl::StrCat("{\"number\":", period.number, ",\"ends_at\":\"",
                      base::FormatTime(period.ends_at), "\",\"heads\":[",
                      absl::StrJoin(period.heads, ","), "],\"lines\":[",
                      absl::StrJoin(period.closing, ",", line), "],\"movements\":[",
                      absl::StrJoin(period.movements, ",", movement), "]}");
}

Period ReadPeriod(const pg::Row& row) {
  return {.number = row.Get<int32_t>(0),
          .ends_at = row.Get<absl::Time>(1),
          .closed_at = row.Get<absl::Time>(2),
          .transaction = row.Get<std::optional<TransactionId>>(4).value_or(TransactionId{}),
          .actor = row.Get<std::optional<std::string>>(5).value_or("")};
}

absl::StatusOr<std::vector<Period>> ReadPeriods(pg::Tx& tx, const Program& program) {
  const pg::Tx::Asked asked = tx.Ask(sql::kReadPeriods, program.number, program.first_partition);
  ASSIGN_OR_RETURN(const pg::Rows figures,
                   tx.Run(sql::kReadPeriodFigures, program.number, program.first_partition));
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::vector<Period> periods;
  std::map<int32_t, size_t> place;
  for (const pg::Row row : rows) {
    place[row.Get<int32_t>(0)] = periods.size();
    Period period = ReadPeriod(row);
    if (!periods.empty()) period.begins_at = periods.back().ends_at;
    periods.push_back(std::move(period));
  }
  for (const pg::Row row : figures) {
    const auto found = place.find(row.Get<int32_t>(0));
    if (found == place.end()) continue;
    Period& period = periods[found->second];
    const auto number = [&](int column) {
      return row.Get<std::optional<int64_t>>(column).value_or(0);
    };
    const auto what = row.Get<std::string>(1);
    const auto unit = static_cast<int16_t>(number(2));
    if (what == "heads") {
      period.heads.push_back(number(2));
    } else if (what == "lines") {
      period.closing[{unit, static_cast<Origin>(number(3)), static_cast<Age>(number(4))}] = {
          number(5), number(6)};
    } else {
      period.movements[{unit, static_cast<Movement>(number(3))}] = number(4);
    }
  }
  return periods;
}

void InsertPeriod(pg::Tx& tx, const Program& program, const Period& period, int64_t seq) {
  tx.Send(sql::kInsertPeriod, program.number, period.number, period.ends_at, period.closed_at, seq);
}

}  // namespace gratis::ledger
