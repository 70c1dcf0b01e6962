#include "services/members/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "gratis/members/v1/privacy.pb.h"
#include "gratis/members/v1/standing.pb.h"
#include "services/members/erasure.h"
#include "services/members/erasure_log.h"
#include "services/members/merging.h"
#include "services/members/privacy.h"
#include "services/members/standing_changes.h"
#include "tests/integration/services/members/groups_house.h"

namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class HouseholdTest : public GroupsHouse {
 protected:
  HouseholdTest()
      : ann_(NewMember("ann")),
        bob_(NewMember("bob")),
        home_(NewGroup(GroupKind::kHousehold, "The Kellers")) {
    for (const MemberId& member : {ann_, bob_}) {
      EXPECT_TRUE(Join(home_, member).ok());
      EXPECT_TRUE(Earn(member, 100).ok());
    }
  }

  void Give(const MemberId& member, int64_t points) {
    const auto given = Contribute(home_, member, points);
    ASSERT_TRUE(given.ok()) << given.status();
  }

  // As a process does that starts on an old copy.
  void EraseHomeAgain() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "gratis-groups-XXXXXX").string();
    const std::filesystem::path folder = mkdtemp(pattern.data());
    {
      // The log is that of an instance that closed and erased it since the copy was made.
      ErasureLog log((folder / "erasures").string(), "key");
      ASSERT_TRUE(log.Append({LoggedErasure{Now(), program_.number, home_}}).ok());
      Privacy privacy(vault_, ids_, pool_, poster_, log);
      ledger::ProgramDirectory programs(pool_);
      const auto again = privacy.Reconcile(
          programs, [this](int32_t) { return Now(); }, Soon());
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(*again, 1);
    }
    std::filesystem::remove_all(folder);
  }

  const MemberId ann_, bob_, home_;
};

TEST_F(HouseholdTest, WhoLeavesTakesWhatIsLeftOfTheirs) {
  Give(ann_, 60);
  Give(bob_, 40);
  EXPECT_EQ(Available(home_), 100);
  EXPECT_EQ(Available(ann_), 40);
  // Ann's points are the older ones, and spent first.
  ASSERT_TRUE(Spend(home_, 50).ok());
  EXPECT_THAT(Contributed(home_), UnorderedElementsAre(Pair(ann_, 10), Pair(bob_, 40)));

  EXPECT_EQ(*Leave(home_, ann_), 10);
  EXPECT_EQ(Available(ann_), 50);
  EXPECT_EQ(Available(home_), 40);
  EXPECT_THAT(Contributed(home_), UnorderedElementsAre(Pair(bob_, 40)));
  ExpectSound();
}

TEST_F(HouseholdTest, PointsKeepTheirExpiryThereAndBack) {
  const absl::Time soon = Now() + absl::Hours(24 * 10);
  ASSERT_TRUE(Earn(ann_, 30, soon).ok());
  Give(ann_, 30);  // those that expire first go first
  later_ = absl::Hours(24 * 5);
  EXPECT_EQ(*Leave(home_, ann_), 30);
  EXPECT_EQ(Available(ann_), 130);
  later_ = absl::Hours(24 * 11);
  EXPECT_EQ(Available(ann_), 100);
  ASSERT_TRUE(Earn(ann_, 1).ok());
  EXPECT_EQ(Available(ann_), 101);
  ExpectSound();
}

TEST_F(HouseholdTest, TwoWhoLeaveAtOnceGetEachTheirs) {
  Give(ann_, 60);
  Give(bob_, 40);
  ASSERT_TRUE(Spend(home_, 10).ok());
  std::atomic<int64_t> anns = -1, bobs = -1;
  std::thread other([&] { anns = Leave(home_, ann_, "ann leaves").value_or(-2); });
  bobs = Leave(home_, bob_, "bob leaves").value_or(-2);
  other.join();
  EXPECT_EQ(anns, 50);
  EXPECT_EQ(bobs, 40);
  EXPECT_EQ(Available(home_), 0);
  EXPECT_EQ(Available(ann_), 90);
  EXPECT_EQ(Available(bob_), 100);
  EXPECT_THAT(Contributed(home_), IsEmpty());
  ExpectSound();
}

