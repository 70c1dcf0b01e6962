#include "services/messages/task_rules.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'860'000);

Task Open() { return {.id = {{{1}}}, .store = "zurich-1", .created_at = kNow}; }

TEST(TaskRules, OneTakesItAndOthersLearnWho) {
  const auto taken = TakenBy(Open(), "anna", "", kNow);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->state, TaskState::kTaken);
  EXPECT_EQ(taken->staff, "anna");
  EXPECT_EQ(taken->taken_at, kNow);
  const auto other = TakenBy(*taken, "ben", "", kNow);
  EXPECT_EQ(ReasonOf(other.status()), Reason::kTaskTaken);
  EXPECT_EQ(MetadataOf(other.status()), (Metadata{{"staff", "anna"}}));
  const auto again = TakenBy(*taken, "anna", "", kNow + absl::Hours(1));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->taken_at, kNow);
}

TEST(TaskRules, WhoHasItEndsIt) {
  const Task taken = *TakenBy(Open(), "anna", "", kNow);
  EXPECT_EQ(ReasonOf(EndedBy(taken, TaskState::kDone, "ben", "", kNow).status()),
            Reason::kTaskTaken);
  const auto done = EndedBy(taken, TaskState::kDone, "anna", "", kNow + absl::Hours(1));
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->state, TaskState::kDone);
  EXPECT_EQ(done->ended_at, kNow + absl::Hours(1));
  EXPECT_EQ(ReasonOf(TakenBy(*done, "anna", "", kNow).status()), Reason::kTaskEnded);
  EXPECT_EQ(ReasonOf(EndedBy(*done, TaskState::kGivenUp, "anna", "", kNow).status()),
            Reason::kTaskEnded);
}

TEST(TaskRules, WhatIsGivenBackAnybodyMayTake) {
  const Task taken = *TakenBy(Open(), "anna", "", kNow);
  const auto back = EndedBy(taken, TaskState::kOpen, "anna", "", kNow);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->state, TaskState::kOpen);
  EXPECT_EQ(back->staff, "");
  EXPECT_FALSE(back->ended_at);
  EXPECT_TRUE(TakenBy(*back, "ben", "", kNow).ok());
}

TEST(TaskRules, WhatWasDoneAtOnceIsDone) {
  const auto done = EndedBy(Open(), TaskState::kDone, "anna", "", kNow);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->staff, "anna");
}

TEST(TaskRules, AStoresKeyDealsWithItsOwnAndThoseOfNone) {
  EXPECT_TRUE(TakenBy(Open(), "anna", "zurich-1", kNow).ok());
  EXPECT_EQ(ReasonOf(TakenBy(Open(), "anna", "bern-1", kNow).status()), Reason::kStoreNotAllowed);
  Task anybodys = Open();
  anybodys.store.clear();
  EXPECT_TRUE(TakenBy(anybodys, "anna", "bern-1", kNow).ok());
}

TEST(TaskRules, WhatIsNoLongerWantedNobodyTakesOrEnds) {
  const Task taken = *TakenBy(Open(), "anna", "", kNow);
  for (const Task& task : {Open(), taken}) {
    const Task unwanted = NoLongerWanted(task);
    EXPECT_EQ(ReasonOf(TakenBy(unwanted, "anna", "", kNow).status()), Reason::kTaskEnded);
    EXPECT_EQ(ReasonOf(EndedBy(unwanted, TaskState::kDone, "anna", "", kNow).status()),
              Reason::kTaskEnded);
  }
  const Task done = *EndedBy(taken, TaskState::kDone, "anna", "", kNow);
  EXPECT_EQ(NoLongerWanted(done).state, TaskState::kDone) << "it was done before";
}

TEST(TaskRules, StaffAreCodesNotNames) {
  EXPECT_TRUE(CheckStaff("A-17_b").ok());
  EXPECT_EQ(ReasonOf(CheckStaff("")), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(CheckStaff("Anna Keller")), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(CheckStaff(std::string(41, 'a'))), Reason::kFieldInvalid);
}

}  // namespace
}  // namespace gratis::messages
