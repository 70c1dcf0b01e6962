#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

// A program's tiers as the rules know them, and the calendar of their periods: values in, values
// out. The numbers of the enums are those of the contract.
namespace gratis::members {

enum class TierMeasure : int16_t { kNone = 0, kPoints = 1, kSpend = 2, kVisits = 3, kSegment = 4 };

// What a tier takes: so much over its ladder's period, or to be in a segment, for as long as that
// lasts.
struct TierRule {
  TierMeasure measure = TierMeasure::kNone;
  int16_t unit = 0;      // of kPoints
  int64_t at_least = 0;  // points, minor units of the program's currency, or visits; 1 of kSegment
  std::string segment = {};  // of kSegment

  friend bool operator==(const TierRule&, const TierRule&) = default;
};

struct TierStep {
  std::string code;
  TierRule rule;  // kNone in the first step, and in no other
};

enum class TierPeriod : int16_t { kRollingMonths = 1, kCalendarYear = 2, kMembershipYear = 3 };
enum class TierDemotion : int16_t { kNever = 1, kOneStep = 2, kRecalculated = 3 };

// One version of a program's tier policy.
struct TierLadder {
  int32_t version = 0;
  absl::Time effective_from;
  TierPeriod period = TierPeriod::kRollingMonths;
  int32_t rolling_months = 12;
  TierDemotion demotion = TierDemotion::kRecalculated;
  int32_t grace_days = 0;
  std::vector<TierStep> steps;  // from the lowest
  // The place in the member's partition of the last fact that was journaled before the ladder was
  // set: only what comes behind it is judged by it.
  int64_t known_after = 0;
};

inline constexpr int kMaxTiers = 20;
inline constexpr int kMaxTierVisits = 1'000'000;
inline constexpr int kMaxRollingMonths = 60;
inline constexpr int kMaxGraceDays = 366;

// Errors: FIELD_MISSING, FIELD_INVALID, each with its field in the contract's TierPolicy.
absl::Status CheckLadder(const TierLadder& ladder);

// Everything in a partition's journal so far.
inline constexpr int64_t kAllFacts = std::numeric_limits<int64_t>::max();

// The ladders of a program as one partition knows them.
struct TierLadders {
  absl::TimeZone zone;  // the program's
  std::vector<TierLadder> versions;

  // The ladder by which a fact at `seq` is judged at `at`: of those known to it the one that came
  // into force last; null if there is none.
  const TierLadder* InForce(int64_t seq, absl::Time at) const;
  const TierLadder* Version(int32_t version) const;
  int32_t latest_version() const;
  // When the next ladder known to `seq` comes into force after `at`; InfiniteFuture: none does.
  absl::Time NextStart(int64_t seq, absl::Time at) const;
};

// --- the calendar --------------------------------------------------------------------------------

// The same day so many months later (or earlier); the last of a month that has no such day.
absl::CivilDay AddMonths(absl::CivilDay day, int64_t months);

// Whether the period is a year, with a beginning of its own, or one that moves along.
inline bool IsYearly(const TierLadder& ladder) {
  return ladder.period != TierPeriod::kRollingMonths;
}

struct TierYear {
  absl::Time previous_start;
  absl::Time start;
  absl::Time end;
};
// The year that `at` is in, of a ladder whose period is one.
TierYear YearOf(const TierLadder& ladder, absl::Time enrolled_at, absl::Time at,
                const absl::TimeZone& zone);

// The moment from which what took effect at `at` no longer counts, where the period moves along.
absl::Time RollingEnd(int32_t months, absl::Time at, const absl::TimeZone& zone);

// The end of the period that `at` is in: of the year; else of so many months from that day on.
absl::Time PeriodEnd(const TierLadder& ladder, absl::Time enrolled_at, absl::Time at,
                     const absl::TimeZone& zone);

// The same time of the day so many days later; where the clocks skip it, the moment when they do.
absl::Time GraceEnd(absl::Time short_since, int32_t days, const absl::TimeZone& zone);

// Nothing that took effect before it counts at `at` or later, by any of the ladders.
absl::Time TierHorizon(const TierLadders& ladders, absl::Time at);

}  // namespace gratis::members
