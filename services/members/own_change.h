#pragma once

#include "absl/status/status.h"
#include "gratis/members/v1/members.pb.h"

namespace gratis::members {

// What members change of their own profile: how they are greeted, their birthday, zone and
// language. What they are found by is the shop's to check before it counts. Errors: FIELD_INVALID.
absl::Status CheckOwnChange(const v1::UpdateMemberRequest& request);

}  // namespace gratis::members