TEST_F(HouseholdTest, OneWhoLeavesTwiceAtOnceGetsTheirsOnce) {
  Give(ann_, 60);
  std::atomic<int64_t> sum = 0;
  std::vector<std::thread> leavers;
  for (int i = 0; i < 4; ++i) {
    leavers.emplace_back(
        [&, i] { sum += Leave(home_, ann_, absl::StrCat("leave ", i)).value_or(1'000'000); });
  }
  for (std::thread& leaver : leavers) leaver.join();
  EXPECT_EQ(sum, 60);
  EXPECT_EQ(Available(ann_), 100);
}

TEST_F(HouseholdTest, ARetryGivesOnceAndReturnsOnce) {
  const auto first = Contribute(home_, ann_, 60, "give");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->group_available_points(), 60);
  const auto again = Contribute(home_, ann_, 60, "give");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Available(home_), 60);

  EXPECT_EQ(*Leave(home_, ann_, "leave", /*validate_only=*/true), 60);
  EXPECT_EQ(Available(home_), 60);
  EXPECT_EQ(*Leave(home_, ann_, "leave"), 60);
  EXPECT_EQ(*Leave(home_, ann_, "leave"), 60);
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(Available(ann_), 100);
}

TEST_F(HouseholdTest, WhatIsHeldComesWhenItIsReleased) {
  Give(ann_, 60);
  const HoldId hold = Pin(home_, 20);
  EXPECT_EQ(*Leave(home_, ann_), 40);
  EXPECT_EQ(Available(ann_), 80);
  Release(home_, hold);
  EXPECT_EQ(Available(home_), 20);
  EXPECT_EQ(*Leave(home_, ann_), 20);
  EXPECT_EQ(Available(ann_), 100);
  EXPECT_EQ(*Leave(home_, ann_), 0);
  ExpectSound();
}

TEST_F(HouseholdTest, WhatWasSpentAndComesBackIsTheirsAgain) {
  Give(ann_, 60);
  Give(bob_, 40);
  const auto spent = Spend(home_, 80);
  ASSERT_TRUE(spent.ok()) << spent.status();
  EXPECT_EQ(*Leave(home_, ann_), 0);
  ASSERT_TRUE(BringBack(home_, *spent, 0).ok());
  EXPECT_EQ(*Leave(home_, ann_), 60);
  EXPECT_EQ(*Leave(home_, bob_), 40);
  ExpectSound();
}

TEST_F(HouseholdTest, WhatNobodyContributedIsTheHouseholds) {
  Give(ann_, 60);
  ASSERT_TRUE(Earn(home_, 25).ok());
  EXPECT_EQ(*Leave(home_, ann_), 60);
  EXPECT_EQ(Available(home_), 25);
}

TEST_F(HouseholdTest, ClosingGivesBackAndForfeitsTheRest) {
  Give(ann_, 60);
  Give(bob_, 40);
  ASSERT_TRUE(Earn(home_, 25).ok());
  ASSERT_TRUE(Spend(home_, 10).ok());
  Pin(home_, 70);

  for (const bool validate_only : {true, false}) {
    const auto closed = Close(home_, validate_only);
    ASSERT_TRUE(closed.ok()) << closed.status();
    std::map<std::string, int64_t> returned;
    for (const auto& one : closed->returned()) {
      ASSERT_THAT(one.points(), SizeIs(1));
      returned[one.member_id()] = one.points(0).points();
    }
    EXPECT_THAT(returned,
                UnorderedElementsAre(Pair(ann_.ToString(), 50), Pair(bob_.ToString(), 40)));
    ASSERT_THAT(closed->lost(), SizeIs(1));
    EXPECT_EQ(closed->lost(0).points(), 25);
    EXPECT_EQ(Available(ann_), validate_only ? 40 : 90);
  }
  EXPECT_EQ(Available(home_), 0);
  EXPECT_EQ(Refusal(Contribute(home_, ann_, 1).status()), Reason::kMemberNotActive);
  EXPECT_EQ(Refusal(Close(home_).status()), Reason::kMemberNotActive);
  EXPECT_EQ(Refusal(Join(home_, NewMember("cem"))), Reason::kMemberNotActive);
  EXPECT_TRUE(groups_.Get(program_, home_, Soon())->closed);
  EXPECT_THAT(groups_.ListOfMember(program_, ann_, std::nullopt, 10, Soon())->groups, IsEmpty());
  ExpectSound();
}

