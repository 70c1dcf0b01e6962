#include "common/jobs/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/obs/log.h"

namespace gratis::jobs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// The table as one process after the other sees it.
class FakeLeaseTable final : public LeaseTable {
 public:
  absl::StatusOr<std::optional<Lease>> Take(const JobKey& key, std::string_view owner,
                                            absl::Time now, absl::Time until) override {
    ++taken;
    if (!take_fails.ok()) return take_fails;
    Row& row = rows[{std::string(key.job), key.program}];
    if (row.owner != owner && row.leased_until > now) return std::optional<Lease>();
    row.owner = owner;
    row.leased_until = until;
    return std::optional<Lease>(Lease{row.ran_through});
  }
  absl::Status Release(const JobKey& key, std::string_view, std::optional<absl::Time> ran_through,
                       absl::Time) override {
    Row& row = rows[{std::string(key.job), key.program}];
    row.leased_until = absl::InfinitePast();
    if (ran_through) row.ran_through = ran_through;
    return absl::OkStatus();
  }

  struct Row {
    std::string owner;
    absl::Time leased_until = absl::InfinitePast();
    std::optional<absl::Time> ran_through;
  };
  std::map<std::pair<std::string, int32_t>, Row> rows;
  absl::Status take_fails;
  int taken = 0;
};

class SchedulerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Scheduler> Make(const std::string& owner) {
    return std::make_unique<Scheduler>(
        SchedulerOptions{.owner = owner, .tick = absl::Milliseconds(1)}, leases_,
        [this](absl::Time) -> absl::StatusOr<std::vector<ledger::Program>> {
          if (!programs_fail_.ok()) return programs_fail_;
          return programs_;
        },
        [this](int32_t program) { return times_.at(program); }, clock_, log_);
  }

  Job Noting(absl::Duration every = absl::Minutes(15)) {
    return {.name = "test.job",
            .every = every,
            .run = [this](const auto& program, absl::Time now, const std::stop_token&) {
              const std::lock_guard lock(mutex_);
              runs_.push_back(absl::StrCat(
                  program.code, " ", absl::ToUnixSeconds(now - (kStart - absl::UnixEpoch()))));
              return result_;
            }};
  }

  std::vector<std::string> TakeRuns() {
    const std::lock_guard lock(mutex_);
    return std::exchange(runs_, {});
  }

  ledger::Program one_{.number = 2, .code = "one"};
  ledger::Program two_{.number = 3, .code = "two"};
  std::vector<ledger::Program> programs_{one_, two_};
  absl::Status programs_fail_;
  std::map<int32_t, absl::Time> times_{{2, kStart}, {3, kStart}};
  base::ManualClock clock_{kStart};
  FakeLeaseTable leases_;
  std::string logged_;
  obs::Log log_{{}, [this](std::string_view line) { logged_ += line; }};
  std::mutex mutex_;
  std::vector<std::string> runs_;
  absl::Status result_;
};

TEST_F(SchedulerTest, RunsEachProgramByItsOwnClock) {
  const auto scheduler = Make("a");
  scheduler->Add(Noting());
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), ElementsAre("one 0", "two 0"));
  times_[3] += absl::Hours(24 * 400);
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), ElementsAre("two 34560000"));
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), IsEmpty());
}

TEST_F(SchedulerTest, WhatIsNotDueCostsNoQuestion) {
  const auto scheduler = Make("a");
  scheduler->Add(Noting());
  scheduler->Tick();
  const int taken = leases_.taken;
  for (int i = 0; i < 10; ++i) scheduler->Tick();
  EXPECT_EQ(leases_.taken, taken);
}

TEST_F(SchedulerTest, FailedRunIsLoggedAndRunAgainAtTheNextTick) {
  const auto scheduler = Make("a");
  programs_ = {one_};
  scheduler->Add(Noting());
  result_ = absl::UnavailableError("no wind");
  scheduler->Tick();
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), SizeIs(2));
  EXPECT_THAT(logged_, HasSubstr("no wind"));
  EXPECT_FALSE(leases_.rows.at({"test.job", 2}).ran_through.has_value());
  result_ = absl::OkStatus();
  scheduler->Tick();
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), SizeIs(1));
  EXPECT_EQ(leases_.rows.at({"test.job", 2}).ran_through, kStart);
}

TEST_F(SchedulerTest, WhatGoesOnFailingIsRunEverMoreSeldomUntilItSucceeds) {
  const auto scheduler = Make("a");
  programs_ = {one_};
  scheduler->Add(Noting());
  result_ = absl::UnavailableError("no wind");
  std::vector<int> runs_at;
  for (int second = 0; second < 300; ++second) {
    scheduler->Tick();
    if (!TakeRuns().empty()) runs_at.push_back(second);
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_THAT(runs_at, ElementsAre(0, 1, 2, 4, 8, 16, 32, 64, 124, 184, 244));
  // While it waits, nobody is asked for its lease.
  const int taken = leases_.taken;
  scheduler->Tick();
  EXPECT_EQ(leases_.taken, taken);

  clock_.Advance(absl::Minutes(1));
  result_ = absl::OkStatus();
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), SizeIs(1));
  times_[2] += absl::Hours(1);
  result_ = absl::UnavailableError("no wind");
  for (int i = 0; i < 5; ++i) scheduler->Tick();
  EXPECT_THAT(TakeRuns(), SizeIs(3));
}

