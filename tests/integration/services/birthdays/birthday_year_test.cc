#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/status/reasons.h"
#include "tests/integration/services/birthdays/birthdays_house.h"

namespace gratis::birthdays {
namespace {

constexpr int kYearMembers = 500;
constexpr int kDays = 366;

// 500 members in all corners of the earth, 29 February among their birthdays, live through a leap
// year. Every now and then a run ends after a page or in the middle of its postings, or does not
// take place, or takes place twice.
class BirthdayYearTest : public BirthdaysHouse {
 protected:
  void AddFiveHundred() {
    const char* const zones[] = {"Pacific/Kiritimati",  "Etc/GMT+12",
                                 "Asia/Kathmandu",      "Europe/Zurich",
                                 "Pacific/Apia",        "America/St_Johns",
                                 "America/New_York",    "Asia/Kolkata",
                                 "Australia/Lord_Howe", "UTC",
                                 "Pacific/Chatham"};
    members_ = AddMembers(kYearMembers, [&](int i) {
      const absl::CivilDay day = absl::CivilDay(2028, 1, 1) + i % kDays;
      return Celebrant{MonthDay{day.month(), day.day()},
                       *base::LoadZone(zones[static_cast<size_t>(i) % std::size(zones)]),
                       At("2026-01-01 00:00")};
    });
  }

  void ExpectOneGiftEach(int year) {
    EXPECT_EQ(Count(absl::StrCat("gratis_birthdays.gift WHERE year = ", year)), kYearMembers);
    EXPECT_EQ(Count(absl::StrCat("(SELECT DISTINCT member FROM gratis_birthdays.gift WHERE year = ",
                                 year, ") AS had_one")),
              kYearMembers);
  }