TEST_F(HouseholdTest, PointsThatComeBackTooLateAreTheContributorsAllTheSame) {
  // A program where they may be spent for some days more.
  pg::PoolOptions owner = PoolOptions(database_.conninfo());
  owner.role.clear();
  pg::Pool pool(owner);
  const std::string unit =
      absl::StrCat("INSERT INTO ledger.unit VALUES (", program_.number,
                   ", 1, 1, 'points', 'Points', 1, 0, 0, 0, 1, 1, false, 0, 720, 30)");
  ASSERT_TRUE(pg::RunTx(pool, {.deadline = Soon()}, [&](pg::Tx& tx) {
                return tx.Run(pg::Query{"testing/unit", unit}).status();
              }).ok());
  ASSERT_TRUE(Earn(ann_, 30, Now() + absl::Hours(24)).ok());
  Give(ann_, 30);
  const auto spent = Spend(home_, 30);
  ASSERT_TRUE(spent.ok()) << spent.status();
  later_ = absl::Hours(48);
  ASSERT_TRUE(BringBack(home_, *spent, 0).ok());
  EXPECT_EQ(Available(home_), 30);
  EXPECT_THAT(Contributed(home_), UnorderedElementsAre(Pair(ann_, 30), Pair(bob_, 0)));
  EXPECT_EQ(*Leave(home_, ann_), 30);
}

TEST_F(HouseholdTest, WhoIsClosedIsInNoHouseholdAndLeavesTheirsThere) {
  Give(ann_, 60);
  SetState(ann_, ledger::MemberState::kClosed);
  EXPECT_THAT(Contributed(home_), UnorderedElementsAre(Pair(bob_, 0)));
  EXPECT_THAT(groups_.ListOfMember(program_, ann_, std::nullopt, 10, Soon())->groups, IsEmpty());
  EXPECT_EQ(*Leave(home_, ann_), 0);
  EXPECT_EQ(Available(home_), 60);
  EXPECT_TRUE(Spend(home_, 60).ok());
}

TEST_F(HouseholdTest, ClosingEndsWhatWhoIsGoneHadContributed) {
  Give(ann_, 60);
  Give(bob_, 40);
  SetState(ann_, ledger::MemberState::kDeceased);
  const auto closed = Close(home_);
  ASSERT_TRUE(closed.ok()) << closed.status();
  ASSERT_THAT(closed->returned(), SizeIs(1));
  EXPECT_EQ(closed->returned(0).member_id(), bob_.ToString());
  ASSERT_THAT(closed->lost(), SizeIs(1));
  EXPECT_EQ(closed->lost(0).points(), 60);
  ExpectSound();
}

