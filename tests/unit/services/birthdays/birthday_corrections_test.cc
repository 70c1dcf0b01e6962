#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthday_rules.h"

// What a first correction brings when the day that it names is over: no more than whoever said it
// right has, and no less.
namespace gratis::birthdays {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::TimeZone& Zurich() {
  static const absl::TimeZone zone = *base::LoadZone("Europe/Zurich");
  return zone;
}

absl::Time At(const std::string& local) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, Zurich(), &time, &error)) << error;
  return time;
}

Celebrant Corrected(MonthDay to, const std::string& when,
                    const std::string& enrolled = "2020-01-01 00:00") {
  return {.birthday = to, .zone = Zurich(), .enrolled_at = At(enrolled), .corrected_at = At(when)};
}

Gift GivenAt(int32_t year, const std::string& time) {
  return {.year = year, .offer = OfPoints(100), .due_at = At(time), .given_at = At(time)};
}

TEST(YearOwed, IsThatOfTheLastBirthdayOnTheNewDay) {
  const struct {
    MonthDay to;
    const char* when;
    int32_t year;
  } cases[] = {
      {{3, 1}, "2027-06-10 12:00", 2027},  {{6, 10}, "2027-06-10 09:00", 2027},
      {{6, 10}, "2027-06-10 08:59", 2026},  // it is not over yet
      {{6, 11}, "2027-06-10 12:00", 2026}, {{12, 20}, "2027-01-05 12:00", 2026},
      {{1, 1}, "2027-12-31 23:59", 2027},  {{2, 29}, "2027-02-28 09:00", 2027},  // kept on the 28th
      {{2, 29}, "2027-02-28 08:59", 2026},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(YearOwed(Corrected(c.to, c.when), Policy{}), c.year)
        << c.to.month << "-" << c.to.day << " " << c.when;
  }
  Celebrant never = Corrected({3, 1}, "2027-06-10 12:00");
  never.corrected_at = std::nullopt;
  EXPECT_EQ(YearOwed(never, Policy{}), std::nullopt);
  Celebrant silent = Corrected({3, 1}, "2027-06-10 12:00");
  silent.birthday = std::nullopt;
  EXPECT_EQ(YearOwed(silent, Policy{}), std::nullopt);
  // With lead days next year's comes before this year is over.
  EXPECT_EQ(YearOwed(Corrected({1, 3}, "2027-12-30 12:00"), {.lead_days = 7}), 2028);
}

TEST(OffTimes, AreBeforeGivingBeganAndWhileWhatWasSetWasOff) {
  const absl::Time began = At("2026-01-01 12:00");
  const OffTime before{absl::InfinitePast(), began};
  EXPECT_THAT(OffTimes(began, {}), ElementsAre(before));
  const absl::Time off = At("2026-03-01 12:00"), on = At("2026-05-01 12:00");
  const std::vector<Switched> set = {
      {At("2026-02-01 12:00"), true},  {off, false},
      {At("2026-04-01 12:00"), false}, {on, true},
      {At("2026-06-01 12:00"), true},  {At("2026-07-01 12:00"), false}};
  EXPECT_THAT(OffTimes(began, set),
              ElementsAre(before, OffTime{off, on},
                          OffTime{At("2026-07-01 12:00"), absl::InfiniteFuture()}));
}

TEST(YearOwed, IsNoneInWhichNobodyWasGivenAnythingWithinTheLateDays) {
  const Celebrant member = Corrected({3, 1}, "2027-06-10 12:00");
  Policy policy;
  const auto owed = [&](absl::Time from, absl::Time to) {
    policy.off = {{from, to}};
    return YearOwed(member, policy);
  };
  // Due on 1 March at 9; the late days end with the 31st.
  EXPECT_EQ(owed(absl::InfinitePast(), At("2027-04-01 00:00")), std::nullopt);
  EXPECT_EQ(owed(absl::InfinitePast(), At("2027-03-31 23:59")), 2027);
  EXPECT_EQ(owed(At("2027-03-01 09:00"), absl::InfiniteFuture()), std::nullopt);
  EXPECT_EQ(owed(At("2027-03-01 09:01"), absl::InfiniteFuture()), 2027);
  // It is as late as it is for everybody.
  policy.off = {{absl::InfinitePast(), At("2027-05-01 00:00")}};
  EXPECT_EQ(Judge(member, 2027, policy, {}, At("2027-06-10 12:00")).why, Withheld::kTooLate);
}

