#include "services/members/member_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

TEST(ProfileProto, LosesNothingOnTheWay) {
  const Profile full{.external_ids = {{"crm", "1"}, {"webshop", "2"}},
                     .email = "Ann@Example.com",
                     .phone = "+41446681800",
                     .greeting_name = "Ännchen",
                     .birthday = Birthday{{2, 29}, 1980},
                     .time_zone = "Europe/Zurich",
                     .language = "de-CH"};
  EXPECT_EQ(*ParseProfile(SerializeProfile(full)), full);

  Profile without_year = full;
  without_year.birthday->year.reset();
  EXPECT_EQ(*ParseProfile(SerializeProfile(without_year)), without_year);
  EXPECT_EQ(*ParseProfile(SerializeProfile({})), Profile{});
}

TEST(ProfileProto, WhatIsNoProfileIsDamage) {
  EXPECT_EQ(ReasonOf(ParseProfile("\xff\xff\xff").status()), Reason::kBooksDamaged);
}

}  // namespace
}  // namespace gratis::members
