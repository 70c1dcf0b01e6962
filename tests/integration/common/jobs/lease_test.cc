#include "common/jobs/lease.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/house/house_migrations.h"
#include "common/jobs/scheduler.h"
#include "common/ledger/ledger_migrations.h"
#include "common/obs/log.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::jobs {
namespace {

class LeaseTest : public ::testing::Test {
 protected:
  static pg::PoolOptions Options(const std::string& conninfo) {
    pg::PoolOptions options;
    options.conninfo = conninfo;
    options.role = pg::ServiceRole("birthdays");
    options.application_name = "test";
    return options;
  }

  // The lease of one and the same job, or what the database said.
  std::optional<Lease> Take(std::string_view owner, absl::Time now) {
    const auto lease = table_.Take({"birthdays.gifts", 7}, owner, now, now + absl::Minutes(2));
    EXPECT_TRUE(lease.ok()) << lease.status();
    return lease.ok() ? *lease : std::nullopt;
  }
  void Release(std::string_view owner, std::optional<absl::Time> ran_through) {
    const absl::Status released =
        table_.Release({"birthdays.gifts", 7}, owner, ran_through, clock_.Now() + absl::Seconds(9));
    EXPECT_TRUE(released.ok()) << released;
  }

  // The ledger's schema is where the role gets its rights from.
  pg::testing::TestDatabase database_{pg::testing::TemplateOf(
      {{"house", house::Migrations(), "birthdays"}, {"ledger", ledger::Migrations(), ""}})};
  base::SystemClock clock_;
  pg::Pool pool_{Options(database_.conninfo())};
  PgLeaseTable table_{pool_};
  const absl::Time now_ = clock_.Now();
  const absl::Time program_time_ = absl::FromUnixSeconds(900'000'000);
};

TEST_F(LeaseTest, OneOwnerAtATimeUntilItIsGivenBack) {
  ASSERT_TRUE(Take("a", now_).has_value());
  EXPECT_FALSE(Take("b", now_).has_value());
  EXPECT_TRUE(Take("a", now_).has_value());
  Release("a", program_time_);
  const std::optional<Lease> next = Take("b", now_);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->ran_through, program_time_);
}

TEST_F(LeaseTest, RunsOutWhenItsOwnerDies) {
  ASSERT_TRUE(Take("dead", now_).has_value());
  EXPECT_FALSE(Take("b", now_ + absl::Seconds(119)).has_value());
  EXPECT_TRUE(Take("b", now_ + absl::Minutes(2)).has_value());
  // Whoever overslept takes nothing away from who went on.
  Release("dead", program_time_);
  EXPECT_FALSE(Take("c", now_ + absl::Minutes(2)).has_value());
  Release("b", std::nullopt);
  const std::optional<Lease> next = Take("c", now_ + absl::Minutes(2));
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->ran_through, std::nullopt);
}

TEST_F(LeaseTest, FailedRunLeavesTheProgressWhereItWas) {
  ASSERT_TRUE(Take("a", now_).has_value());
  Release("a", program_time_);
  ASSERT_TRUE(Take("a", now_).has_value());
  Release("a", std::nullopt);
  EXPECT_EQ(Take("b", now_)->ran_through, program_time_);
}

TEST_F(LeaseTest, JobsAndProgramsAreApart) {
  ASSERT_TRUE(Take("a", now_).has_value());
  const absl::Time until = now_ + absl::Minutes(2);
  EXPECT_TRUE(table_.Take({"birthdays.gifts", 8}, "b", now_, until)->has_value());
  EXPECT_TRUE(table_.Take({"other.job", 7}, "b", now_, until)->has_value());
}

TEST_F(LeaseTest, OfManyWhoTakeAtOnceOneGetsIt) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> got = 0;
    std::vector<std::thread> takers;
    for (int i = 0; i < 6; ++i) {
      takers.emplace_back([&, i] {
        const JobKey key{"contended", round};
        const auto lease =
            table_.Take(key, absl::StrCat("taker", i), now_, now_ + absl::Minutes(2));
        EXPECT_TRUE(lease.ok()) << lease.status();
        if (lease.ok() && *lease) ++got;
      });
    }
    for (std::thread& taker : takers) taker.join();
    EXPECT_EQ(got, 1);
  }
}

// Two processes, each with its scheduler, share one program's day: each period has one run.
TEST_F(LeaseTest, SchedulersOfTwoProcessesShareTheWork) {
  const ledger::Program program{.number = 2, .code = "demo"};
  base::ManualClock program_clock(program_time_);
  obs::Log log({}, [](std::string_view) {});
  std::mutex mutex;
  std::multiset<absl::Time> runs;
  const auto make = [&](const std::string& owner) {
    auto scheduler = std::make_unique<Scheduler>(
        SchedulerOptions{.owner = owner, .tick = absl::Milliseconds(5)}, table_,
        [&](absl::Time) { return std::vector<ledger::Program>{program}; },
        [&](int32_t) { return program_clock.Now(); }, clock_, log);
    scheduler->Add({.name = "hourly",
                    .every = absl::Hours(1),
                    .run = [&](const auto&, absl::Time now, const auto&) {
                      const std::lock_guard lock(mutex);
                      runs.insert(now);
                      return absl::OkStatus();
                    }});
    return scheduler;
  };
  const auto a = make("a");
  const auto b = make("b");
  for (int hour = 0; hour < 24; ++hour) {
    std::thread other([&] { b->Tick(); });
    a->Tick();
    other.join();
    program_clock.Advance(absl::Hours(1));
  }
  EXPECT_EQ(runs.size(), 24U);
  EXPECT_EQ(std::set<absl::Time>(runs.begin(), runs.end()).size(), 24U);
}

}  // namespace
}  // namespace gratis::jobs