TEST(Owed, ComesAtOnceAndHoldsBackNoneAfterIt) {
  // What was said first was 1 December.
  const Celebrant member = Corrected({3, 1}, "2027-06-10 12:00");
  std::vector<Gift> gifts{GivenAt(2026, "2026-12-01 09:00")};
  const Verdict owed = Judge(member, 2027, Policy{}, gifts, At("2027-06-10 12:00"));
  EXPECT_EQ(owed.outcome, Outcome::kDue);
  EXPECT_EQ(owed.due_at, At("2027-06-10 12:00"));
  EXPECT_THAT(SentenceOf(owed, member, 2027, Policy{}, "USD", At("2027-06-10 12:10")),
              HasSubstr("for the birthday of 2027 are due since 2027-06-10 12:00"));

  gifts.push_back({.year = 2027, .due_at = *owed.due_at, .given_at = At("2027-06-10 12:15")});
  EXPECT_EQ(Judge(member, 2027, Policy{}, gifts, At("2027-06-10 12:30")).outcome, Outcome::kGiven);
  // 265 days later.
  const Verdict next = Judge(member, 2028, Policy{}, gifts, At("2028-03-01 09:00"));
  EXPECT_EQ(next.outcome, Outcome::kDue);
  EXPECT_EQ(next.due_at, At("2028-03-01 09:00"));
}

TEST(Owed, ComesUntilTheLateDaysAfterTheCorrectionAreOver) {
  // Made on the last of the late days after the birthday, it leaves as many.
  const Celebrant last_moment = Corrected({5, 11}, "2027-06-10 23:59");
  EXPECT_EQ(Judge(last_moment, 2027, Policy{}, {}, At("2027-06-11 00:01")).due_at,
            At("2027-05-11 09:00"));
  EXPECT_EQ(Judge(last_moment, 2027, Policy{}, {}, At("2027-07-10 23:59")).outcome, Outcome::kDue);
  EXPECT_EQ(Judge(last_moment, 2027, Policy{}, {}, At("2027-07-11 00:00")).why, Withheld::kTooLate);
  const Celebrant member = Corrected({3, 1}, "2027-06-10 12:00");
  EXPECT_EQ(Judge(member, 2027, Policy{}, {}, At("2027-07-10 23:59")).outcome, Outcome::kDue);
  EXPECT_EQ(Judge(member, 2027, Policy{}, {}, At("2027-07-11 00:00")).why, Withheld::kTooLate);
  EXPECT_EQ(Judge(member, 2027, {.late_days = 0}, {}, At("2027-06-10 23:59")).outcome,
            Outcome::kDue);
  EXPECT_EQ(Judge(member, 2027, {.late_days = 0}, {}, At("2027-06-11 00:00")).why,
            Withheld::kTooLate);
}

TEST(Owed, IsNothingThatWhoeverSaidItRightWouldNotHave) {
  const absl::Time now = At("2027-06-10 12:00");
  // Other years, before and after.
  for (const int year : {2025, 2026}) {
    EXPECT_EQ(Judge(Corrected({3, 1}, "2027-06-10 12:00"), year, Policy{}, {}, now).why,
              Withheld::kTooLate)
        << year;
  }
  // They were no member on that day, nor within the late days after it.
  const Celebrant newcomer = Corrected({3, 1}, "2027-06-10 12:00", "2027-04-15 12:00");
  EXPECT_EQ(Judge(newcomer, 2027, Policy{}, {}, now).why, Withheld::kJoinedLater);
  // This year's was there already, on the day that was said first.
  const Celebrant member = Corrected({3, 1}, "2027-06-10 12:00");
  EXPECT_EQ(
      Judge(member, 2027, Policy{}, std::vector{GivenAt(2027, "2027-05-01 09:00")}, now).outcome,
      Outcome::kGiven);
  // And a year that is about to be over, when one of the next came since.
  const Celebrant winter = Corrected({12, 20}, "2027-02-01 12:00", "2027-01-03 12:00");
  EXPECT_EQ(Judge(winter, 2026, Policy{}, std::vector{GivenAt(2027, "2027-01-05 09:00")},
                  At("2027-02-01 12:00"))
                .why,
            Withheld::kRecentGift);
  EXPECT_EQ(Judge(winter, 2026, Policy{}, {}, At("2027-02-01 12:00")).outcome, Outcome::kDue);
}

