#include "services/ledger/report_convert.h"

#include <map>
#include <optional>
#include <string>

#include "common/base/checked.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/reports.pb.h"
#include "services/ledger/unit_names.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using ledger::Movement;

absl::Status TooMuch() {
  return Error(Reason::kPointsOverflow, "what is outstanding is worth more than can be counted");
}

// What points of a unit are worth; nothing without a rate.
absl::StatusOr<std::optional<int64_t>> Worth(const Valuation& valuation, int16_t unit,
                                             int64_t points) {
  if (unit == ledger::kVoucherMoneyUnit) return std::optional(points);
  const ledger::Rate* rate = ledger::RateBefore(valuation.rates, unit, valuation.before);
  if (rate == nullptr) return std::optional<int64_t>();
  const std::optional<int64_t> worth = ledger::WorthOf(points, *rate);
  if (!worth) return TooMuch();
  return worth;
}

void Add(v1::UnitMovements& out, Movement movement, int64_t points) {
  switch (movement) {
    case Movement::kIssued:
      return out.set_issued_points(points);
    case Movement::kEarnReversed:
      return out.set_earn_reversed_points(points);
    case Movement::kRedeemed:
      return out.set_redeemed_points(points);
    case Movement::kSpendReversed:
      return out.set_spend_reversed_points(points);
    case Movement::kExpired:
      return out.set_expired_points(points);
    case Movement::kTransferred:
      return out.set_transferred_points(points);
    case Movement::kAdjusted:
      return out.set_adjusted_points(points);
    case Movement::kVoided:
      return out.set_voided_points(points);
  }
}

}  // namespace

absl::Status ToProto(const ledger::Outstanding& outstanding, const Valuation& valuation,
                     v1::GetLiabilityResponse& out) {
  std::map<int16_t, std::optional<int64_t>> worths;
  const std::string& currency = valuation.program.currency_code;
  for (const auto& [key, owed] : outstanding) {
    v1::LiabilityLine& line = *out.add_lines();
    line.set_unit(CodeOf(valuation.units, key.unit));
    line.set_origin(static_cast<v1::Origin>(key.origin));
    line.set_age(static_cast<v1::Age>(key.age));
    line.set_points(owed.points);
    line.set_debt_points(-owed.debt);
    ASSIGN_OR_RETURN(const auto worth, Worth(valuation, key.unit, owed.points));
    if (!worth) continue;
    rpc::SetMoney({currency, *worth}, *line.mutable_worth());
    std::optional<int64_t>& sum = worths[key.unit];
    sum = base::CheckedAdd(sum.value_or(0), *worth);
    if (!sum) return TooMuch();
  }
  for (const auto& [unit, owed] : ledger::Totals(outstanding)) {
    v1::LiabilityTotal& total = *out.add_totals();
    total.set_unit(CodeOf(valuation.units, unit));
    total.set_points(owed.points);
    total.set_debt_points(-owed.debt);
    if (const auto& worth = worths[unit]) rpc::SetMoney({currency, *worth}, *total.mutable_worth());
    if (const ledger::Rate* rate = ledger::RateBefore(valuation.rates, unit, valuation.before)) {
      ToProto(*rate, valuation.program, total.unit(), *total.mutable_rate());
    }
  }
  return absl::OkStatus();
}

void ToProto(const ledger::Flow& flow, const std::vector<ledger::Unit>& units,
             v1::GetMovementsResponse& out) {
  struct Sides {
    int64_t opening = 0, moved = 0, closing = 0;
  };
  std::map<int16_t, Sides> sides;
  for (const auto& [unit, owed] : ledger::Totals(flow.opening)) {
    sides[unit].opening = owed.points + owed.debt;
  }
  for (const auto& [unit, owed] : ledger::Totals(flow.closing)) {
    sides[unit].closing = owed.points + owed.debt;
  }
  for (const auto& [key, points] : flow.movements) sides[key.first].moved += points;
  for (const auto& [unit, side] : sides) {
    v1::UnitMovements& line = *out.add_units();
    line.set_unit(CodeOf(units, unit));
    line.set_opening_points(side.opening);
    line.set_closing_points(side.closing);
    line.set_unexplained_points(side.closing - side.opening - side.moved);
    for (const auto& [key, points] : flow.movements) {
      if (key.first == unit) Add(line, key.second, points);
    }
  }
  out.set_closed(flow.closed);
}

void ToProto(const ledger::Rate& rate, const ledger::Program& program, std::string_view unit,
             v1::Rate& out) {
  out.set_unit(std::string(unit));
  out.set_version(rate.version);
  rpc::SetMoney({program.currency_code, rate.minor_units}, *out.mutable_worth());
  out.set_per_points(rate.per_points);
  rpc::SetTime(rate.effective_from, *out.mutable_effective_from());
}

void ToProto(const ledger::Period& period, v1::Period& out) {
  out.set_number(period.number);
  if (period.begins_at != absl::InfinitePast()) {
    rpc::SetTime(period.begins_at, *out.mutable_begin());
  }
  rpc::SetTime(period.ends_at, *out.mutable_end());
  rpc::SetTime(period.closed_at, *out.mutable_closed_at());
  out.set_closed_by(period.actor);
  out.set_transaction_id(period.transaction.ToString());
  for (const int64_t head : period.heads) out.add_last_sequences(head);
}

}  // namespace gratis::ledger_service
