#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/members/group_points.h"
#include "services/members/groups_policy.h"

namespace google::protobuf {
template <class T>
class RepeatedPtrField;
}

// Between what the contract says of groups and what the rules work on.
namespace gratis::members {

struct Group;
struct GroupMember;

namespace v1 {
class ContributeToGroupRequest;
class CreateGroupRequest;
class Group;
class GroupPoints;
class GroupsPolicy;
class ListGroupMembersResponse_Member;
class SetGroupsPolicyRequest;
}  // namespace v1

// What is told of a group that is none, and of somebody who is not in one.
absl::Status NoSuchGroup(const MemberId& group);
absl::Status NotInGroup();

// A group's id in `field`. Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<MemberId> GroupIdOf(std::string_view group_id, std::string_view field = "group_id");
// Errors: FIELD_MISSING, FIELD_INVALID.
absl::StatusOr<GroupKind> KindOf(const v1::CreateGroupRequest& request);
// Errors: POINTS_NOT_POSITIVE, POINTS_OVERFLOW.
absl::StatusOr<GroupPointsOrder> OrderOf(const v1::ContributeToGroupRequest& request);
// Errors: FIELD_MISSING, FIELD_INVALID.
absl::StatusOr<GroupsPolicy> PolicyOf(const v1::SetGroupsPolicyRequest& request);

void ToContract(const Group& group, v1::Group& proto);
void ToContract(const GroupMember& member, v1::ListGroupMembersResponse_Member& proto);
void ToContract(const GroupsPolicy& policy, v1::GroupsPolicy& proto);

// Points by unit, but for those of vouchers. Errors: UNIT_NOT_FOUND.
absl::Status SetPoints(const ledger::Books& books, const std::map<int16_t, int64_t>& points,
                       google::protobuf::RepeatedPtrField<v1::GroupPoints>& proto);

}  // namespace gratis::members
