#include "services/members/own_change.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

TEST(OwnChange, IsOfWhatNobodyIsFoundBy) {
  v1::UpdateMemberRequest request;
  for (const char* part : {"greeting_name", "birthday", "time_zone", "language"}) {
    request.mutable_update_mask()->add_paths(part);
  }
  EXPECT_EQ(CheckOwnChange(request), absl::OkStatus());
}

// Else somebody could put another's number, or another's account at the shop, under their own name.
TEST(OwnChange, IsOfNoIdentifier) {
  for (const char* part : {"email", "phone", "external_ids", "home_store", "acquisition_source"}) {
    v1::UpdateMemberRequest request;
    request.mutable_update_mask()->add_paths("language");
    request.mutable_update_mask()->add_paths(part);
    EXPECT_EQ(ReasonOf(CheckOwnChange(request)), Reason::kFieldInvalid) << part;
  }
  v1::UpdateMemberRequest adds;
  adds.add_add_external_ids()->set_source("webshop");
  EXPECT_EQ(FieldOf(CheckOwnChange(adds)), "add_external_ids");
  v1::UpdateMemberRequest removes;
  removes.add_remove_external_ids()->set_source("webshop");
  EXPECT_EQ(FieldOf(CheckOwnChange(removes)), "remove_external_ids");
}

}  // namespace
}  // namespace gratis::members
