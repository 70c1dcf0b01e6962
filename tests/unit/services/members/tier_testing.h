#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "services/members/tier_standing.h"

namespace gratis::members::testing {

inline absl::TimeZone Zone(const std::string& name) { return base::LoadZone(name).value(); }

// "2027-03-01 09:00" in `zone`.
inline absl::Time At(const std::string& local, const std::string& zone = "UTC") {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, Zone(zone), &time, &error)) << error;
  return time;
}

inline std::string Local(absl::Time time, const std::string& zone = "UTC") {
  if (time == absl::InfiniteFuture()) return "never";
  return absl::FormatTime("%Y-%m-%d %H:%M", time, Zone(zone));
}

// Everybody, silver at 100 and gold at 300 points of a rolling year; down to what is fulfilled, at
// once.
inline TierLadder Points() {
  return {.version = 1,
          .effective_from = absl::InfinitePast(),
          .period = TierPeriod::kRollingMonths,
          .rolling_months = 12,
          .demotion = TierDemotion::kRecalculated,
          .grace_days = 0,
          .steps = {{"base", {}},
                    {"silver", {TierMeasure::kPoints, 1, 100}},
                    {"gold", {TierMeasure::kPoints, 1, 300}}}};
}

inline TierLadder Yearly(TierPeriod period = TierPeriod::kCalendarYear) {
  TierLadder ladder = Points();
  ladder.period = period;
  ladder.rolling_months = 0;
  return ladder;
}

inline TierLadders Only(TierLadder ladder, const std::string& zone = "UTC") {
  return {.zone = Zone(zone), .versions = {std::move(ladder)}};
}

// A member, told what they do in the words of a test.
class Person {
 public:
  Person(const TierLadders& ladders, absl::Time enrolled_at)
      : tier_(ladders, {.enrolled_at = enrolled_at}) {
    tier_.Advance(enrolled_at, ++seq_);
  }

  // Returns the fact's seq.
  int64_t Earn(absl::Time at, int64_t points) {
    tier_.Count({.seq = ++seq_, .at = at, .unit = 1, .points = points}, at);
    return seq_;
  }
  int64_t Buy(absl::Time at, int64_t spend, int64_t points = 0) {
    tier_.Count(
        {.seq = ++seq_, .at = at, .unit = 1, .points = points, .spend = spend, .purchase = true},
        at);
    return seq_;
  }
  void Return(absl::Time at, int64_t earlier, int64_t points) {
    tier_.TakeBack(earlier, points, ++seq_, at);
  }
  void Put(absl::Time at, SegmentMarks marks) { tier_.Mark(std::move(marks), ++seq_, at); }
  std::string TierAt(absl::Time at) {
    tier_.Advance(at, ++seq_);
    return tier_.tier();
  }

  MemberTier& tier() { return tier_; }
  // "base > silver 2027-03-01 09:00; …", all that happened so far.
  std::string Moves(const std::string& zone = "UTC") const {
    std::string text;
    for (const TierMove& move : tier_.moves()) {
      text += (text.empty() ? "" : "; ") + move.from + " > " + move.to + " " + Local(move.at, zone);
    }
    return text;
  }

 private:
  MemberTier tier_;
  int64_t seq_ = 0;
};

}  // namespace gratis::members::testing