TEST_F(HouseholdTest, WhatADuplicateContributedIsTheSurvivors) {
  Give(ann_, 60);
  const MemberId twin = NewMember("ann2");
  const MemberId cem = NewMember("cem");
  const MemberId cems_twin = NewMember("cem2");
  for (const MemberId& duplicate : {twin, cems_twin}) {
    ASSERT_TRUE(Join(home_, duplicate).ok());
    ASSERT_TRUE(Earn(duplicate, 30).ok());
    Give(duplicate, 20);
  }
  Merge(twin, ann_);
  Merge(cems_twin, cem);
  EXPECT_EQ(*Leave(home_, ann_), 80);
  EXPECT_EQ(Available(ann_), 130);
  // Who never joined by themselves is there by what their duplicate was.
  EXPECT_EQ(*Leave(home_, cem), 20);
  EXPECT_EQ(Available(cem), 30);
  EXPECT_EQ(Available(home_), 0);
  EXPECT_EQ(*Leave(home_, cem), 0);
  ExpectSound();
}

TEST_F(HouseholdTest, OnlyMembersContributeAndOnlyWhatTheyHave) {
  const MemberId cem = NewMember("cem");
  ASSERT_TRUE(Earn(cem, 10).ok());
  EXPECT_EQ(Refusal(Contribute(home_, cem, 10).status()), Reason::kNotInGroup);
  ASSERT_TRUE(Invite(home_, cem).ok());
  EXPECT_EQ(Refusal(Contribute(home_, cem, 10).status()), Reason::kNotInGroup);
  ASSERT_TRUE(Join(home_, cem).ok());
  EXPECT_EQ(Refusal(Contribute(home_, cem, 11).status()), Reason::kInsufficientPoints);
  EXPECT_TRUE(Contribute(home_, cem, 10).ok());
  EXPECT_EQ(*Leave(home_, cem), 10);
  EXPECT_EQ(Refusal(Contribute(home_, cem, 10).status()), Reason::kNotInGroup);
  EXPECT_EQ(Refusal(Contribute(cem, cem, 10).status()), Reason::kGroupNotFound);
}

TEST_F(HouseholdTest, NobodyJoinsByThemselvesUninvited) {
  const MemberId cem = NewMember("cem");
  EXPECT_EQ(Refusal(Join(home_, cem, /*by_themselves=*/true)), Reason::kNotInvited);
  ASSERT_TRUE(Invite(home_, cem).ok());
  EXPECT_THAT(Contributed(home_), SizeIs(3));
  EXPECT_TRUE(Join(home_, cem, /*by_themselves=*/true).ok());
  ASSERT_TRUE(Leave(home_, cem).ok());
  EXPECT_EQ(Refusal(Join(home_, cem, /*by_themselves=*/true)), Reason::kNotInvited);
  EXPECT_EQ(Refusal(Leave(home_, NewMember("dan")).status()), Reason::kNotInGroup);
  // To invite or add who is there posts nothing.
  const int64_t facts = Count("ledger.journal");
  EXPECT_TRUE(Invite(home_, ann_).ok());
  EXPECT_TRUE(Join(home_, ann_).ok());
  EXPECT_EQ(Count("ledger.journal"), facts);
}

TEST_F(HouseholdTest, AHouseholdHasRoomForTwenty) {
  for (int i = 3; i <= kMaxHouseholdMembers; ++i) {
    ASSERT_TRUE(Join(home_, NewMember(absl::StrCat("m", i))).ok());
  }
  const MemberId late = NewMember("late");
  EXPECT_EQ(Refusal(Join(home_, late)), Reason::kGroupFull);
  EXPECT_TRUE(Join(home_, ann_).ok());
  ASSERT_TRUE(Leave(home_, ann_).ok());
  EXPECT_TRUE(Join(home_, late).ok());
}

