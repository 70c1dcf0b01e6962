#include "services/members/tier_ladder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/segment_rules.h"

namespace gratis::members {
namespace {

constexpr size_t kMinCode = 2;
constexpr size_t kMaxCode = 32;
constexpr int64_t kMaxTierFigure = 1'000'000'000'000'000;

bool IsCode(const std::string& code) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return code.size() >= kMinCode && code.size() <= kMaxCode && code[0] >= 'a' && code[0] <= 'z' &&
         std::all_of(code.begin(), code.end(), fits);
}

absl::Status CheckStep(const TierStep& step, size_t place) {
  const std::string field = absl::StrCat("policy.tiers[", place, "]");
  if (!IsCode(step.code)) {
    return FieldError(Reason::kFieldInvalid, field + ".code",
                      "a code is 2 to 32 of a-z, 0-9 and _, and starts with a letter");
  }
  const TierRule& rule = step.rule;
  if (place == 0) {
    if (rule.measure == TierMeasure::kNone) return absl::OkStatus();
    return FieldError(Reason::kFieldInvalid, field,
                      "everybody begins in the first tier: it takes nothing");
  }
  if (rule.measure == TierMeasure::kNone) {
    return FieldError(Reason::kFieldMissing, field,
                      "say what the tier takes: points, spend, visits or a segment");
  }
  if (rule.measure == TierMeasure::kSegment) {
    return InField(CheckSegment(rule.segment), field + ".segment");
  }
  const int64_t most = rule.measure == TierMeasure::kVisits ? kMaxTierVisits : kMaxTierFigure;
  if (rule.at_least < 1 || rule.at_least > most) {
    return FieldError(Reason::kFieldInvalid, field,
                      absl::StrCat("a tier takes 1 to ", most, ", not ", rule.at_least));
  }
  return absl::OkStatus();
}

absl::Status CheckSteps(const std::vector<TierStep>& steps) {
  if (steps.empty()) {
    return FieldError(Reason::kFieldMissing, "policy.tiers", "a policy has at least one tier");
  }
  if (steps.size() > kMaxTiers) {
    return FieldError(Reason::kFieldInvalid, "policy.tiers",
                      absl::StrCat("a policy has at most ", kMaxTiers, " tiers"));
  }
  std::set<std::string> codes;
  std::map<std::pair<TierMeasure, int16_t>, int64_t> highest;
  std::set<std::string> segments;
  for (size_t i = 0; i < steps.size(); ++i) {
    RETURN_IF_ERROR(CheckStep(steps[i], i));
    const std::string field = absl::StrCat("policy.tiers[", i, "]");
    if (!codes.insert(steps[i].code).second) {
      return FieldError(Reason::kFieldInvalid, field + ".code", "two tiers have this code");
    }
    const TierRule& rule = steps[i].rule;
    if (rule.measure == TierMeasure::kSegment) {
      if (segments.insert(rule.segment).second) continue;
      return FieldError(Reason::kFieldInvalid, field + ".segment",
                        "a lower tier is for this segment already");
    }
    int64_t& before = highest[{rule.measure, rule.unit}];
    if (rule.measure != TierMeasure::kNone && rule.at_least <= before) {
      return FieldError(Reason::kFieldInvalid, field,
                        absl::StrCat("a lower tier takes ", before, " of the same already"));
    }
    before = rule.at_least;
  }
  return absl::OkStatus();
}

// The day on which the membership year of the calendar year `year` begins.
absl::CivilDay Anniversary(absl::CivilDay enrolled, int64_t year) {
  return AddMonths(enrolled, 12 * (year - enrolled.year()));
}

}  // namespace

