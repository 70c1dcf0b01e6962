#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/ledger/fact.h"
#include "common/ledger/state.h"

// What finance reads: how much is outstanding, and what moved it. Pure.
namespace gratis::ledger {

// How long ago points were earned, by whole months. Stored.
enum class Age : int16_t { kTo3Months = 1, kTo6, kTo12, kTo24, kOver24 };

// Where one age ends and the next begins, as seen from a moment: the times 24, 12, 6 and 3 months
// before it. What was earned at or after one of them is younger than it says.
struct AgeBounds {
  AgeBounds(absl::Time seen_from, const absl::TimeZone& zone);
  std::array<absl::Time, 4> times;  // ascending

  Age Of(absl::Time earned_at) const;
  // By how many of the times are not after it: as SQL's width_bucket counts.
  static Age OfBucket(int32_t bucket) { return static_cast<Age>(5 - bucket); }
};

// Points that members have (available, pending or held), and what they owe.
struct Owed {
  int64_t points = 0;
  int64_t debt = 0;  // never above 0

  friend bool operator==(const Owed&, const Owed&) = default;
};

struct LineKey {
  int16_t unit;
  Origin origin;
  Age age;

  friend auto operator<=>(const LineKey&, const LineKey&) = default;
};
using Outstanding = std::map<LineKey, Owed>;

// What changes the sum of what members have and owe. They add up: what was there before, plus all
// of these, is what is there after. Stored.
enum class Movement : int16_t {
  kIssued = 1,
  kEarnReversed = 2,  // below 0
  kRedeemed = 3,      // below 0
  kSpendReversed = 4,
  kExpired = 5,      // below 0; above when expired points are found to have been wrongly given
  kTransferred = 6,  // between members: 0 over the whole program
  kAdjusted = 7,     // of either sign
  kVoided = 8,       // below 0
};
using Movements = std::map<std::pair<int16_t, Movement>, int64_t>;  // by unit

// Adds what rows of this kind moved.
void AddMovement(Movements& movements, int16_t unit, FactKind kind, Account debit, Account credit,
                 int64_t points);
void AddMovements(Movements& sum, const Movements& more);

// Adds `more`, `sign` times (1 or -1); lines that come to nothing are dropped.
void AddOutstanding(Outstanding& sum, const Outstanding& more, int sign = 1);
// By unit, whatever the origin and age.
std::map<int16_t, Owed> Totals(const Outstanding& outstanding);

// What a row changes. `lot_of` says what a lot is; it may be asked for the lot that the row makes.
void AddRow(Outstanding& sum, const JournalRow& row, const AgeBounds& ages,
            const std::function<const Lot*(const LotKey&)>& lot_of);

}  // namespace gratis::ledger