TEST_F(HouseholdTest, WhoLeftTheProgramTakesNoPlace) {
  std::vector<MemberId> others;
  for (int i = 3; i <= kMaxHouseholdMembers; ++i) {
    others.push_back(NewMember(absl::StrCat("m", i)));
    ASSERT_TRUE(Join(home_, others.back()).ok());
  }
  SetState(others[0], ledger::MemberState::kClosed);
  SetState(others[1], ledger::MemberState::kErased);
  SetState(others[2], ledger::MemberState::kDeceased);
  for (const char* name : {"late1", "late2", "late3"}) {
    EXPECT_TRUE(Join(home_, NewMember(name)).ok()) << name;
  }
  EXPECT_THAT(Contributed(home_), SizeIs(20));
  EXPECT_EQ(Refusal(Join(home_, NewMember("late4"))), Reason::kGroupFull);
  // Whose membership ends only now had no place to give up.
  ASSERT_TRUE(Leave(home_, others[0]).ok());
  EXPECT_EQ(Refusal(Join(home_, NewMember("late5"))), Reason::kGroupFull);
}

TEST_F(HouseholdTest, ClosingAMemberTellsWhatStaysWithTheHousehold) {
  Give(ann_, 60);
  Give(bob_, 40);
  const MemberId empty = NewGroup(GroupKind::kHousehold, "Nothing in it");
  ASSERT_TRUE(Join(empty, ann_).ok());
  Pin(home_, 10);  // of Ann's, who came first
  Closings closings(vault_);
  const auto close = [&](bool validate_only) {
    return Parsed<v1::CloseMemberResponse>(Post(
        closings, std::make_unique<Closing>(ann_, "", NewTransaction(ann_)), "", validate_only));
  };
  for (const bool validate_only : {true, false}) {
    const auto closed = close(validate_only);
    ASSERT_TRUE(closed.ok()) << closed.status();
    ASSERT_THAT(closed->lost(), SizeIs(1));
    EXPECT_EQ(closed->lost(0).points(), 40);
    ASSERT_THAT(closed->left_with_groups(), SizeIs(1));
    EXPECT_EQ(closed->left_with_groups(0).group_id(), home_.ToString());
    EXPECT_EQ(closed->left_with_groups(0).unit(), "points");
    EXPECT_EQ(closed->left_with_groups(0).points(), 60);
  }
  EXPECT_EQ(Available(home_), 90);
  ExpectSound();
}

TEST_F(HouseholdTest, ErasingAMemberTellsWhatStaysWithTheHousehold) {
  Give(ann_, 60);
  Give(bob_, 40);
  Erasures erasures(vault_);
  const auto erased = Parsed<v1::EraseMemberResponse>(
      Post(erasures, std::make_unique<Erasure>(ann_, NewTransaction(ann_)), "",
           /*validate_only=*/true));
  ASSERT_TRUE(erased.ok()) << erased.status();
  ASSERT_THAT(erased->left_with_groups(), SizeIs(1));
  EXPECT_EQ(erased->left_with_groups(0).group_id(), home_.ToString());
  EXPECT_EQ(erased->left_with_groups(0).points(), 60);
}

TEST_F(HouseholdTest, ARestoredCopyGivesThemTheirsBeforeItForgetsTheHousehold) {
  Give(ann_, 60);
  Give(bob_, 40);
  ASSERT_TRUE(Earn(home_, 5).ok());
  EraseHomeAgain();
  EXPECT_EQ(Available(ann_), 100);
  EXPECT_EQ(Available(bob_), 100);
  EXPECT_EQ(Refusal(groups_.Get(program_, home_, Soon()).status()), Reason::kMemberErased);
  ExpectSound();
}

TEST_F(HouseholdTest, ARestoredCopyGivesThemTheirsAlsoOfAHouseholdThatStandsStill) {
  Give(ann_, 60);
  Give(bob_, 40);
  SetState(home_, ledger::MemberState::kRestricted);
  EXPECT_EQ(Refusal(Close(home_).status()), Reason::kMemberNotActive) << "by a call";
  EraseHomeAgain();
  EXPECT_EQ(Available(ann_), 100);
  EXPECT_EQ(Available(bob_), 100);
  EXPECT_EQ(Refusal(groups_.Get(program_, home_, Soon()).status()), Reason::kMemberErased);
  ExpectSound();
}

