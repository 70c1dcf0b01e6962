#include "services/birthdays/birthday_forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"

namespace gratis::birthdays {
namespace birthday_forecast_test {
namespace {

using ::testing::ElementsAre;

const BudgetId kBudget{{{1}}};

absl::Time At(const std::string& utc) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", utc, absl::UTCTimeZone(), &time, &error)) << error;
  return time;
}

Verdict Due(const Offer& offer, const std::string& at) {
  return {.outcome = Outcome::kDue, .offer = offer, .due_at = At(at)};
}

GivenAlike Given(const Offer& offer, int of_june, int64_t gifts = 1, std::string chosen = "") {
  return {.day = absl::CivilDay(2027, 6, of_june),
          .offer = offer,
          .chosen = std::move(chosen),
          .gifts = gifts};
}

class ForecastTest : public ::testing::Test {
 protected:
  ForecastTally Tally(std::map<BudgetId, int64_t> room = {}) {
    return {{absl::CivilDay(2027, 6, 14), absl::CivilDay(2027, 6, 17)},
            At("2027-06-15 12:00"),
            absl::UTCTimeZone(),
            std::move(room)};
  }
  // "given/due/over" of each day.
  static std::vector<std::string> Gifts(const Forecast& forecast) {
    std::vector<std::string> days;
    for (const Forecast::Day& day : forecast.days) {
      days.push_back(absl::StrCat(day.given.gifts, "/", day.due.gifts, "/", day.over_budget));
    }
    return days;
  }
};

TEST_F(ForecastTest, HasEveryDayAndCountsEachGiftOnItsOwn) {
  ForecastTally tally = Tally();
  tally.AddGiven(Given(OfPoints(100), 14));
  tally.AddGiven(Given(OfPoints(100), 13));  // before
  tally.Add(Due(OfPoints(100), "2027-06-16 09:00"));
  tally.Add(Due(OfPoints(250), "2027-06-16 23:59"));
  tally.Add(Due(OfPoints(100), "2027-06-18 09:00"));  // after
  tally.Add({.outcome = Outcome::kWithheld, .why = Withheld::kPolicyOff});
  const Forecast forecast = tally.Finish();
  EXPECT_THAT(Gifts(forecast), ElementsAre("1/0/0", "0/0/0", "0/2/0", "0/0/0"));
  EXPECT_EQ(forecast.days[2].due.points, 350);
  EXPECT_EQ(forecast.Total().given.points, 100);
  EXPECT_EQ(forecast.Total().due.points, 350);
}

TEST_F(ForecastTest, WhatWasGivenIsCountedByTheGiftsAndNotOnceMoreByTheBirthdays) {
  ForecastTally tally = Tally();
  tally.AddGiven(Given(OfPoints(100), 15, 3));
  tally.AddGiven(Given(OfPoints(250), 15, 2));
  const absl::Time at = At("2027-06-15 09:00");
  for (int i = 0; i < 4; ++i) {
    tally.Add({.outcome = Outcome::kGiven,
               .gift = Gift{.year = 2027, .offer = OfPoints(100), .due_at = at, .given_at = at},
               .due_at = at});
  }
  const Forecast forecast = tally.Finish();
  EXPECT_THAT(Gifts(forecast), ElementsAre("0/0/0", "5/0/0", "0/0/0", "0/0/0"));
  EXPECT_EQ(forecast.days[1].given.points, 800);
}

TEST_F(ForecastTest, WhatIsDueSinceBeforeComesToday) {
  ForecastTally tally = Tally();
  tally.Add(Due(OfPoints(100), "2027-06-01 09:00"));
  EXPECT_THAT(Gifts(tally.Finish()), ElementsAre("0/0/0", "0/1/0", "0/0/0", "0/0/0"));
}

TEST_F(ForecastTest, BudgetsAreDrawnOnInTheOrderOfDaysToTheLastGiftThatFits) {
  Offer offer = OfPoints(100);
  offer.budget = kBudget;
  ForecastTally tally = Tally({{kBudget, 350}});
  for (const char* const at : {"2027-06-17 09:00", "2027-06-16 09:00", "2027-06-16 10:00",
                               "2027-06-17 10:00", "2027-06-15 13:00"}) {
    tally.Add(Due(offer, at));
  }
  EXPECT_THAT(Gifts(tally.Finish()), ElementsAre("0/0/0", "0/1/0", "0/2/0", "0/0/2"));
}

TEST_F(ForecastTest, AChoiceCountsAsWhatWasChosenOrComesByDefault) {
  Offer choice;
  choice.presents = {{.kind = GiftKind::kItem, .worth = 1, .item = "CAKE-1", .option = "cake"},
                     {.kind = GiftKind::kVoucher, .worth = 500, .option = "money"}};
  choice.fallback = 1;
  ForecastTally tally = Tally();
  tally.Add(Due(choice, "2027-06-16 09:00"));
  tally.AddGiven(Given(choice, 14));
  tally.AddGiven(Given(choice, 14, 1, "cake"));
  const Forecast forecast = tally.Finish();
  EXPECT_EQ(forecast.days[0].given,
            (GiftFigures{.gifts = 2, .points = 0, .minor_units = 500, .items = 1, .choices = 2}));
  EXPECT_EQ(forecast.days[2].due,
            (GiftFigures{.gifts = 1, .points = 0, .minor_units = 500, .items = 0, .choices = 1}));
}

}  // namespace
}  // namespace birthday_forecast_test
}  // namespace gratis::birthdays