  std::vector<MemberId> members_;
};

TEST_F(BirthdayYearTest, BringsEveryoneExactlyOneGiftWhateverHappensToTheRuns) {
  AddFiveHundred();
  celebrants_.page_size = 20;
  base::SeededRandom random(20280229);
  int cut_short = 0;
  absl::CivilDay day(2028, 1, 1);
  // Into the next year, since some zones are behind; not long enough for its birthdays.
  for (int i = 0; i < kDays; ++i, ++day) {
    const absl::Time noon =
        absl::FromCivil(day, *base::LoadZone("Europe/Zurich")) + absl::Hours(22);
    RunOrder order = Order(noon);
    std::stop_source stop;
    uint64_t pages = 1 + random.Below(3);
    switch (random.Below(6)) {
      case 0:  // stopped between two pages, as when the process ends
        order.stop = stop.get_token();
        celebrants_.before_page = [&] {
          if (--pages == 0) stop.request_stop();
          return absl::OkStatus();
        };
        break;
      case 1:  // members goes away in the middle
        celebrants_.before_page = [&] {
          return --pages == 0 ? Error(Reason::kPeerUnavailable, "gone") : absl::OkStatus();
        };
        break;
      case 2:
        continue;  // down all day
      case 3:
        ASSERT_TRUE(birthdays_.Run(order).ok());  // and once more, below
        break;
      default:
        break;
    }
    cut_short += birthdays_.Run(order).ok() ? 0 : 1;
    celebrants_.before_page = nullptr;
  }
  EXPECT_GT(cut_short, 50);
  ASSERT_TRUE(birthdays_.Run(Order(At("2029-01-02 12:00"))).ok());
  ExpectOneGiftEach(2028);
  // Belated ones of the December before, and those of 1 and 2 January of the next year.
  const int64_t others = Count("gratis_birthdays.gift WHERE year IN (2027, 2029)");
  EXPECT_EQ(Count("gratis_birthdays.gift"), kYearMembers + others);
  const ledger::TrialBalance books = TrialBalance();
  EXPECT_EQ(books.total_points, 0);
  EXPECT_EQ(books.entries, kYearMembers * 2 + others);
}

// The names of the tz database's zones, each once.
std::vector<absl::TimeZone> ZonesOfTheWorld() {
  std::vector<absl::TimeZone> zones;
  std::ifstream table("/usr/share/zoneinfo/zone1970.tab");
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    if (columns.size() < 3) continue;
    const absl::StatusOr<absl::TimeZone> zone = base::LoadZone(columns[2]);
    if (zone.ok()) zones.push_back(*zone);
  }
  return zones;
}

TEST_F(BirthdayYearTest, OfThousandsInEveryZoneBringsEachOneGiftWithinADayOfWhenItIsDue) {
  const std::vector<absl::TimeZone> zones = ZonesOfTheWorld();
  ASSERT_GT(zones.size(), 250U);
  constexpr int kThousands = 3 * kDays * 3;
  AddMembers(kThousands, [&](int i) {
    const absl::CivilDay day = absl::CivilDay(2028, 1, 1) + i % kDays;
    return Celebrant{MonthDay{day.month(), day.day()}, zones[static_cast<size_t>(i) % zones.size()],
                     At("2026-01-01 00:00")};
  });
  Policy policy;
  policy.lead_days = 2;  // over New Year as well
  ASSERT_TRUE(Post(policy, "lead").answer.ok());
  // Who is due before the first of the days is not of this year's.
  ASSERT_TRUE(birthdays_.Run(Order(At("2027-12-29 00:00"))).ok());
  for (absl::Time now = At("2027-12-29 12:00"); now < At("2028-12-31 12:00");
       now += absl::Hours(24)) {
    const absl::StatusOr<RunReport> report = birthdays_.Run(Order(now));
    ASSERT_TRUE(report.ok()) << report.status();
  }
  const std::string of_2028 = "gratis_birthdays.gift WHERE year = 2028";
  EXPECT_EQ(Count(of_2028), kThousands);
  EXPECT_EQ(Count("(SELECT DISTINCT member FROM " + of_2028 + ") AS had_one"), kThousands);
  EXPECT_EQ(Count(of_2028 + " AND given_at - due_at > interval '24 hours'"), 0);
  EXPECT_EQ(Count(of_2028 + " AND given_at < due_at"), 0);
  EXPECT_EQ(TrialBalance().total_points, 0);
}

// The set's transaction is one: what a dying process had not committed was never given.
TEST_F(BirthdayYearTest, ProcessThatDiesInItsPostingsIsContinuedByAnother) {
  AddFiveHundred();
  const absl::Time now = At("2028-12-31 22:00");
  ASSERT_TRUE(Post({.late_days = 30}, "late").answer.ok());
  {
    pg::Pool dying_pool(PoolOptions(database_.conninfo()));
    // After the third set no other is begun: for the poster, all deadlines have passed by then.
    base::ManualClock posting_clock(real_clock_.Now());
    std::atomic<int> sets = 0;
    const auto die_after_three = [&](const ledger::RunReport&) {
      if (++sets == 3) posting_clock.Advance(absl::Hours(1));
    };
    ledger::Poster dying_poster(
        {.chain_key = std::string(32, 'c'), .max_set = 2, .observe = die_after_three}, dying_pool,
        posting_clock);
    Birthdays dying(dying_pool, dying_poster, celebrants_, ids_, vault_);
    const RunOrder order = Order(now);
    EXPECT_FALSE(dying.Run(order).ok());
  }
  const int64_t before = Count("gratis_birthdays.gift");
  EXPECT_GE(before, 3);
  const absl::StatusOr<RunReport> report = birthdays_.Run(Order(now));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->already_given, before);
  EXPECT_EQ(report->given.gifts + before, Count("gratis_birthdays.gift"));
  EXPECT_EQ(Count("ledger.journal WHERE kind = 40"), Count("gratis_birthdays.gift"));
  EXPECT_EQ(TrialBalance().total_points, 0);
}

}  // namespace
}  // namespace gratis::birthdays
