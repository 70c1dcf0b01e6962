#include "services/messages/engagement_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gratis::messages {
namespace {

using ::testing::ElementsAre;

const absl::Time kSent = absl::FromUnixSeconds(1'795'860'000);

TEST(EngagementRules, WhoObjectsToProfilingIsNotFollowed) {
  EXPECT_EQ(WhyIgnored({.sent_at = kSent}, kSent + absl::Hours(1)), Ignored::kNothing);
  EXPECT_EQ(WhyIgnored({.sent_at = kSent, .consents = {.no_profiling = true}}, kSent),
            Ignored::kObjection);
  EXPECT_EQ(WhyIgnored({.sent_at = kSent, .member_state = ledger::MemberState::kErased}, kSent),
            Ignored::kObjection);
  // To object to being written to is another matter.
  EXPECT_EQ(WhyIgnored({.sent_at = kSent, .consents = {.objected = true}}, kSent),
            Ignored::kNothing);
}

TEST(EngagementRules, WhoIsRestrictedDeceasedOrClosedIsNotFollowed) {
  using ledger::MemberState;
  for (const MemberState state :
       {MemberState::kRestricted, MemberState::kDeceased, MemberState::kClosed}) {
    EXPECT_EQ(WhyIgnored({.sent_at = kSent, .member_state = state}, kSent), Ignored::kMemberState);
  }
  for (const MemberState state :
       {MemberState::kActive, MemberState::kEarnOnly, MemberState::kSuspended}) {
    EXPECT_EQ(WhyIgnored({.sent_at = kSent, .member_state = state}, kSent), Ignored::kNothing);
  }
}

TEST(EngagementRules, WhatIsReportedLongAfterIsNotKept) {
  EXPECT_EQ(WhyIgnored({.sent_at = kSent}, kSent + absl::Hours(24 * 90)), Ignored::kNothing);
  EXPECT_EQ(WhyIgnored({.sent_at = kSent}, kSent + absl::Hours(24 * 90) + absl::Seconds(1)),
            Ignored::kTooOld);
}

TEST(EngagementRules, WhoClickedHasOpened) {
  EXPECT_THAT(ReportedKinds(EngagementKind::kOpened), ElementsAre(EngagementKind::kOpened));
  EXPECT_THAT(ReportedKinds(EngagementKind::kClicked),
              ElementsAre(EngagementKind::kOpened, EngagementKind::kClicked));
}

TEST(EngagementRules, AConsentSaysWhetherItEndsProfiling) {
  EXPECT_TRUE(EndsProfiling(R"({"granted":[],"withdrawn":["marketing/email","profiling"]})"));
  EXPECT_FALSE(EndsProfiling(R"({"granted":["profiling"],"withdrawn":["marketing/email"]})"));
  EXPECT_FALSE(EndsProfiling(R"({"withdrawn":"profiling"})"));
  EXPECT_FALSE(EndsProfiling(R"({"withdrawn":[1,null]})"));
  EXPECT_FALSE(EndsProfiling(R"(["profiling"])"));
  EXPECT_FALSE(EndsProfiling(""));
}

}  // namespace
}  // namespace gratis::messages
