#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace gratis::ledger {

// A program keeps several units of account; each member has a wallet per unit. Their numbers are
// stored. A program's own units are 1 (points, always there) to 99.
constexpr int16_t kPointsUnit = 1;
constexpr int16_t kLastOwnUnit = 99;
// What vouchers are kept in: minor units of the program's currency for those worth money, and uses
// for those that are a percentage or an item.
constexpr int16_t kVoucherMoneyUnit = 100;
constexpr int16_t kVoucherUseUnit = 101;

inline bool IsVoucherUnit(int16_t unit) { return unit > kLastOwnUnit; }

// A voucher that paid for what is returned after its end can be used so long from then on: as long
// as what is given lives at least.
constexpr int32_t kVoucherGraceDays = 30;

// When what was earned ends.
enum class ExpiryKind : int16_t {
  kNever = 1,
  kRollingMonths = 2,  // so many months after it was earned; a month's end rounds down
  kCalendarDay = 3,    // on the next such day of the calendar that is at least so many months off
  kInactivity = 4,     // so many months after the wallet's last activity, all of it at once
};

// What the reversal of an earn does when its points were spent and no others are left.
enum class Clawback : int16_t {
  kDebt = 1,    // the rest becomes a debt, which the next points repay first
  kClamp = 2,   // the rest is forgiven
  kRefuse = 3,  // the reversal is refused
};

enum class Rounding : int16_t { kDown = 1, kHalfUp = 2, kUp = 3 };

// A unit and its rules as they stand; a change makes a new version and leaves what was earned
// before as it is, but for inactivity, which is a rule for the whole wallet.
struct Unit {
  int16_t number = kPointsUnit;
  int32_t version = 0;  // 0: the rules that a program begins with
  std::string code = "points";
  std::string display_name = "Points";
  ExpiryKind expiry = ExpiryKind::kNever;
  int32_t expiry_months = 0;
  int32_t expiry_month = 0;             // kCalendarDay: 1 to 12
  int32_t expiry_day = 0;               // kCalendarDay: 1 to 31; a month that is shorter ends it
  Rounding rounding = Rounding::kDown;  // of thousandths of a point
  Clawback clawback = Clawback::kDebt;
  bool transferable = false;
  int64_t adjust_limit = 0;       // adjustments above it take a second person; 0: none do
  int32_t max_hold_hours = 720;   // a hold's longest life
  int32_t return_grace_days = 0;  // what comes back after its expiry may be spent this long

  friend bool operator==(const Unit&, const Unit&) = default;
};

// When what was earned at `earned_at` ends (under kInactivity: a wallet last active then): with the
// last day that the rule names, in `zone`; or absl::InfiniteFuture().
absl::Time ExpiryOf(const Unit& unit, absl::Time earned_at, const absl::TimeZone& zone);

// `milli_points` thousandths, rounded as the unit says; never negative.
int64_t RoundPoints(const Unit& unit, int64_t milli_points);

}  // namespace gratis::ledger
