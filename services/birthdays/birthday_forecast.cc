#include "services/birthdays/birthday_forecast.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/civil.h"

namespace gratis::birthdays {
namespace {

void CountCosts(const Offer& offer, const Present& present, int64_t times, GiftFigures& figures) {
  figures.gifts += times;
  if (offer.is_choice()) figures.choices += times;
  figures.CountCost(present, times);
}

}  // namespace

Forecast::Day Forecast::Total() const {
  Day total;
  for (const Day& day : days) {
    total.given.Add(day.given);
    total.due.Add(day.due);
    total.over_budget += day.over_budget;
  }
  return total;
}

ForecastTally::ForecastTally(const DaySpan& span, absl::Time now, const absl::TimeZone& zone,
                             std::map<BudgetId, int64_t> room)
    : span_(span), now_(now), zone_(zone), room_(std::move(room)) {
  for (absl::CivilDay day = span.first; day <= span.last; ++day) {
    forecast_.days.push_back({.day = day, .given = {}, .due = {}});
  }
}

Forecast::Day* ForecastTally::On(absl::CivilDay day) {
  if (day < span_.first || day > span_.last) return nullptr;
  return &forecast_.days[static_cast<size_t>(day - span_.first)];
}

void ForecastTally::AddDue(const Offer& offer, absl::CivilDay day) {
  const auto same = [&](const Kind& kind) { return kind.offer == offer; };
  auto kind = std::find_if(kinds_.begin(), kinds_.end(), same);
  if (kind == kinds_.end()) kind = kinds_.insert(kinds_.end(), Kind{offer, {}});
  ++kind->due[day];
}

void ForecastTally::AddGiven(const GivenAlike& given) {
  Forecast::Day* const day = On(given.day);
  if (day == nullptr) return;
  const Present* const chosen = given.chosen.empty() ? nullptr : given.offer.Find(given.chosen);
  CountCosts(given.offer, chosen != nullptr ? *chosen : given.offer.standard(), given.gifts,
             day->given);
}

void ForecastTally::Add(const Verdict& verdict) {
  // What is beyond the span does not come before what is in it.
  if (verdict.outcome == Outcome::kDue) {
    AddDue(*verdict.offer, base::DayOf(std::max(*verdict.due_at, now_), zone_));
  }
}

Forecast ForecastTally::Finish() {
  std::set<absl::CivilDay> days;
  for (const Kind& kind : kinds_) {
    for (const auto& [day, count] : kind.due) days.insert(day);
  }
  for (const absl::CivilDay day : days) {
    for (const Kind& kind : kinds_) {
      const auto due = kind.due.find(day);
      if (due == kind.due.end()) continue;
      int64_t fits = due->second;
      const auto room = room_.find(kind.offer.budget);
      if (room != room_.end()) {
        const int64_t each = DrawOf(kind.offer).amount;
        fits = std::min(fits, std::max<int64_t>(room->second, 0) / each);
        room->second -= fits * each;
      }
      Forecast::Day* const on = On(day);
      if (on == nullptr) continue;
      CountCosts(kind.offer, kind.offer.standard(), fits, on->due);
      on->over_budget += due->second - fits;
    }
  }
  return std::move(forecast_);
}

}  // namespace gratis::birthdays
