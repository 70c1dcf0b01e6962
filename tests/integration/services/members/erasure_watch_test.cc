#include "services/members/erasure_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "common/house/redone.h"
#include "common/pg/pause.h"
#include "common/status/reasons.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {
namespace {

class ErasureWatchTest : public MembersHouse {
 protected:
  bool IsNoted() {
    bool done = false;
    const absl::Status read =
        pg::RunTx(pool_, pg::Reading(Soon()), [&](pg::Tx& tx) -> absl::Status {
          ASSIGN_OR_RETURN(const house::ErasuresRedone seen, house::ReadErasuresRedone(tx));
          done = seen.done;
          return absl::OkStatus();
        });
    EXPECT_TRUE(read.ok()) << read;
    return done;
  }
  // As a restored database is another, with what can be done to one that is open.
  void MakeAnother() { database_.Execute("VACUUM FULL gratis_members.member"); }

  int lines_ = 0;
  obs::Log quiet_{obs::Log::Options{}, [this](std::string_view) { ++lines_; }};
  absl::Status answer_;
  std::atomic<int> redone_ = 0;
  ErasureWatch watch_{pool_,
                      [this](const std::stop_token&) {
                        ++redone_;
                        return answer_;
                      },
                      clock_, quiet_};
};

TEST_F(ErasureWatchTest, AreDoneOnceForEachIncarnationOfTheDatabase) {
  EXPECT_FALSE(IsNoted());
  EXPECT_EQ(watch_.Look(), absl::OkStatus());
  EXPECT_TRUE(IsNoted());
  EXPECT_EQ(watch_.Look(), absl::OkStatus());
  EXPECT_EQ(redone_.load(), 1) << "once is enough";

  MakeAnother();
  EXPECT_FALSE(IsNoted());
  EXPECT_EQ(watch_.Look(), absl::OkStatus());
  EXPECT_TRUE(IsNoted());
  EXPECT_EQ(redone_.load(), 2);
}

TEST_F(ErasureWatchTest, WhatFailedIsNotNoted) {
  answer_ = Error(Reason::kBooksDamaged, "the log was changed");
  EXPECT_EQ(ReasonOf(watch_.Look()), Reason::kBooksDamaged);
  EXPECT_EQ(ReasonOf(watch_.Start()), Reason::kBooksDamaged);
  EXPECT_FALSE(IsNoted());
  answer_ = absl::OkStatus();
  EXPECT_EQ(watch_.Look(), absl::OkStatus());
  EXPECT_TRUE(IsNoted());
}

TEST_F(ErasureWatchTest, WhatGoesOnFailingIsSaidAgainAndAgain) {
  EXPECT_FALSE(watch_.redone());
  answer_ = Error(Reason::kBooksDamaged, "the log was changed");
  for (int looks = 1; looks <= 30; ++looks) EXPECT_FALSE(watch_.Look().ok());
  EXPECT_EQ(lines_, 1);
  EXPECT_FALSE(watch_.Look().ok());
  EXPECT_EQ(lines_, 2);
  answer_ = Error(Reason::kBooksDamaged, "the log is not there");
  EXPECT_FALSE(watch_.Look().ok());
  EXPECT_EQ(lines_, 3) << "another failure is said at once";
  EXPECT_FALSE(watch_.redone());
  answer_ = absl::OkStatus();
  EXPECT_EQ(watch_.Look(), absl::OkStatus());
  EXPECT_TRUE(watch_.redone());
  EXPECT_EQ(lines_, 3);
}

TEST_F(ErasureWatchTest, AreNotSaidToBeDoneWhileTheyAreDoneAgain) {
  std::vector<bool> said;
  const ErasureWatch* asked = nullptr;
  ErasureWatch watch(
      pool_,
      [&](const std::stop_token&) {
        said.push_back(asked->redone());
        return absl::OkStatus();
      },
      clock_, quiet_);
  asked = &watch;
  EXPECT_EQ(watch.Look(), absl::OkStatus());
  EXPECT_TRUE(watch.redone());
  MakeAnother();
  EXPECT_EQ(watch.Look(), absl::OkStatus());
  EXPECT_TRUE(watch.redone());
  EXPECT_EQ(said, std::vector<bool>({false, false}));
}

TEST_F(ErasureWatchTest, WhatIsAnotherBeforeItIsDoneIsNotNoted) {
  ErasureWatch slow(
      pool_,
      [this](const std::stop_token&) {
        if (++redone_ == 1) MakeAnother();
        return absl::OkStatus();
      },
      clock_, quiet_);
  EXPECT_EQ(slow.Look(), absl::OkStatus());
  EXPECT_FALSE(IsNoted());
  EXPECT_EQ(slow.Look(), absl::OkStatus());
  EXPECT_TRUE(IsNoted());
}

// The log outside may have been put in its place since, too.
TEST_F(ErasureWatchTest, AStartDoesItWhateverIsNoted) {
  ASSERT_EQ(watch_.Look(), absl::OkStatus());
  EXPECT_EQ(watch_.Start(), absl::OkStatus());
  EXPECT_EQ(redone_.load(), 2);
}

TEST_F(ErasureWatchTest, AProcessThatGoesOnLooksByItself) {
  ASSERT_EQ(watch_.Start(), absl::OkStatus());
  MakeAnother();
  const absl::Time deadline = Soon();
  while (!IsNoted()) ASSERT_TRUE(pg::Pause(absl::Milliseconds(50), deadline));
  EXPECT_EQ(redone_.load(), 2);
}

}  // namespace
}  // namespace gratis::members