TEST(Owed, AsksForWhateverOtherGiftsAskFor) {
  const absl::Time now = At("2027-06-10 12:00");
  Celebrant member = Corrected({3, 1}, "2027-06-10 12:00");
  EXPECT_EQ(Judge(member, 2027, {.enabled = false}, {}, now).why, Withheld::kPolicyOff);
  member.state = ledger::MemberState::kSuspended;
  EXPECT_EQ(Judge(member, 2027, Policy{}, {}, now).why, Withheld::kMemberState);
  member.state = ledger::MemberState::kActive;
  member.no_celebrations = true;
  EXPECT_EQ(Judge(member, 2027, Policy{}, {}, now).why, Withheld::kNoCelebrations);
}

// Four years, looked at every other day as runs look: gifts by birthday year.
std::map<int32_t, int> GiftsOfFourYears(MonthDay first, MonthDay right, absl::Time corrected,
                                        const Policy& policy) {
  std::vector<Gift> gifts;
  for (absl::Time now = At("2026-01-01 12:00"); now < At("2030-02-01 12:00");
       now += absl::Hours(48)) {
    Celebrant member{.birthday = first, .zone = Zurich(), .enrolled_at = At("2025-06-01 00:00")};
    std::set<int32_t> years;
    if (now >= corrected) {
      member.birthday = right;
      member.corrected_at = corrected;
      if (const auto owed = YearOwed(member, policy)) years.insert(*owed);
    }
    const DaySpan span = SpanOfRun(now, now - absl::Hours(48), policy, Zurich());
    if (const auto year = YearWithin(*member.birthday, span, policy.leap_day_rule)) {
      years.insert(*year);
    }
    for (const int32_t year : years) {
      const Verdict verdict = Judge(member, year, policy, gifts, now);
      if (verdict.outcome != Outcome::kDue || *verdict.due_at > now) continue;
      gifts.push_back({.year = year, .due_at = *verdict.due_at, .given_at = now});
    }
  }
  std::map<int32_t, int> by_year;
  for (const Gift& gift : gifts) ++by_year[gift.year];
  return by_year;
}

TEST(Owed, SoEveryBirthdayYearHasItsGiftWheneverTheDayIsCorrected) {
  const MonthDay days[] = {{1, 2}, {2, 29}, {4, 30}, {7, 1}, {10, 15}, {12, 31}};
  const Policy policies[] = {{}, {.lead_days = 3, .late_days = 5}, {.late_days = 2}};
  for (const Policy& policy : policies) {
    for (const MonthDay& first : days) {
      for (const MonthDay& right : days) {
        if (first.month == right.month) continue;
        for (int i = 0; i < 12; ++i) {
          const absl::Time corrected = At("2027-01-10 15:00") + absl::Hours(24 * 61 * i);
          const auto gifts = GiftsOfFourYears(first, right, corrected, policy);
          for (const int year : {2027, 2028, 2029}) {
            const auto found = gifts.find(year);
            ASSERT_EQ(found == gifts.end() ? 0 : found->second, 1)
                << year << ": " << first.month << "-" << first.day << " corrected to "
                << right.month << "-" << right.day << " at " << LocalText(corrected, Zurich())
                << ", late days " << policy.late_days;
          }
        }
      }
    }
  }
}

TEST(CheckTiersAmong, NamesTheTierThatIsNotThereAndThoseThatAre) {
  Policy policy;
  EXPECT_TRUE(CheckTiersAmong({}, policy).ok());
  policy.tiers = {{"gold", OfPoints(500)}, {"platinum", OfPoints(900)}};
  EXPECT_TRUE(CheckTiersAmong({"base", "gold", "platinum"}, policy).ok());
  const absl::Status unknown = CheckTiersAmong({"base", "gold"}, policy);
  EXPECT_EQ(ReasonOf(unknown), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(unknown), "policy.tier_gifts[1].tier");
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("no tier platinum; it has base, gold"));
  EXPECT_THAT(std::string(CheckTiersAmong({}, policy).message()),
              HasSubstr("no tier policy in force"));
}

}  // namespace
}  // namespace gratis::birthdays
