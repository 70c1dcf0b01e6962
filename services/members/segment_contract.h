#pragma once

#include "absl/status/statusor.h"
#include "services/members/segment_rules.h"

// Between what the contract says of segments and what the rules work on.
namespace gratis::members {

namespace v1 {
class SegmentMark;
class SetMemberSegmentsRequest;
}  // namespace v1

// Checked. Errors: those of CheckSegmentChange; FIELD_INVALID (a time that is none).
absl::StatusOr<SegmentChange> ChangeOf(const v1::SetMemberSegmentsRequest& request);

void ToContract(const SegmentMark& mark, v1::SegmentMark& proto);

}  // namespace gratis::members
