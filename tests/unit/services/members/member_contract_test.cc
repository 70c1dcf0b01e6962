#include "services/members/member_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/policy.pb.h"
#include "gratis/members/v1/standing.pb.h"

namespace gratis::members {
namespace {

TEST(ProfileProto, LosesNothingOnTheWay) {
  const Profile full{.external_ids = {{"crm", "1"}, {"webshop", "2"}},
                     .email = "Ann@Example.com",
                     .phone = "+41446681800",
                     .greeting_name = "Ännchen",
                     .birthday = Birthday{{2, 29}, 1980},
                     .time_zone = "Europe/Zurich",
                     .language = "de-CH",
                     .acquisition_source = "friend",
                     .home_store = "main",
                     .phone_removed = true};
  EXPECT_EQ(*ParseProfile(SerializeProfile(full)), full);

  Profile without_year = full;
  without_year.birthday->year.reset();
  EXPECT_EQ(*ParseProfile(SerializeProfile(without_year)), without_year);
  EXPECT_EQ(*ParseProfile(SerializeProfile({})), Profile{});
}

TEST(ProfileProto, WhatIsNoProfileIsDamage) {
  EXPECT_EQ(ReasonOf(ParseProfile("\xff\xff\xff").status()), Reason::kBooksDamaged);
}

TEST(ChangeOf, NamesTheFieldThatTheMaskCannotMean) {
  v1::UpdateMemberRequest request;
  request.mutable_profile()->set_email("ann@example.com");
  request.mutable_update_mask()->add_paths("email");
  request.mutable_update_mask()->add_paths("member_id");
  const auto refused = ChangeOf(request);
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(refused.status()), "update_mask.paths[1]");
  request.mutable_update_mask()->mutable_paths()->RemoveLast();
  const auto change = ChangeOf(request);
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->parts, std::set<Part>{Part::kEmail});
}

TEST(StateOf, NobodyIsClosedOrErasedByTheWay) {
  for (const auto state : {v1::MEMBER_STATE_UNSPECIFIED, v1::MEMBER_STATE_CLOSED,
                           v1::MEMBER_STATE_ERASED, static_cast<v1::MemberState>(99)}) {
    v1::SetMemberStateRequest request;
    request.set_state(state);
    EXPECT_EQ(FieldOf(StateOf(request).status()), "state") << state;
  }
  v1::SetMemberStateRequest request;
  request.set_state(v1::MEMBER_STATE_DECEASED);
  EXPECT_EQ(*StateOf(request), ledger::MemberState::kDeceased);
}

TEST(SourceOf, IsALineForTheJournal) {
  v1::SetMemberStateRequest request;
  request.set_source("case 4711");
  EXPECT_EQ(*SourceOf(request), "case 4711");
  request.set_source("two\nlines");
  EXPECT_EQ(ReasonOf(SourceOf(request).status()), Reason::kFieldInvalid);
  request.set_source(std::string(129, 'x'));
  EXPECT_EQ(ReasonOf(SourceOf(request).status()), Reason::kFieldTooLong);
}

TEST(LeavingAnswerOf, TakesWhatPeopleWriteUpToALimit) {
  v1::CloseMemberRequest request;
  request.set_leaving_answer("Too many\ne-mails");
  EXPECT_TRUE(LeavingAnswerOf(request).ok());
  request.set_leaving_answer(std::string(2001, 'x'));
  EXPECT_EQ(ReasonOf(LeavingAnswerOf(request).status()), Reason::kFieldTooLong);
}

TEST(PolicyOf, IsThereAndChecked) {
  v1::SetMembersPolicyRequest request;
  EXPECT_EQ(ReasonOf(PolicyOf(request).status()), Reason::kFieldMissing);
  request.mutable_policy()->set_default_region("Switzerland");
  EXPECT_EQ(FieldOf(PolicyOf(request).status()), "policy.default_region");
  request.mutable_policy()->set_default_region("CH");
  EXPECT_EQ(PolicyOf(request)->default_region, "CH");
}

}  // namespace
}  // namespace gratis::members
