#include "services/cli/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/base/civil.h"
#include "tests/unit/services/cli/fake_engine.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace {

using testing::ElementsAre;

absl::Time Noon(int day) {
  return absl::FromCivil(absl::CivilHour(1997, 1, day, 12), absl::UTCTimeZone());
}

class ReplayTest : public testing::Test {
 protected:
  struct Outcome {
    absl::StatusOr<ReplaySums> lived;
    PurchaseSums sums;
  };

  Outcome Live() {
    const OrderDefaults defaults{.currency_code = "USD", .zone = absl::UTCTimeZone()};
    auto file = OrderFile::Open(file_.path(), ',', {});
    EXPECT_TRUE(file.ok()) << file.status();
    RejectsFile rejects(file_.Beside("rejects.csv"), file->header(), file->columns().count(), ',');
    const std::vector<OrderFile::Place> places = file->PlacesByTime(defaults, rejects);
    OrderImport import(engine_, {.source = "shop", .patience = absl::Seconds(1)}, {}, rejects);
    ProgramClock clock(engine_, absl::Seconds(1));
    Replay replay(clock, import, *file, defaults);
    auto lived = replay.Run(places, [](int64_t, int64_t) {});
    return {std::move(lived), import.sums()};
  }

  FakeEngine engine_;
  const TempFile file_{
      "order_id,customer_id,ordered_on,total\n"
      "1,a,1997-01-01,10\n"
      "2,a,1997-01-03,10\n"
      "3,b,1997-01-01,10\n"
      "4,b,1997-01-04T18:30:00Z,10\n"};
};

TEST_F(ReplayTest, EachDayIsLivedOnItsDay) {
  const Outcome outcome = Live();
  ASSERT_TRUE(outcome.lived.ok()) << outcome.lived.status();
  EXPECT_THAT(engine_.clock_moves,
              ElementsAre(Noon(1), Noon(2), Noon(3), Noon(4) + absl::Minutes(390)));
  EXPECT_EQ(outcome.lived->days, 4);
  EXPECT_EQ(outcome.sums.orders, 4);
  EXPECT_EQ(outcome.sums.thanks, 4);
  EXPECT_EQ(engine_.recorded.size(), 4);
}

TEST_F(ReplayTest, GiftsAreCountedWhoeverGaveThem) {
  engine_.gifts_for_a_run = 2;
  engine_.gifts_behind_the_back = 3;
  const Outcome outcome = Live();
  ASSERT_TRUE(outcome.lived.ok());
  EXPECT_EQ(outcome.sums.bonus_points, 8);
  EXPECT_EQ(outcome.lived->gifts.gifts, 4 * 5);
  EXPECT_EQ(outcome.lived->gifts.points, 4 * 500);
}

TEST_F(ReplayTest, ASecondOneMovesNoClockAndReplaysAll) {
  engine_.gifts_for_a_run = 2;
  ASSERT_TRUE(Live().lived.ok());
  engine_.clock_moves.clear();
  engine_.gifts_for_a_run = 0;
  const Outcome again = Live();
  ASSERT_TRUE(again.lived.ok()) << again.lived.status();
  EXPECT_TRUE(engine_.clock_moves.empty());
  EXPECT_EQ(again.sums.replayed, 4);
  EXPECT_EQ(again.sums.thanks, 4);
  EXPECT_EQ(again.lived->days, 0);
  EXPECT_EQ(again.lived->gifts.gifts, 0);
}

TEST_F(ReplayTest, OneThatWasCutOffGoesOnWhereTheClockStands) {
  int moves = 0;
  engine_.hurdle = [&](const std::string& path) {
    if (path.ends_with("/SetClock") && ++moves == 3) return Error(Reason::kKeyRevoked, "cut off");
    return absl::OkStatus();
  };
  EXPECT_FALSE(Live().lived.ok());
  EXPECT_EQ(engine_.recorded.size(), 2);
  engine_.hurdle = nullptr;
  const Outcome rest = Live();
  ASSERT_TRUE(rest.lived.ok()) << rest.lived.status();
  EXPECT_EQ(rest.sums.orders, 4);
  EXPECT_EQ(rest.sums.replayed, 2);
  EXPECT_EQ(rest.sums.thanks, 4);
  EXPECT_EQ(rest.lived->days, 2);
}

TEST_F(ReplayTest, NeedsAClockThatCanBeMoved) {
  engine_.development = false;
  EXPECT_EQ(ReasonOf(Live().lived.status()), Reason::kDevelopmentClockOff);
  EXPECT_TRUE(engine_.recorded.empty());
}

TEST_F(ReplayTest, AClockAdvancesDayByDayAndKeepsTheHour) {
  engine_.manual = true;
  engine_.now = Noon(1);
  engine_.gifts_for_a_run = 1;
  ProgramClock clock(engine_, absl::Seconds(1));
  ASSERT_TRUE(clock.BeginCounting().ok());
  int64_t steps = 0;
  const absl::TimeZone zone = *base::LoadZone("Europe/Zurich");
  ASSERT_TRUE(clock.AdvanceTo(Noon(4), zone, [&](int64_t, int64_t) { ++steps; }).ok());
  EXPECT_THAT(engine_.clock_moves, ElementsAre(Noon(2), Noon(3), Noon(4)));
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(clock.EndCounting(0)->gifts, 3);
  EXPECT_EQ(ReasonOf(clock.AdvanceTo(Noon(4), zone, [](int64_t, int64_t) {})),
            Reason::kFieldInvalid);
}

}  // namespace
}  // namespace gratis::cli