TEST_F(HouseholdTest, MembersArePaged) {
  std::vector<MemberId> all{ann_, bob_};
  for (int i = 0; i < 5; ++i) {
    all.push_back(NewMember(absl::StrCat("m", i)));
    ASSERT_TRUE(Join(home_, all.back()).ok());
  }
  std::sort(all.begin(), all.end());
  std::vector<MemberId> listed;
  std::optional<MemberId> after = MemberId();
  while (after) {
    const auto page = groups_.ListMembers(program_, home_, *after, 3, Now(), Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->members.size(), 3U);
    for (const GroupMember& member : page->members) listed.push_back(member.row.member);
    after = page->next;
  }
  EXPECT_EQ(listed, all);
}

class GroupsTest : public GroupsHouse {};

TEST_F(GroupsTest, AGroupIsNobodyInTheListOfMembersAndIsNotClosedAsOne) {
  const MemberId ann = NewMember("ann");
  const MemberId home = NewGroup(GroupKind::kHousehold, "Home");
  const auto listed = members_.List(program_, std::nullopt, 10, Soon());
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(listed->members, SizeIs(1));
  EXPECT_EQ(listed->members[0].id, ann);
  Closings closings(vault_);
  const absl::Status refused =
      Post(closings, std::make_unique<Closing>(home, "", NewTransaction(home))).answer.status();
  EXPECT_EQ(Refusal(refused), Reason::kFieldInvalid);
  EXPECT_TRUE(Post(closings, std::make_unique<Closing>(ann, "", NewTransaction(ann))).answer.ok());
}

TEST_F(GroupsTest, AGroupIsNotInAnother) {
  const MemberId home = NewGroup(GroupKind::kHousehold, "Home");
  const MemberId club = NewGroup(GroupKind::kCommunity, "Club");
  EXPECT_EQ(Refusal(Join(club, home)), Reason::kFieldInvalid);
  EXPECT_EQ(Refusal(Invite(club, home)), Reason::kFieldInvalid);
}

TEST_F(GroupsTest, AGroupThatIsOverIsInNoMergesWay) {
  const MemberId ann = NewMember("ann");
  const MemberId twin = NewMember("ann2");
  const MemberId closed = NewGroup(GroupKind::kCommunity, "Closed");
  const MemberId erased = NewGroup(GroupKind::kCommunity, "Erased");
  const MemberId open = NewGroup(GroupKind::kCommunity, "Open");
  for (const MemberId& group : {closed, open}) ASSERT_TRUE(Join(group, twin).ok());
  ASSERT_TRUE(Invite(erased, twin).ok());
  for (const MemberId& group : {closed, erased}) ASSERT_TRUE(Close(group).ok());
  SetState(erased, ledger::MemberState::kErased);
  Merges merges(vault_);
  const auto merge = [&] {
    const ledger::MergePair pair{.duplicate = twin,
                                 .survivor = ann,
                                 .leaving = NewTransaction(twin),
                                 .arriving = NewTransaction(ann),
                                 .effective_at = Now(),
                                 .source = "test"};
    return Post(merges, std::make_unique<members::Merge>(pair)).answer.status();
  };
  EXPECT_EQ(Refusal(merge()), Reason::kMergeRefused);
  ASSERT_TRUE(Leave(open, twin).ok());
  EXPECT_EQ(merge(), absl::OkStatus());
}

