#include "services/members/group_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace group_rules_test {
namespace {

using ledger::MemberState;

MemberId Member(uint8_t number) {
  MemberId member;
  member.uuid.bytes[15] = number;
  return member;
}

Reason Refusal(const absl::Status& status) {
  EXPECT_FALSE(status.ok());
  return ReasonOf(status).value_or(Reason::kInternal);
}

ledger::JournalRow Grace(int32_t partition, int64_t seq, int64_t from) {
  ledger::JournalRow row{.partition = partition, .seq = seq, .fact = {}};
  row.fact.kind = ledger::FactKind::kGraceGiven;
  row.fact.allocations = {{from, ledger::Allocation::kOwnLot, 1}};
  return row;
}

TEST(GroupRules, ANameIsOneToAHundredCharacters) {
  EXPECT_EQ(Refusal(CheckGroupName("")), Reason::kFieldMissing);
  EXPECT_TRUE(CheckGroupName("K").ok());
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\u00FC";
  EXPECT_TRUE(CheckGroupName(name).ok());
  const absl::Status refused = CheckGroupName(name + "x");
  EXPECT_EQ(Refusal(refused), Reason::kFieldTooLong);
  EXPECT_THAT(std::string(refused.message()), testing::Not(testing::HasSubstr("\u00FC")));
}

TEST(GroupRules, PerksAreFewAndShort) {
  EXPECT_TRUE(CheckPerks({}).ok());
  EXPECT_TRUE(CheckPerks(std::vector<std::string>(20, std::string(200, 'x'))).ok());
  EXPECT_EQ(Refusal(CheckPerks(std::vector<std::string>(21, "x"))), Reason::kFieldInvalid);
  const absl::Status empty = CheckPerks({"x", ""});
  EXPECT_EQ(Refusal(empty), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(empty), "perks[1]");
  EXPECT_EQ(Refusal(CheckPerks({std::string(201, 'x')})), Reason::kFieldTooLong);
}

TEST(GroupRules, WhoIsInStaysInWhoeverInvitesThem) {
  EXPECT_EQ(AfterInvitation(std::nullopt), Membership::kInvited);
  EXPECT_EQ(AfterInvitation(Membership::kInvited), Membership::kInvited);
  EXPECT_EQ(AfterInvitation(Membership::kJoined), Membership::kJoined);
  EXPECT_EQ(AfterInvitation(Membership::kLeft), Membership::kInvited);
}

TEST(GroupRules, OneJoinsByStaffOrByInvitation) {
  const GroupRow club{.kind = GroupKind::kCommunity, .joined = 1'000};
  for (const auto was : {std::optional<Membership>(), std::optional(Membership::kLeft)}) {
    EXPECT_EQ(Refusal(AfterJoining(club, was, true).status()), Reason::kNotInvited);
    EXPECT_EQ(*AfterJoining(club, was, false), Membership::kJoined);
  }
  EXPECT_EQ(*AfterJoining(club, Membership::kInvited, true), Membership::kJoined);
}

TEST(GroupRules, AHouseholdIsFullWithTwenty) {
  GroupRow home{.kind = GroupKind::kHousehold, .joined = 19};
  EXPECT_EQ(*AfterJoining(home, Membership::kInvited, true), Membership::kJoined);
  home.joined = 20;
  EXPECT_EQ(Refusal(AfterJoining(home, Membership::kInvited, true).status()), Reason::kGroupFull);
  EXPECT_EQ(*AfterJoining(home, Membership::kJoined, true), Membership::kJoined);
}

TEST(GroupRules, WhoIsGoneIsInNoGroup) {
  for (const MemberState state : {MemberState::kActive, MemberState::kSuspended,
                                  MemberState::kEarnOnly, MemberState::kRestricted}) {
    EXPECT_TRUE(BelongsToGroups(state));
  }
  for (const MemberState state :
       {MemberState::kNone, MemberState::kDeceased, MemberState::kClosed, MemberState::kErased}) {
    EXPECT_FALSE(BelongsToGroups(state));
  }
}

TEST(LotOwners, ALotIsItsContributorsWhateverItBecame) {
  // 10 came from 8, which came from 5, which somebody contributed; 9 came from 7, which nobody did.
  LotOwners owners({{5, Member(1)}}, {{10, 8}, {8, 5}, {9, 7}});
  EXPECT_EQ(owners.OwnerOf(5, 0), Member(1));
  EXPECT_EQ(owners.OwnerOf(10, 0), Member(1));
  EXPECT_EQ(owners.OwnerOf(9, 0), std::nullopt);
  EXPECT_EQ(owners.OwnerOf(6, 0), std::nullopt);
  owners.Add(6, Member(2));
  EXPECT_EQ(owners.OwnerOf(6, 0), Member(2));
}

TEST(LotOwners, WhatThisRunPostedCountsInItsOwnPartition) {
  const LotOwners owners({{5, Member(1)}}, {});
  const std::vector<ledger::JournalRow> posted = {Grace(0, 11, 5), Grace(1, 12, 5)};
  EXPECT_EQ(owners.OwnerOf(11, 0, posted), Member(1));
  EXPECT_EQ(owners.OwnerOf(12, 0, posted), std::nullopt);
}

TEST(GroupRules, TheJournalSaysWhatHappened) {
  EXPECT_EQ(GroupDetail("created", GroupKind::kHousehold),
            R"({"change":"created","kind":"household"})");
  EXPECT_EQ(MembershipDetail(Membership::kLeft, Member(1)),
            R"({"change":"left","group":")" + Member(1).ToString() + R"("})");
  EXPECT_EQ(MembershipDetail(Membership::kJoined, Member(1), Membership::kInvited),
            R"({"change":"joined","group":")" + Member(1).ToString() +
                R"(","before":{"change":"invited"}})");
}

}  // namespace
}  // namespace group_rules_test
}  // namespace gratis::members
