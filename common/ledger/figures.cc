#include "common/ledger/figures.h"

#include <algorithm>
#include <optional>

#include "absl/time/civil_time.h"

namespace gratis::ledger {
namespace {

// A month's end rounds down, as in ExpiryOf.
absl::Time MonthsBefore(absl::Time time, int months, const absl::TimeZone& zone) {
  const absl::CivilSecond at = absl::ToCivilSecond(time, zone);
  const absl::CivilMonth month = absl::CivilMonth(at) - months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const int day = std::min(at.day(), last.day());
  return absl::FromCivil(
      absl::CivilSecond(month.year(), month.month(), day, at.hour(), at.minute(), at.second()),
      zone);
}

std::optional<Movement> MovementOf(Account account, FactKind kind) {
  switch (account) {
    case Account::kIssued:
      return kind == FactKind::kEarnReversed ? Movement::kEarnReversed : Movement::kIssued;
    case Account::kRedeemed:
      return kind == FactKind::kSpendReversed || kind == FactKind::kVoucherReinstated
                 ? Movement::kSpendReversed
                 : Movement::kRedeemed;
    case Account::kExpired:
      return Movement::kExpired;
    case Account::kTransferred:
      return Movement::kTransferred;
    case Account::kAdjusted:
      return Movement::kAdjusted;
    case Account::kVoided:
      return Movement::kVoided;
    default:
      return std::nullopt;
  }
}

void AddTo(Movements& movements, const Movements::key_type& key, int64_t points) {
  if ((movements[key] += points) == 0) movements.erase(key);
}

}  // namespace

AgeBounds::AgeBounds(absl::Time seen_from, const absl::TimeZone& zone)
    : times{MonthsBefore(seen_from, 24, zone), MonthsBefore(seen_from, 12, zone),
            MonthsBefore(seen_from, 6, zone), MonthsBefore(seen_from, 3, zone)} {}

Age AgeBounds::Of(absl::Time earned_at) const {
  const auto after = std::upper_bound(times.begin(), times.end(), earned_at);
  return OfBucket(static_cast<int32_t>(after - times.begin()));
}

void AddMovement(Movements& movements, int16_t unit, FactKind kind, Account debit, Account credit,
                 int64_t points) {
  if (const auto from = MovementOf(debit, kind)) AddTo(movements, {unit, *from}, points);
  if (const auto to = MovementOf(credit, kind)) AddTo(movements, {unit, *to}, -points);
}

void AddMovements(Movements& sum, const Movements& more) {
  for (const auto& [key, points] : more) AddTo(sum, key, points);
}

void AddOutstanding(Outstanding& sum, const Outstanding& more, int sign) {
  for (const auto& [key, owed] : more) {
    Owed& line = sum[key];
    line.points += sign * owed.points;
    line.debt += sign * owed.debt;
    if (line == Owed{}) sum.erase(key);
  }
}

std::map<int16_t, Owed> Totals(const Outstanding& outstanding) {
  std::map<int16_t, Owed> totals;
  for (const auto& [key, owed] : outstanding) {
    totals[key.unit].points += owed.points;
    totals[key.unit].debt += owed.debt;
  }
  return totals;
}

void AddRow(Outstanding& sum, const JournalRow& row, const AgeBounds& ages,
            const std::function<const Lot*(const LotKey&)>& lot_of) {
  const Fact& fact = row.fact;
  const auto add = [&](Account account, Origin origin, absl::Time earned_at, int64_t points) {
    if (!IsMembers(account)) return;
    Owed owed;
    (account == Account::kDebt ? owed.debt : owed.points) = points;
    AddOutstanding(sum, {{{fact.unit, origin, ages.Of(earned_at)}, owed}});
  };
  if (fact.lot) add(fact.credit, fact.lot->origin, fact.lot->earned_at, fact.points);
  for (const Allocation& part : fact.allocations) {
    for (const auto& [seq, account, points] :
         {std::tuple(part.debit_lot, fact.debit, -part.points),
          std::tuple(part.credit_lot, fact.credit, part.points)}) {
      if (seq == 0 || seq == row.seq) continue;
      const Lot* lot = lot_of({row.partition, seq});
      if (lot != nullptr) add(account, lot->origin, lot->earned_at, points);
    }
  }
}

}  // namespace gratis::ledger
