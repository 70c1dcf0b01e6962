#pragma once

#include <map>
#include <vector>

#include "absl/time/time.h"
#include "services/birthdays/birthday_rules.h"

namespace gratis::birthdays {

// What was given and what will come, day by day: values in, values out. What nobody has chosen yet
// counts as what comes by default.
struct Forecast {
  struct Day {
    absl::CivilDay day;
    GiftFigures given;
    GiftFigures due;
    int64_t over_budget = 0;  // due, and without room in the budget
  };
  std::vector<Day> days;  // each of the span

  Day Total() const;
};

// Adds up verdicts.
class ForecastTally {
 public:
  // `room`: what budgets have left now; what is due draws on it in the order of days. Days are
  // those of `zone`.
  ForecastTally(const DaySpan& span, absl::Time now, const absl::TimeZone& zone,
                std::map<BudgetId, int64_t> room);

  // One verdict, as of now. What is due since before comes now.
  void Add(const Verdict& verdict);
  Forecast Finish();

 private:
  struct Kind {
    Offer offer;
    std::map<absl::CivilDay, int64_t> due;  // how many, on days from now on
  };
  void AddDue(const Offer& offer, absl::CivilDay day);
  Forecast::Day* On(absl::CivilDay day);

  const DaySpan span_;
  const absl::Time now_;
  const absl::TimeZone zone_;
  std::map<BudgetId, int64_t> room_;
  std::vector<Kind> kinds_;  // offers that differ, which are few
  Forecast forecast_;
};

}  // namespace gratis::birthdays