TEST_F(SchedulerTest, WhatFailsKeepsNoOtherProgramAndNoOtherJobWaiting) {
  const auto scheduler = Make("a");
  scheduler->Add({.name = "failing",
                  .every = absl::Hours(1),
                  .run = [this](const auto& program, absl::Time, const std::stop_token&) {
                    runs_.push_back(absl::StrCat("failing ", program.code));
                    return program.code == "one" ? absl::UnavailableError("no wind")
                                                 : absl::OkStatus();
                  }});
  scheduler->Add(Noting(absl::Hours(1)));
  for (int i = 0; i < 10; ++i) scheduler->Tick();
  TakeRuns();
  for (auto& [program, time] : times_) time += absl::Hours(1);
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), ElementsAre("one 3600", "failing two", "two 3600"));
}

TEST_F(SchedulerTest, AClockThatIsSetBackMakesNoFailureLast) {
  const auto scheduler = Make("a");
  programs_ = {one_};
  scheduler->Add(Noting());
  result_ = absl::UnavailableError("no wind");
  for (int i = 0; i < 4; ++i) scheduler->Tick();
  EXPECT_THAT(TakeRuns(), SizeIs(3));
  clock_.Advance(-absl::Hours(1));
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), SizeIs(1));
}

TEST_F(SchedulerTest, OneProcessRunsAndTheOthersSeeThatItDid) {
  programs_ = {one_};
  const auto a = Make("a");
  const auto b = Make("b");
  a->Add(Noting());
  b->Add(Noting());
  a->Tick();
  b->Tick();
  EXPECT_THAT(TakeRuns(), ElementsAre("one 0"));
  times_[2] += absl::Minutes(15);
  b->Tick();
  a->Tick();
  EXPECT_THAT(TakeRuns(), ElementsAre("one 900"));
}

TEST_F(SchedulerTest, DeadProcessLosesItsLeaseInTime) {
  programs_ = {one_};
  ASSERT_TRUE(
      leases_.Take({"test.job", 2}, "dead", clock_.Now(), clock_.Now() + absl::Minutes(2)).ok());
  const auto scheduler = Make("a");
  scheduler->Add(Noting());
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), IsEmpty());
  clock_.Advance(absl::Minutes(2));
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), ElementsAre("one 0"));
}

TEST_F(SchedulerTest, RestartedProcessGoesOnWhereItWas) {
  programs_ = {one_};
  for (int restart = 0; restart < 3; ++restart) {
    const auto scheduler = Make("a");
    scheduler->Add(Noting());
    scheduler->Tick();
  }
  EXPECT_THAT(TakeRuns(), ElementsAre("one 0"));
}

TEST_F(SchedulerTest, WaitsOutADatabaseThatIsDown) {
  programs_ = {one_};
  const auto scheduler = Make("a");
  scheduler->Add(Noting());
  programs_fail_ = absl::UnavailableError("down");
  scheduler->Tick();
  programs_fail_ = absl::OkStatus();
  leases_.take_fails = absl::UnavailableError("down");
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), IsEmpty());
  leases_.take_fails = absl::OkStatus();
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), ElementsAre("one 0"));
}

TEST_F(SchedulerTest, StopWaitsForTheRunUnderWay) {
  std::condition_variable changed;
  bool may_end = false;
  int begun = 0;
  int ended = 0;
  const auto scheduler = Make("a");
  scheduler->Add({.name = "slow",
                  .every = absl::Hours(1),
                  .run = [&](const auto&, absl::Time, const std::stop_token&) {
                    std::unique_lock lock(mutex_);
                    ++begun;
                    changed.notify_all();
                    changed.wait(lock, [&] { return may_end; });
                    ++ended;
                    return absl::OkStatus();
                  }});
  scheduler->Start();
  {
    std::unique_lock lock(mutex_);
    changed.wait(lock, [&] { return begun == 1; });
  }
  std::thread stopper([&] {
    scheduler->Stop();
    const std::lock_guard lock(mutex_);
    EXPECT_GE(ended, 1);
    EXPECT_EQ(ended, begun);
  });
  {
    const std::lock_guard lock(mutex_);
    may_end = true;
  }
  changed.notify_all();
  stopper.join();
}

TEST_F(SchedulerTest, StopAsksALongRunToEnd) {
  std::condition_variable_any changed;
  bool begun = false;
  const auto scheduler = Make("a");
  scheduler->Add({.name = "endless",
                  .every = absl::Hours(1),
                  .run = [&](const auto&, absl::Time, const std::stop_token& stop) {
                    std::unique_lock lock(mutex_);
                    begun = true;
                    changed.notify_all();
                    changed.wait(lock, stop, [] { return false; });
                    return absl::CancelledError("asked to stop");
                  }});
  scheduler->Start();
  {
    std::unique_lock lock(mutex_);
    changed.wait(lock, [&] { return begun; });
  }
  scheduler->Stop();
  EXPECT_FALSE(leases_.rows.at({"endless", 2}).ran_through.has_value());
}

TEST_F(SchedulerTest, StopsWithoutHavingStarted) {
  Make("a")->Stop();
  const auto scheduler = Make("a");
  scheduler->Add(Noting());
  scheduler->Stop();
  scheduler->Tick();
  EXPECT_THAT(TakeRuns(), IsEmpty());
}

}  // namespace
}  // namespace gratis::jobs
