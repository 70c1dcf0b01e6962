#include "services/birthdays/birthday_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/status/reasons.h"

namespace gratis::birthdays {
namespace birthday_rules_test {
namespace {

using ::testing::HasSubstr;

absl::TimeZone Zone(const std::string& name) { return base::LoadZone(name).value(); }

// "2027-03-01 09:00" in `zone`.
absl::Time At(const std::string& local, const std::string& zone = "UTC") {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, Zone(zone), &time, &error)) << error;
  return time;
}

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", time, absl::UTCTimeZone());
}

absl::CivilDay Day(const std::string& text) { return base::ParseDay(text).value(); }

Celebrant BornOn(MonthDay birthday, const std::string& zone = "Europe/Zurich",
                 const std::string& enrolled = "2020-01-01 00:00") {
  return {.birthday = birthday, .zone = Zone(zone), .enrolled_at = At(enrolled)};
}

Gift GivenAt(int32_t year, const std::string& time) {
  return {.year = year,
          .transaction = {},
          .offer = OfPoints(100),
          .due_at = At(time),
          .given_at = At(time)};
}

TEST(KeptOn, LeapDayMovesInCommonYearsOnlyAndOnlyAsThePolicySays) {
  const struct {
    MonthDay birthday;
    int year;
    const char* on_february_28;
    const char* on_march_1;
  } cases[] = {
      {{2, 29}, 2027, "2027-02-28", "2027-03-01"},  {{2, 29}, 2028, "2028-02-29", "2028-02-29"},
      {{2, 29}, 2100, "2100-02-28", "2100-03-01"},  {{2, 29}, 2000, "2000-02-29", "2000-02-29"},
      {{2, 29}, 1900, "1900-02-28", "1900-03-01"},  {{2, 28}, 2027, "2027-02-28", "2027-02-28"},
      {{2, 28}, 2028, "2028-02-28", "2028-02-28"},  {{3, 1}, 2027, "2027-03-01", "2027-03-01"},
      {{12, 31}, 9999, "9999-12-31", "9999-12-31"}, {{1, 1}, 2027, "2027-01-01", "2027-01-01"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(base::FormatDay(KeptOn(c.birthday, c.year, LeapDayRule::kFebruary28)),
              c.on_february_28);
    EXPECT_EQ(base::FormatDay(KeptOn(c.birthday, c.year, LeapDayRule::kMarch1)), c.on_march_1);
  }
}

TEST(DueAt, IsTheLocalHourInTheMembersZone) {
  const struct {
    const char* zone;
    const char* kept_on;
    int hour;
    const char* due_utc;
  } cases[] = {
      {"UTC", "2027-06-15", 9, "2027-06-15 09:00"},
      {"Europe/Zurich", "2027-06-15", 9, "2027-06-15 07:00"},
      {"Europe/Zurich", "2027-01-15", 9, "2027-01-15 08:00"},
      {"America/New_York", "2027-06-15", 9, "2027-06-15 13:00"},
      {"America/New_York", "2027-06-15", 23, "2027-06-16 03:00"},
      {"Asia/Tokyo", "2027-06-15", 0, "2027-06-14 15:00"},
      // Half and quarter hours.
      {"Asia/Kolkata", "2027-06-15", 9, "2027-06-15 03:30"},
      {"Asia/Kathmandu", "2027-06-15", 9, "2027-06-15 03:15"},
      {"Australia/Eucla", "2027-06-15", 9, "2027-06-15 00:15"},
      {"Pacific/Chatham", "2027-06-15", 9, "2027-06-14 20:15"},
      {"Pacific/Chatham", "2027-01-15", 9, "2027-01-14 19:15"},
      {"Pacific/Marquesas", "2027-06-15", 9, "2027-06-15 18:30"},
      {"America/St_Johns", "2027-06-15", 9, "2027-06-15 11:30"},
      {"Australia/Lord_Howe", "2027-06-15", 9, "2027-06-14 22:30"},
      // Both sides of the date line.
      {"Pacific/Kiritimati", "2027-06-15", 9, "2027-06-14 19:00"},
      {"Pacific/Pago_Pago", "2027-06-15", 9, "2027-06-15 20:00"},
      {"Etc/GMT+12", "2027-06-15", 23, "2027-06-16 11:00"},
      {"Pacific/Apia", "2027-06-15", 9, "2027-06-14 20:00"},
      // The clock jumps over the hour: the moment of the jump.
      {"Europe/Zurich", "2027-03-28", 2, "2027-03-28 01:00"},
      {"America/New_York", "2027-03-14", 2, "2027-03-14 07:00"},
      {"America/Havana", "2026-03-08", 0, "2026-03-08 05:00"},
      {"Australia/Lord_Howe", "2026-10-04", 2, "2026-10-03 15:30"},
      // The clock jumps over the whole day.
      {"Pacific/Apia", "2011-12-30", 9, "2011-12-30 10:00"},
      // The hour comes twice: the first.
      {"Europe/Zurich", "2027-10-31", 2, "2027-10-31 00:00"},
      {"America/New_York", "2027-11-07", 1, "2027-11-07 05:00"},
      {"America/Havana", "2026-11-01", 0, "2026-11-01 04:00"},
      // Around the change, not at it.
      {"Europe/Zurich", "2027-03-28", 3, "2027-03-28 01:00"},
      {"Europe/Zurich", "2027-03-28", 9, "2027-03-28 07:00"},
      {"Europe/Zurich", "2027-10-31", 3, "2027-10-31 02:00"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Utc(DueAt(Day(c.kept_on), {.local_hour = c.hour}, Zone(c.zone))), c.due_utc)
        << c.zone << " " << c.kept_on << " " << c.hour;
  }
}

TEST(DueAt, LeadDaysReachOverNewYearAndOverTheClockChange) {
  EXPECT_EQ(Utc(DueAt(Day("2028-01-03"), {.lead_days = 7}, Zone("Europe/Zurich"))),
            "2027-12-27 08:00");
  EXPECT_EQ(Utc(DueAt(Day("2027-04-02"), {.lead_days = 7}, Zone("Europe/Zurich"))),
            "2027-03-26 08:00");
  EXPECT_EQ(Utc(DueAt(Day("2028-03-01"), {.lead_days = 1}, Zone("UTC"))), "2028-02-29 09:00");
}

TEST(Judge, GiftIsDueFromTheGivingHourUntilTheLastLateDayEnds) {
  const Celebrant member = BornOn({6, 15});
  const struct {
    const char* now;  // in Zurich
    Outcome outcome;
  } cases[] = {
      {"2027-01-01 00:00", Outcome::kDue},      {"2027-06-15 08:59", Outcome::kDue},
      {"2027-06-15 09:00", Outcome::kDue},      {"2027-07-15 23:59", Outcome::kDue},
      {"2027-07-16 00:00", Outcome::kWithheld}, {"2031-01-01 00:00", Outcome::kWithheld},
  };
  for (const auto& c : cases) {
    const Verdict verdict = Judge(member, 2027, Policy{}, {}, At(c.now, "Europe/Zurich"));
    EXPECT_EQ(verdict.outcome, c.outcome) << c.now;
    EXPECT_EQ(verdict.due_at, At("2027-06-15 09:00", "Europe/Zurich")) << c.now;
    if (c.outcome == Outcome::kWithheld) {
      EXPECT_EQ(verdict.why, Withheld::kTooLate);
    }
  }
}

TEST(Judge, CorrectedDateAfterTheGiftMovesNextYearOnly) {
  Celebrant member = BornOn({1, 15});
  const std::vector<Gift> gifts{
      {.year = 2027, .given_at = At("2027-12-20 09:00", "Europe/Zurich")}};
  const absl::Time now = At("2028-01-15 09:00", "Europe/Zurich");
  EXPECT_EQ(Judge(member, 2028, Policy{}, gifts, now).why, Withheld::kRecentGift);
  member.corrected_at = At("2027-12-27 12:00", "Europe/Zurich");
  EXPECT_EQ(Judge(member, 2028, Policy{}, gifts, now).outcome, Outcome::kDue);
  EXPECT_EQ(Judge(member, 2028, Policy{}, gifts, now).due_at, now);
  // What was given for the year stays given, and a correction before the gift waives nothing.
  EXPECT_EQ(Judge(member, 2027, Policy{}, gifts, now).outcome, Outcome::kGiven);
  member.corrected_at = At("2027-12-01 12:00", "Europe/Zurich");
  EXPECT_EQ(Judge(member, 2028, Policy{}, gifts, now).why, Withheld::kRecentGift);
}

TEST(Judge, ASecondCorrectionBringsNoGiftForwardAgain) {
  Celebrant member = BornOn({3, 1});
  // Noted once; the gift of December 2028 came after it.
  member.corrected_at = At("2027-12-27 12:00", "Europe/Zurich");
  const std::vector<Gift> gifts{
      {.year = 2027, .given_at = At("2027-12-20 09:00", "Europe/Zurich")},
      {.year = 2028, .given_at = At("2028-12-10 09:00", "Europe/Zurich")}};
  const absl::Time now = At("2029-03-01 09:00", "Europe/Zurich");
  EXPECT_EQ(Judge(member, 2029, Policy{}, gifts, now).why, Withheld::kRecentGift);
}

TEST(Judge, GiftsAreForThoseInGoodStanding) {
  using ledger::MemberState;
  Celebrant member = BornOn({6, 15});
  const absl::Time now = At("2027-06-15 09:00", "Europe/Zurich");
  for (const MemberState state :
       {MemberState::kSuspended, MemberState::kRestricted, MemberState::kDeceased,
        MemberState::kClosed, MemberState::kErased}) {
    member.state = state;
    const Verdict verdict = Judge(member, 2027, Policy{}, {}, now);
    EXPECT_EQ(verdict.why, Withheld::kMemberState) << ledger::NameOf(state);
    EXPECT_TRUE(verdict.due_at.has_value());
  }
  member.state = MemberState::kEarnOnly;
  EXPECT_EQ(Judge(member, 2027, Policy{}, {}, now).outcome, Outcome::kDue);
}

TEST(Judge, WithoutLateDaysTheGiftComesOnTheDayOrNotAtAll) {
  const Policy policy{.late_days = 0};
  const Celebrant member = BornOn({6, 15}, "Pacific/Kiritimati");
  EXPECT_EQ(Judge(member, 2027, policy, {}, At("2027-06-15 23:59", "Pacific/Kiritimati")).outcome,
            Outcome::kDue);
  EXPECT_EQ(Judge(member, 2027, policy, {}, At("2027-06-16 00:00", "Pacific/Kiritimati")).why,
            Withheld::kTooLate);
}

TEST(Judge, WhoeverJoinedShortlyAfterTheBirthdayGetsABelatedGiftAtOnce) {
  const struct {
    const char* enrolled;  // in Zurich
    std::optional<Withheld> why;
    const char* due;
  } cases[] = {
      {"2027-06-14 12:00", std::nullopt, "2027-06-15 09:00"},
      {"2027-06-15 08:00", std::nullopt, "2027-06-15 09:00"},
      {"2027-06-15 18:30", std::nullopt, "2027-06-15 18:30"},
      {"2027-07-15 23:59", std::nullopt, "2027-07-15 23:59"},
      {"2027-07-16 00:00", Withheld::kJoinedLater, "2027-06-15 09:00"},
      {"2029-01-01 00:00", Withheld::kJoinedLater, "2027-06-15 09:00"},
  };
  for (const auto& c : cases) {
    Celebrant member = BornOn({6, 15});
    member.enrolled_at = At(c.enrolled, "Europe/Zurich");
    const Verdict verdict = Judge(member, 2027, Policy{}, {}, member.enrolled_at);
    EXPECT_EQ(verdict.why, c.why) << c.enrolled;
    EXPECT_EQ(verdict.due_at, At(c.due, "Europe/Zurich")) << c.enrolled;
  }
}

TEST(Judge, ReasonsInTheirOrder) {
  const absl::Time now = At("2027-06-20 12:00");
  const Gift gift = GivenAt(2027, "2027-06-15 10:00");
  const Policy off{.enabled = false};

  const Verdict given = Judge(BornOn({6, 15}), 2027, off, {gift}, now);
  EXPECT_EQ(given.outcome, Outcome::kGiven);
  EXPECT_EQ(given.gift->offer, OfPoints(100));
  EXPECT_EQ(given.due_at, gift.due_at);

  Celebrant unknown = BornOn({6, 15});
  unknown.birthday = std::nullopt;
  EXPECT_EQ(Judge(unknown, 2027, off, {}, now).why, Withheld::kNoBirthday);
  EXPECT_EQ(Judge(unknown, 2027, off, {}, now).due_at, std::nullopt);
  EXPECT_EQ(Judge(unknown, 2027, off, {gift}, now).outcome, Outcome::kGiven);

  EXPECT_EQ(Judge(BornOn({6, 15}), 2027, off, {}, now).why, Withheld::kPolicyOff);

  Celebrant quiet = BornOn({6, 15});
  quiet.no_celebrations = true;
  EXPECT_EQ(Judge(quiet, 2027, off, {}, now).why, Withheld::kPolicyOff);
  EXPECT_EQ(Judge(quiet, 2027, Policy{}, {}, now).why, Withheld::kNoCelebrations);
  EXPECT_EQ(Judge(quiet, 2027, Policy{}, {gift}, now).outcome, Outcome::kGiven);
  EXPECT_EQ(Judge(BornOn({6, 15}), 2027, Policy{}, {}, now).why, std::nullopt);
}

TEST(Judge, NoGiftWithin300DaysOfTheLastWhateverItsYear) {
  // The birthday moved from December to January: another birthday year, but three weeks later.
  const Gift december = GivenAt(2027, "2027-12-20 09:00");
  EXPECT_EQ(Judge(BornOn({1, 10}), 2028, Policy{}, {december}, At("2028-01-10 12:00")).why,
            Withheld::kRecentGift);
  EXPECT_EQ(Judge(BornOn({1, 10}), 2029, Policy{}, {december}, At("2029-01-10 12:00")).outcome,
            Outcome::kDue);
  // It moved back over New Year after a gift that came early.
  const Gift early = GivenAt(2028, "2027-12-20 09:00");
  EXPECT_EQ(Judge(BornOn({12, 28}), 2027, Policy{}, {early}, At("2027-12-28 12:00")).why,
            Withheld::kRecentGift);
  // A gift that came when this birthday's were long over has nothing to do with it.
  const Gift next = GivenAt(2028, "2028-06-15 09:00");
  EXPECT_EQ(Judge(BornOn({6, 15}), 2027, Policy{}, {next}, At("2028-07-01 12:00")).why,
            Withheld::kTooLate);
}

TEST(Judge, OfSeveralGiftsTheLastOneCounts) {
  const Gift before = GivenAt(2026, "2026-12-20 09:00");
  const Gift early = GivenAt(2028, "2027-12-20 09:00");
  for (const auto& gifts : {std::vector{before, early}, std::vector{early, before}}) {
    EXPECT_EQ(Judge(BornOn({12, 28}), 2027, Policy{}, gifts, At("2027-12-28 12:00")).why,
              Withheld::kRecentGift);
  }
}

TEST(Judge, WaitsFor300DaysWhenTheyEndBeforeTheLateDaysDo) {
  const Gift last = GivenAt(2026, "2026-09-01 12:00");
  const Celebrant member = BornOn({6, 15}, "UTC");
  // 2026-09-01 and 300 days: 2027-06-28, within 30 days of the birthday.
  const Verdict verdict = Judge(member, 2027, Policy{}, {last}, At("2027-06-15 12:00"));
  EXPECT_EQ(verdict.outcome, Outcome::kDue);
  EXPECT_EQ(verdict.due_at, At("2027-06-28 09:00"));
  EXPECT_EQ(Judge(member, 2027, {.late_days = 12}, {last}, At("2027-06-15 12:00")).why,
            Withheld::kRecentGift);
  EXPECT_EQ(Judge(member, 2027, {.late_days = 13}, {last}, At("2027-06-15 12:00")).why,
            std::nullopt);
}

TEST(Judge, TheLatestGiftOfOneYearNeverTakesTheEarliestOfTheNext) {
  const Policy policy{.lead_days = kMaxLeadDays, .late_days = kMaxLateDays};
  for (int year = 2023; year <= 2030; ++year) {
    for (const MonthDay birthday : {MonthDay{1, 1}, {2, 28}, {2, 29}, {3, 1}, {12, 31}}) {
      const Celebrant member = BornOn(birthday, "UTC");
      const absl::CivilDay last_day =
          KeptOn(birthday, year, policy.leap_day_rule) + policy.late_days;
      const Gift last = GivenAt(year, base::FormatDay(last_day) + " 23:59");
      const absl::CivilDay next = KeptOn(birthday, year + 1, policy.leap_day_rule);
      const Verdict verdict = Judge(member, year + 1, policy, {last}, last.given_at);
      EXPECT_EQ(verdict.due_at, DueAt(next, policy, member.zone));
      EXPECT_EQ(verdict.outcome, Outcome::kDue);
    }
  }
}

const char* const kZones[] = {"UTC",
                              "Etc/GMT+12",
                              "Pacific/Kiritimati",
                              "Pacific/Pago_Pago",
                              "Pacific/Apia",
                              "Pacific/Chatham",
                              "Asia/Kathmandu",
                              "Australia/Lord_Howe",
                              "America/St_Johns",
                              "America/Los_Angeles",
                              "Europe/Zurich"};

// Whether a search by month and day from `asked.first` to `asked.last` finds `birthday`.
bool Finds(const DaySpan& asked, MonthDay birthday) {
  for (absl::CivilDay day = asked.first; day <= asked.last; ++day) {
    if (day.month() == birthday.month && day.day() == birthday.day) return true;
    // 29 February lies between these two days of a common year.
    if (birthday.month == 2 && birthday.day == 29 && day.month() == 2 && day.day() == 28 &&
        day < asked.last) {
      return true;
    }
  }
  return false;
}

// Whoever is due as of a moment is in the span of that moment's run, and found by month and day in
// the widened span, wherever on earth program and member are.
TEST(SpanOfRun, HoldsEveryoneWhoIsDue) {
  const Policy policies[] = {
      {},
      {.local_hour = 0, .late_days = 0},
      {.local_hour = 0, .lead_days = 35, .late_days = 0},
      {.local_hour = 23, .lead_days = 3, .late_days = 7, .leap_day_rule = LeapDayRule::kMarch1}};
  int due = 0;
  const auto check = [&](const Policy& policy, const char* program_zone, absl::Time now,
                         MonthDay birthday, int year) {
    const DaySpan span = SpanOfRun(now, now, policy, Zone(program_zone));
    for (const char* zone : kZones) {
      const Verdict verdict = Judge(BornOn(birthday, zone), year, policy, {}, now);
      if (verdict.outcome != Outcome::kDue || *verdict.due_at > now) continue;
      ++due;
      ASSERT_EQ(YearWithin(birthday, span, policy.leap_day_rule), year)
          << zone << " in " << program_zone << " " << Utc(now) << " " << *verdict.kept_on;
      ASSERT_TRUE(Finds(Widened(span), birthday)) << *verdict.kept_on;
    }
  };
  for (const Policy& policy : policies) {
    for (const char* program_zone : {"Etc/GMT+12", "Pacific/Kiritimati", "Europe/Zurich"}) {
      for (const char* first : {"2027-02-24", "2028-02-24", "2027-12-26"}) {
        for (int hours = 0; hours < 24 * 9; hours += 7) {
          const absl::Time now = At(std::string(first) + " 00:00") + absl::Hours(hours);
          const absl::CivilDay today = base::DayOf(now, absl::UTCTimeZone());
          for (const int away : {-32, -31, -30, -9, -8, -7, -2, -1, 0, 1, 2, 3, 4, 5, 34, 35, 36}) {
            const absl::CivilDay day = today + away;
            check(policy, program_zone, now, {day.month(), day.day()},
                  static_cast<int>(day.year()));
          }
          check(policy, program_zone, now, {2, 29}, 2027);
          check(policy, program_zone, now, {2, 29}, 2028);
        }
      }
    }
  }
  EXPECT_GT(due, 10'000);
}

TEST(SpanOfRun, ReachesBackToTheLastRunButNeverOverAYear) {
  const Policy policy{.lead_days = 2, .late_days = 10};
  const absl::TimeZone zone = Zone("Europe/Zurich");
  const absl::Time now = At("2027-06-15 00:30", "Europe/Zurich");
  const auto span = [&](std::optional<absl::Time> ran_through) {
    const DaySpan s = SpanOfRun(now, ran_through, policy, zone);
    return base::FormatDay(s.first) + " " + base::FormatDay(s.last);
  };
  EXPECT_EQ(span(std::nullopt), "2027-06-03 2027-06-19");
  EXPECT_EQ(span(now), "2027-06-03 2027-06-19");
  EXPECT_EQ(span(now + absl::Hours(100)), "2027-06-03 2027-06-19");
  EXPECT_EQ(span(At("2027-05-15 12:00")), "2027-05-03 2027-06-19");
  EXPECT_EQ(span(At("2019-05-15 12:00")), "2026-06-22 2027-06-19");
  const DaySpan widest = Widened(SpanOfRun(now, At("2019-05-15 12:00"), policy, zone));
  EXPECT_LE(widest.last - widest.first, 366);
}

TEST(Widened, FindsTheLeapDayAlsoWhenItIsKeptOnTheFirstOrLastDay) {
  EXPECT_TRUE(Finds(Widened({Day("2027-03-01"), Day("2027-03-09")}), {2, 29}));
  EXPECT_TRUE(Finds(Widened({Day("2027-02-20"), Day("2027-02-28")}), {2, 29}));
}

TEST(YearWithin, IsTheYearOfTheDayTheBirthdayIsKeptOn) {
  const DaySpan over_new_year{Day("2027-12-20"), Day("2028-01-10")};
  EXPECT_EQ(YearWithin({12, 25}, over_new_year, LeapDayRule::kMarch1), 2027);
  EXPECT_EQ(YearWithin({1, 10}, over_new_year, LeapDayRule::kMarch1), 2028);
  EXPECT_EQ(YearWithin({1, 11}, over_new_year, LeapDayRule::kMarch1), std::nullopt);
  EXPECT_EQ(YearWithin({12, 19}, over_new_year, LeapDayRule::kMarch1), std::nullopt);

  const DaySpan march{Day("2027-03-01"), Day("2027-03-31")};
  EXPECT_EQ(YearWithin({2, 29}, march, LeapDayRule::kMarch1), 2027);
  EXPECT_EQ(YearWithin({2, 29}, march, LeapDayRule::kFebruary28), std::nullopt);
  const DaySpan february{Day("2027-02-01"), Day("2027-02-28")};
  EXPECT_EQ(YearWithin({2, 29}, february, LeapDayRule::kMarch1), std::nullopt);
  EXPECT_EQ(YearWithin({2, 29}, february, LeapDayRule::kFebruary28), 2027);
}

// Eight years of decisions every two hours, rules only: one gift for each birthday, on the day,
// whatever the leap-day rule, the zone and the lead.
TEST(Judge, EightYearsBringEightGiftsOnTheDay) {
  for (const LeapDayRule rule : {LeapDayRule::kFebruary28, LeapDayRule::kMarch1}) {
    for (const char* zone : {"Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu"}) {
      for (const MonthDay birthday : {MonthDay{2, 29}, {1, 2}, {12, 31}, {7, 1}}) {
        const Policy policy{.lead_days = 3, .late_days = 5, .leap_day_rule = rule};
        const Celebrant member = BornOn(birthday, zone);
        std::vector<Gift> gifts;
        for (absl::Time now = At("2026-04-20 00:00"); now < At("2034-04-20 00:00");
             now += absl::Hours(2)) {
          const DaySpan span = SpanOfRun(now, now, policy, Zone("Europe/Zurich"));
          const std::optional<int32_t> year = YearWithin(birthday, span, rule);
          if (!year) continue;
          const Verdict verdict = Judge(member, *year, policy, gifts, now);
          if (verdict.outcome != Outcome::kDue || *verdict.due_at > now) continue;
          gifts.push_back({.year = *year,
                           .transaction = {},
                           .offer = OfPoints(1),
                           .due_at = *verdict.due_at,
                           .given_at = now});
          EXPECT_LT(now - *verdict.due_at, absl::Hours(2));
          EXPECT_EQ(base::DayOf(now, member.zone), KeptOn(birthday, *year, rule) - 3);
        }
        EXPECT_EQ(gifts.size(), 8U) << zone << " " << birthday.month << "-" << birthday.day;
      }
    }
  }
}

TEST(CheckPolicy, NamesTheFieldThatIsOutOfRange) {
  EXPECT_TRUE(CheckPolicy(Policy{}).ok());
  EXPECT_TRUE(CheckPolicy({.offer = OfPoints(1'000'000), .local_hour = 23, .lead_days = 35}).ok());
  EXPECT_TRUE(CheckPolicy({.offer = OfPoints(1), .local_hour = 0, .late_days = 0}).ok());
  const struct {
    Policy policy;
    const char* field;
  } cases[] = {
      {{.offer = OfPoints(0)}, "policy.gift.points"},
      {{.offer = OfPoints(-5)}, "policy.gift.points"},
      {{.offer = OfPoints(1'000'001)}, "policy.gift.points"},
      {{.local_hour = -1}, "policy.local_hour"},
      {{.local_hour = 24}, "policy.local_hour"},
      {{.lead_days = -1}, "policy.lead_days"},
      {{.lead_days = 36}, "policy.lead_days"},
      {{.late_days = -1}, "policy.late_days"},
      {{.late_days = 31}, "policy.late_days"},
      {{.leap_day_rule = LeapDayRule{0}}, "policy.leap_day_rule"},
      {{.leap_day_rule = LeapDayRule{3}}, "policy.leap_day_rule"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckPolicy(c.policy);
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << c.field;
    EXPECT_EQ(FieldOf(status), c.field);
  }
}

std::string Sentence(const Celebrant& member, int year, const Policy& policy,
                     std::vector<Gift> gifts, const std::string& now) {
  const Verdict verdict = Judge(member, year, policy, gifts, At(now));
  return SentenceOf(verdict, member, year, policy, "USD", At(now));
}

TEST(SentenceOf, SaysWhatHappensAndWhen) {
  const Celebrant member = BornOn({6, 15});
  EXPECT_EQ(Sentence(member, 2027, {}, {GivenAt(2027, "2027-06-15 07:01")}, "2027-06-20 00:00"),
            "100 points were given for the birthday of 2027 at 2027-06-15 09:01 Europe/Zurich.");
  EXPECT_EQ(Sentence(member, 2027, {.offer = OfPoints(1)}, {}, "2027-06-10 00:00"),
            "1 point will be given for the birthday of 2027 at 2027-06-15 09:00 Europe/Zurich.");
  EXPECT_THAT(Sentence(member, 2027, {}, {}, "2027-06-15 08:00"), HasSubstr("with the next run"));
  EXPECT_THAT(Sentence(BornOn({2, 29}), 2027, {}, {}, "2027-01-01 00:00"),
              HasSubstr("(29 February, kept on 2027-02-28)"));
  EXPECT_THAT(Sentence(member, 2027, {.enabled = false}, {}, "2027-01-01 00:00"),
              HasSubstr("gives no birthday gifts"));
  EXPECT_THAT(Sentence(member, 2019, {}, {}, "2027-01-01 00:00"),
              HasSubstr("joined at 2020-01-01 01:00 Europe/Zurich, more than 30 days after"));
  EXPECT_THAT(Sentence(member, 2025, {}, {}, "2027-01-01 00:00"),
              HasSubstr("more than 30 days ago"));
  EXPECT_THAT(
      Sentence(BornOn({1, 10}), 2028, {}, {GivenAt(2027, "2027-12-20 09:00")}, "2028-01-10 12:00"),
      HasSubstr("less than 300 days before"));
}

}  // namespace
}  // namespace birthday_rules_test
}  // namespace gratis::birthdays
