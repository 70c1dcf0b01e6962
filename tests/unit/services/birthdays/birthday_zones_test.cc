#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "services/birthdays/birthday_rules.h"

// Every zone of the tz database that this machine has, old names included.
namespace gratis::birthdays {
namespace {

constexpr char kDatabase[] = "/usr/share/zoneinfo";

struct NamedZone {
  std::string name;
  absl::TimeZone zone;
};

const std::vector<NamedZone>& AllZones() {
  static const auto& zones = *new std::vector<NamedZone>([] {
    std::vector<NamedZone> found;
    namespace fs = std::filesystem;
    for (const auto& entry : fs::recursive_directory_iterator(kDatabase)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = fs::relative(entry.path(), kDatabase).string();
      // The same zones by other rules, and what is no zone.
      if (absl::StartsWith(name, "right/") || absl::StartsWith(name, "posix")) continue;
      const absl::StatusOr<absl::TimeZone> zone = base::LoadZone(name);
      if (zone.ok()) found.push_back({name, *zone});
    }
    return found;
  }());
  return zones;
}

// Days of a common and of a leap year, the clock changes of both among them.
std::vector<absl::CivilDay> AllDays() {
  std::vector<absl::CivilDay> days;
  for (absl::CivilDay day(2027, 1, 1); day < absl::CivilDay(2029, 1, 1); ++day) {
    days.push_back(day);
  }
  return days;
}

TEST(EveryZone, IsThere) { EXPECT_GT(AllZones().size(), 300U); }

TEST(EveryZone, GivesAtItsOwnGivingHourOnceADayAlsoWhereTheClockChanges) {
  int skipped = 0;
  int repeated = 0;
  for (const auto& [name, zone] : AllZones()) {
    for (const int hour : {0, 1, 2, 9}) {
      absl::Time before = absl::InfinitePast();
      for (const absl::CivilDay day : AllDays()) {
        const absl::Time due = DueAt(day, {.local_hour = hour}, zone);
        ASSERT_GT(due, before) << name << " " << day << " " << hour;
        before = due;
        const auto wanted = zone.At(absl::CivilSecond(day.year(), day.month(), day.day(), hour));
        const absl::CivilSecond local = absl::ToCivilSecond(due, zone);
        if (wanted.kind == absl::TimeZone::TimeInfo::SKIPPED) {
          ++skipped;
          // The moment of the jump: an instant earlier it was not that hour yet.
          const absl::CivilSecond hour_of_day(day.year(), day.month(), day.day(), hour);
          ASSERT_GE(local, hour_of_day) << name << " " << day;
          ASSERT_LT(absl::ToCivilSecond(due - absl::Seconds(1), zone), hour_of_day)
              << name << " " << day;
          continue;
        }
        ASSERT_EQ(local, absl::CivilSecond(day.year(), day.month(), day.day(), hour))
            << name << " " << day;
        if (wanted.kind == absl::TimeZone::TimeInfo::REPEATED) {
          ++repeated;
          ASSERT_EQ(due, wanted.pre) << name << " " << day;
          ASSERT_LT(due, wanted.post) << name << " " << day;
        }
      }
    }
  }
  EXPECT_GT(skipped, 100);
  EXPECT_GT(repeated, 100);
}

TEST(EveryZone, GivesAtQuarterHoursSoThatARunEachQuarterHourIsNeverLate) {
  for (const auto& [name, zone] : AllZones()) {
    for (const absl::CivilDay day : AllDays()) {
      const absl::Time due = DueAt(day, Policy{}, zone);
      ASSERT_EQ(absl::ToUnixSeconds(due) % 900, 0) << name << " " << day;
    }
  }
}

TEST(EveryZone, IsLookedAtByARunAsSoonAsItsGiftIsDueWhereverTheProgramIs) {
  const std::vector<absl::TimeZone> programs = {*base::LoadZone("Pacific/Kiritimati"),
                                                *base::LoadZone("Etc/GMT+12"),
                                                *base::LoadZone("Europe/Zurich")};
  const std::vector<MonthDay> birthdays = {{1, 1}, {1, 3}, {2, 28}, {2, 29}, {3, 1}, {12, 31}};
  for (const auto& [name, zone] : AllZones()) {
    for (const MonthDay birthday : birthdays) {
      for (const LeapDayRule rule : {LeapDayRule::kFebruary28, LeapDayRule::kMarch1}) {
        for (const int lead_days : {0, 7, 35}) {
          for (const int year : {2027, 2028}) {
            const Policy policy{.local_hour = 23, .lead_days = lead_days, .leap_day_rule = rule};
            const absl::CivilDay kept_on = KeptOn(birthday, year, rule);
            const absl::Time due = DueAt(kept_on, policy, zone);
            for (const absl::TimeZone& program : programs) {
              // Nothing ran before; and from the first moment to the last that it may come.
              for (const absl::Time now :
                   {due,
                    base::StartOfDay(kept_on + policy.late_days + 1, zone) - absl::Seconds(1)}) {
                const DaySpan span = SpanOfRun(now, std::nullopt, policy, program);
                ASSERT_EQ(YearWithin(birthday, span, rule), year)
                    << name << " " << birthday.month << "-" << birthday.day << " lead "
                    << lead_days;
                const Celebrant member{birthday, zone, absl::UnixEpoch()};
                ASSERT_EQ(Judge(member, year, policy, {}, now).outcome, Outcome::kDue) << name;
              }
            }
          }
        }
      }
    }
  }
}

// Where the clock jumps over it to the next day, or over the whole day.
TEST(GivingHour, ThatIsSkippedIntoTheNextDayIsGivenThenAlsoWithoutLateDays) {
  const struct {
    const char* zone;
    MonthDay birthday;
    int32_t year;
    int hour;
    const char* due;  // local
  } cases[] = {
      {"America/Nuuk", {3, 27}, 2027, 23, "2027-03-28 00:00"},
      {"Pacific/Apia", {12, 30}, 2011, 9, "2011-12-31 00:00"},
  };
  for (const auto& c : cases) {
    const absl::TimeZone zone = *base::LoadZone(c.zone);
    const Policy policy{.local_hour = c.hour, .late_days = 0};
    const Celebrant member{c.birthday, zone, absl::UnixEpoch()};
    const absl::CivilDay kept_on(c.year, c.birthday.month, c.birthday.day);
    const absl::Time due = DueAt(kept_on, policy, zone);
    EXPECT_EQ(absl::FormatTime("%Y-%m-%d %H:%M", due, zone), c.due);
    const absl::Time over = base::StartOfDay(base::DayOf(due, zone) + 1, zone);
    for (const absl::Time now : {due, over - absl::Microseconds(1)}) {
      EXPECT_EQ(Judge(member, c.year, policy, {}, now).outcome, Outcome::kDue) << c.zone;
      const DaySpan span = SpanOfRun(now, due - absl::Minutes(15), policy, zone);
      EXPECT_EQ(YearWithin(c.birthday, span, LeapDayRule::kFebruary28), c.year) << c.zone;
    }
    EXPECT_EQ(Judge(member, c.year, policy, {}, over).why, Withheld::kTooLate) << c.zone;
  }
}

// 29 February of a member who moves: the day is that of the zone they live in when it comes.
TEST(LeapDay, FollowsAMemberWhoMovedUnderBothRules) {
  const struct {
    LeapDayRule rule;
    int year;
    const char* zone;
    const char* due;  // UTC
  } cases[] = {
      {LeapDayRule::kFebruary28, 2027, "Pacific/Kiritimati", "2027-02-27 19:00"},
      {LeapDayRule::kFebruary28, 2027, "Pacific/Pago_Pago", "2027-02-28 20:00"},
      {LeapDayRule::kMarch1, 2027, "Pacific/Kiritimati", "2027-02-28 19:00"},
      {LeapDayRule::kMarch1, 2027, "Pacific/Pago_Pago", "2027-03-01 20:00"},
      {LeapDayRule::kFebruary28, 2028, "Pacific/Kiritimati", "2028-02-28 19:00"},
      {LeapDayRule::kMarch1, 2028, "Pacific/Pago_Pago", "2028-02-29 20:00"},
  };
  for (const auto& c : cases) {
    Celebrant member{MonthDay{2, 29}, *base::LoadZone("Europe/Zurich"), absl::UnixEpoch()};
    const Policy policy{.leap_day_rule = c.rule};
    const absl::Time at_home = *Judge(member, c.year, policy, {}, absl::UnixEpoch()).due_at;
    member.zone = *base::LoadZone(c.zone);
    const absl::Time moved = *Judge(member, c.year, policy, {}, absl::UnixEpoch()).due_at;
    EXPECT_NE(moved, at_home);
    EXPECT_EQ(absl::FormatTime("%Y-%m-%d %H:%M", moved, absl::UTCTimeZone()), c.due);
  }
}

// Whoever moves over the date line after their gift, or before it, has it once.
TEST(LeapDay, MovingOverTheDateLineBringsNoSecondGift) {
  for (const MonthDay birthday : {MonthDay{2, 29}, {1, 1}, {12, 31}}) {
    Celebrant member{birthday, *base::LoadZone("Pacific/Kiritimati"), absl::UnixEpoch()};
    const Verdict first = Judge(member, 2028, Policy{}, {}, absl::UnixEpoch());
    const std::vector<Gift> gifts{
        {.year = 2028, .due_at = *first.due_at, .given_at = *first.due_at}};
    member.zone = *base::LoadZone("Pacific/Pago_Pago");
    for (int hours = 0; hours < 24 * 40; ++hours) {
      const absl::Time now = *first.due_at + absl::Hours(hours);
      const DaySpan span = SpanOfRun(now, now, Policy{}, member.zone);
      const auto year = YearWithin(birthday, span, LeapDayRule::kFebruary28);
      if (!year) continue;
      ASSERT_NE(Judge(member, *year, Policy{}, gifts, now).outcome, Outcome::kDue) << hours;
    }
  }
}

// Before, on and after the day; to a later day and to an earlier one. What was said first was
// 15 June.
TEST(Correction, BeforeOnAndAfterTheGiftInBothDirections) {
  const absl::TimeZone zone = *base::LoadZone("Europe/Zurich");
  const auto at = [&](const std::string& local) {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, zone, &time, &error)) << error;
    return time;
  };
  const struct {
    const char* corrected;
    MonthDay to;
    bool had_their_gift;  // on 15 June 2027
    const char* next;     // "year: due"
  } cases[] = {
      // Before the gift: on the right day, of the same year if that is not over for long.
      {"2027-06-10 12:00", {7, 1}, false, "2027: 2027-07-01 09:00"},
      {"2027-06-10 12:00", {6, 12}, false, "2027: 2027-06-12 09:00"},
      {"2027-06-10 12:00", {6, 1}, false, "2027: 2027-06-01 09:00"},  // at once, belated
      {"2027-06-15 08:59", {6, 16}, false, "2027: 2027-06-16 09:00"},
      // On the day, after the gift, and later: the first birthday on the new day.
      {"2027-06-15 09:01", {6, 16}, true, "2028: 2028-06-16 09:00"},
      {"2027-06-15 09:01", {6, 14}, true, "2028: 2028-06-14 09:00"},
      {"2027-06-20 12:00", {7, 1}, true, "2028: 2028-07-01 09:00"},
      // Less than 300 days later, which do not hold it back this once.
      {"2027-06-20 12:00", {1, 10}, true, "2028: 2028-01-10 09:00"},
      {"2027-06-20 12:00", {3, 1}, true, "2028: 2028-03-01 09:00"},
  };
  for (const auto& c : cases) {
    const absl::Time corrected = at(c.corrected);
    Celebrant member{c.to, zone, absl::UnixEpoch()};
    member.corrected_at = corrected;
    std::vector<Gift> gifts;
    if (c.had_their_gift) {
      gifts.push_back(
          {.year = 2027, .due_at = at("2027-06-15 09:00"), .given_at = at("2027-06-15 09:00")});
    }
    std::string next;
    for (int year = 2027; year <= 2028 && next.empty(); ++year) {
      const Verdict verdict = Judge(member, year, Policy{}, gifts, corrected);
      if (verdict.outcome != Outcome::kDue) continue;
      next = absl::StrCat(year, ": ", absl::FormatTime("%Y-%m-%d %H:%M", *verdict.due_at, zone));
    }
    EXPECT_EQ(next, c.next) << c.corrected << " to " << c.to.month << "-" << c.to.day;
  }
}

TEST(Downtime, OfAnHourAWeekAndAMonthIsCaughtUpAndOfMoreIsNot) {
  const absl::TimeZone zone = *base::LoadZone("Europe/Zurich");
  const Celebrant member{MonthDay{6, 15}, zone, absl::UnixEpoch()};
  const absl::Time due = DueAt(absl::CivilDay(2027, 6, 15), Policy{}, zone);
  for (const absl::Duration down : {absl::Hours(1), absl::Hours(24 * 7), absl::Hours(24 * 30)}) {
    const absl::Time back = due + down;
    const DaySpan span = SpanOfRun(back, due - absl::Minutes(15), Policy{}, zone);
    ASSERT_EQ(YearWithin({6, 15}, span, LeapDayRule::kFebruary28), 2027) << down;
    EXPECT_EQ(Judge(member, 2027, Policy{}, {}, back).outcome, Outcome::kDue) << down;
  }
  EXPECT_EQ(Judge(member, 2027, Policy{}, {}, due + absl::Hours(24 * 31)).why, Withheld::kTooLate);
}

}  // namespace
}  // namespace gratis::birthdays
