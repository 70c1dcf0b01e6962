#pragma once

#include <cstdint>
#include <map>
#include <string>
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

// Gifts that were given on one day, and are alike in what they cost.
struct GivenAlike {
  absl::CivilDay day;
  Offer offer;         // of a choice, what there was to choose from
  std::string chosen;  // of a choice that was made: the option
  int64_t gifts = 1;
};

// Adds up what was given and, of the verdicts, what is due.
class ForecastTally {
 public:
  // `room`: what budgets have left now; what is due draws on it in the order of days. Days are
  // those of `zone`.
  ForecastTally(const DaySpan& span, absl::Time now, const absl::TimeZone& zone,
                std::map<BudgetId, int64_t> room);

  void AddGiven(const GivenAlike& given);
  // One verdict, as of now. What is due since before comes now. What was given is not counted here:
  // it is told by the gifts, whatever became of the birthday since.
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
