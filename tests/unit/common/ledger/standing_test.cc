#include "common/ledger/standing.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr MemberState kAll[] = {MemberState::kActive,   MemberState::kSuspended,
                                MemberState::kEarnOnly, MemberState::kRestricted,
                                MemberState::kDeceased, MemberState::kClosed,
                                MemberState::kErased,   MemberState::kMerged};

TEST(Standing, OnlyWhoIsActiveSpends) {
  for (const MemberState state : kAll) {
    EXPECT_EQ(Allows(state, Deed::kSpend), state == MemberState::kActive) << NameOf(state);
  }
}

TEST(Standing, GiftsAreForThoseInGoodStanding) {
  for (const MemberState state : kAll) {
    EXPECT_EQ(Allows(state, Deed::kReceive),
              state == MemberState::kActive || state == MemberState::kEarnOnly)
        << NameOf(state);
  }
}

TEST(Standing, WhatASuspendedMemberBuysCounts) {
  EXPECT_TRUE(Allows(MemberState::kSuspended, Deed::kEarn));
  EXPECT_FALSE(Allows(MemberState::kRestricted, Deed::kEarn));
  EXPECT_FALSE(Allows(MemberState::kDeceased, Deed::kEarn));
  EXPECT_FALSE(Allows(MemberState::kClosed, Deed::kEarn));
}

TEST(Standing, ReturnsAreForAllButTheErased) {
  for (const MemberState state : kAll) {
    EXPECT_EQ(Allows(state, Deed::kCorrect), state != MemberState::kErased) << NameOf(state);
  }
}

TEST(Standing, AStateThatIsNoneAllowsNothing) {
  for (const Deed deed : {Deed::kEarn, Deed::kReceive, Deed::kSpend, Deed::kCorrect}) {
    EXPECT_FALSE(Allows(MemberState::kNone, deed));
    EXPECT_FALSE(Allows(static_cast<MemberState>(99), deed));
  }
}

TEST(CheckStanding, SaysWhichStateStandsAgainstIt) {
  const absl::Status suspended = CheckStanding(MemberState::kSuspended, Deed::kSpend);
  EXPECT_EQ(ReasonOf(suspended), Reason::kMemberNotActive);
  EXPECT_EQ(MetadataOf(suspended), (Metadata{{"state", "suspended"}}));
  EXPECT_EQ(ReasonOf(CheckStanding(MemberState::kErased, Deed::kSpend)), Reason::kMemberErased);
}

TEST(StateJson, IsReadBackAsItWasWritten) {
  for (const MemberState is : kAll) {
    for (const MemberState was : kAll) EXPECT_EQ(StateSetBy(StateJson(is, was)), is);
  }
  EXPECT_EQ(StateSetBy("{\"state\":\"active\"}"), std::nullopt);
  EXPECT_EQ(StateSetBy(""), std::nullopt);
}

}  // namespace
}  // namespace gratis::ledger