absl::Status CheckLadder(const TierLadder& ladder) {
  if (ladder.period < TierPeriod::kRollingMonths || ladder.period > TierPeriod::kMembershipYear) {
    return FieldError(Reason::kFieldMissing, "policy.period", "say over what time things count");
  }
  const bool rolling = !IsYearly(ladder);
  if (rolling && (ladder.rolling_months < 1 || ladder.rolling_months > kMaxRollingMonths)) {
    return FieldError(Reason::kFieldInvalid, "policy.rolling_months",
                      absl::StrCat("months are 1 to ", kMaxRollingMonths));
  }
  if (!rolling && ladder.rolling_months != 0) {
    return FieldError(Reason::kFieldInvalid, "policy.rolling_months",
                      "a year has no rolling months");
  }
  if (ladder.demotion < TierDemotion::kNever || ladder.demotion > TierDemotion::kRecalculated) {
    return FieldError(Reason::kFieldMissing, "policy.demotion", "say how members go down");
  }
  if (ladder.grace_days < 0 || ladder.grace_days > kMaxGraceDays) {
    return FieldError(Reason::kFieldInvalid, "policy.grace_days",
                      absl::StrCat("days of grace are 0 to ", kMaxGraceDays));
  }
  return CheckSteps(ladder.steps);
}

const TierLadder* TierLadders::InForce(int64_t seq, absl::Time at) const {
  const TierLadder* found = nullptr;
  for (const TierLadder& ladder : versions) {
    if (ladder.known_after >= seq || ladder.effective_from > at) continue;
    const bool later = found == nullptr || std::pair(ladder.effective_from, ladder.version) >
                                               std::pair(found->effective_from, found->version);
    if (later) found = &ladder;
  }
  return found;
}

const TierLadder* TierLadders::Version(int32_t version) const {
  for (const TierLadder& ladder : versions) {
    if (ladder.version == version) return &ladder;
  }
  return nullptr;
}

int32_t TierLadders::latest_version() const {
  int32_t latest = 0;
  for (const TierLadder& ladder : versions) latest = std::max(latest, ladder.version);
  return latest;
}

absl::Time TierLadders::NextStart(int64_t seq, absl::Time at) const {
  absl::Time next = absl::InfiniteFuture();
  for (const TierLadder& ladder : versions) {
    if (ladder.known_after < seq && ladder.effective_from > at) {
      next = std::min(next, ladder.effective_from);
    }
  }
  return next;
}

absl::CivilDay AddMonths(absl::CivilDay day, int64_t months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (day.day() - 1), last);
}

TierYear YearOf(const TierLadder& ladder, absl::Time enrolled_at, absl::Time at,
                const absl::TimeZone& zone) {
  const absl::CivilDay day = base::DayOf(at, zone);
  const absl::CivilDay begins = ladder.period == TierPeriod::kMembershipYear
                                    ? base::DayOf(enrolled_at, zone)
                                    : absl::CivilDay(day.year(), 1, 1);
  int64_t year = day.year();
  if (Anniversary(begins, year) > day) --year;
  const auto start = [&](int64_t of) { return base::StartOfDay(Anniversary(begins, of), zone); };
  return {.previous_start = start(year - 1), .start = start(year), .end = start(year + 1)};
}

absl::Time RollingEnd(int32_t months, absl::Time at, const absl::TimeZone& zone) {
  return base::StartOfDay(AddMonths(base::DayOf(at, zone), months) + 1, zone);
}

absl::Time PeriodEnd(const TierLadder& ladder, absl::Time enrolled_at, absl::Time at,
                     const absl::TimeZone& zone) {
  if (IsYearly(ladder)) return YearOf(ladder, enrolled_at, at, zone).end;
  return RollingEnd(ladder.rolling_months, at, zone);
}

absl::Time GraceEnd(absl::Time short_since, int32_t days, const absl::TimeZone& zone) {
  const absl::CivilSecond local = absl::ToCivilSecond(short_since, zone);
  const absl::CivilDay day = absl::CivilDay(local) + days;
  const absl::CivilSecond then(day.year(), day.month(), day.day(), local.hour(), local.minute(),
                               local.second());
  return absl::FromCivil(then, zone) + zone.At(short_since).subsecond;
}

absl::Time TierHorizon(const TierLadders& ladders, absl::Time at) {
  if (at == absl::InfinitePast()) return at;
  int64_t months = 0;
  for (const TierLadder& ladder : ladders.versions) {
    months = std::max<int64_t>(months, IsYearly(ladder) ? 24 : ladder.rolling_months);
  }
  // Two days more than a month's end can make a difference of.
  return base::StartOfDay(AddMonths(base::DayOf(at, ladders.zone), -months) - 5, ladders.zone);
}

}  // namespace gratis::members
