#include "services/members/members_policy.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

TEST(MembersPolicy, NamesARegionOrNone) {
  EXPECT_TRUE(CheckPolicy({}).ok());
  EXPECT_TRUE(CheckPolicy({.default_region = "CH"}).ok());
  const absl::Status refused = CheckPolicy({.default_region = "ch"});
  EXPECT_EQ(ReasonOf(refused), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(refused), "policy.default_region");
}

}  // namespace
}  // namespace gratis::members