TEST_F(GroupsTest, MembersOfACommunitySeeItsPerks) {
  const MemberId ann = NewMember("ann");
  const MemberId club = NewGroup(GroupKind::kCommunity, "Early birds");
  const MemberId home = NewGroup(GroupKind::kHousehold, "Home");
  const std::vector<std::string> perks = {"Coffee on the house", "The door opens at seven"};
  ASSERT_TRUE(Post(changes_, *groups_.SetPerks(program_, club, perks, Now())).answer.ok());
  EXPECT_EQ(
      Refusal(Post(changes_, *groups_.SetPerks(program_, home, perks, Now())).answer.status()),
      Reason::kGroupKindWrong);
  ASSERT_TRUE(Join(club, ann).ok());
  ASSERT_TRUE(Invite(home, ann).ok());
  std::map<std::string, GroupOfMember> groups;
  std::optional<MemberCursor> after;
  do {  // page by page
    const auto page = groups_.ListOfMember(program_, ann, after, 1, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    for (const GroupOfMember& found : page->groups) groups.insert({found.group.name, found});
    after = page->next;
  } while (after);
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups.at("Early birds").group.row.perks, perks);
  EXPECT_EQ(groups.at("Early birds").membership.state, Membership::kJoined);
  EXPECT_EQ(groups.at("Home").membership.state, Membership::kInvited);
  EXPECT_THAT(groups.at("Home").group.row.perks, IsEmpty());
}

TEST_F(GroupsTest, TheProgramSaysWhoEarnsForAnOrganization) {
  const MemberId ann = NewMember("ann");
  const MemberId firm = NewGroup(GroupKind::kOrganization, "Keller Ltd");
  const MemberId club = NewGroup(GroupKind::kCommunity, "Club");
  const auto who_earns = [&](const MemberId& group) {
    return groups_.WhoEarns(program_, ann, group, Soon());
  };
  EXPECT_EQ(Refusal(who_earns(ann).status()), Reason::kGroupNotFound);
  EXPECT_EQ(Refusal(who_earns(club).status()), Reason::kGroupKindWrong);
  EXPECT_EQ(Refusal(who_earns(firm).status()), Reason::kNotInGroup);
  ASSERT_TRUE(Join(firm, ann).ok());
  EXPECT_EQ(who_earns(firm)->organization_percent, 0);
  SetGroupsPolicies policies;
  for (const int32_t percent : {100, 30}) {
    ASSERT_TRUE(
        Post(policies, groups_.SetPolicy(program_, {.organization_percent = percent}, Now()))
            .answer.ok());
    EXPECT_EQ(who_earns(firm)->organization_percent, percent);
  }
  EXPECT_EQ(who_earns(firm)->policy_version, 2);
  EXPECT_EQ(groups_.CurrentPolicy(program_, Soon())->organization_percent, 30);
  ASSERT_TRUE(Leave(firm, ann).ok());
  EXPECT_EQ(Refusal(who_earns(firm).status()), Reason::kNotInGroup);
  ASSERT_TRUE(Join(firm, ann).ok());
  ASSERT_TRUE(Close(firm).ok());
  EXPECT_EQ(Refusal(who_earns(firm).status()), Reason::kMemberNotActive);
}

TEST_F(GroupsTest, NoGroupsNameIsInTheDatabase) {
  const MemberId home = NewGroup(GroupKind::kHousehold, "Grossmuetterchen");
  EXPECT_EQ(groups_.Get(program_, home, Soon())->name, "Grossmuetterchen");
  for (const char* table : {"gratis_members.member", "gratis_members.member_group",
                            "ledger.journal", "ledger.request", "ledger.directory"}) {
    EXPECT_EQ(Count(absl::StrCat(table, " AS t WHERE t::text LIKE '%Grossmuetterchen%' OR ",
                                 "t::text LIKE '%47726f73736d756574746572%'")),
              0)
        << table;
  }
}

TEST_F(GroupsTest, AGroupIsOpenedOnce) {
  const auto create = [&] {
    return Post(changes_, *groups_.Create(program_, GroupKind::kHousehold, "Home", Now()), "open");
  };
  const ledger::Outcome first = create();
  ASSERT_TRUE(first.answer.ok()) << first.answer.status();
  const ledger::Outcome again = create();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*again.answer, *first.answer);
  EXPECT_EQ(Count("gratis_members.member_group"), 1);
}

}  // namespace
}  // namespace gratis::members
