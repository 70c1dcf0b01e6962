#include "services/members/group_contract.h"

#include "absl/strings/str_cat.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/groups.pb.h"
#include "services/members/groups.h"

namespace gratis::members {
namespace {

static_assert(static_cast<int>(GroupKind::kHousehold) == v1::GROUP_KIND_HOUSEHOLD &&
              static_cast<int>(GroupKind::kCommunity) == v1::GROUP_KIND_COMMUNITY &&
              static_cast<int>(GroupKind::kOrganization) == v1::GROUP_KIND_ORGANIZATION);
static_assert(static_cast<int>(Membership::kInvited) == v1::GROUP_MEMBERSHIP_INVITED &&
              static_cast<int>(Membership::kJoined) == v1::GROUP_MEMBERSHIP_JOINED);

constexpr char kPoints[] = "points";

}  // namespace

absl::Status NoSuchGroup(const MemberId& group) {
  return FieldError(Reason::kGroupNotFound, "group_id",
                    absl::StrCat("the program has no group ", group.ToString()));
}

absl::Status NotInGroup() {
  return FieldError(Reason::kNotInGroup, "member_id", "the member is not in the group");
}

absl::StatusOr<MemberId> GroupIdOf(std::string_view group_id, std::string_view field) {
  if (group_id.empty()) return FieldError(Reason::kFieldMissing, field, "which group?");
  absl::StatusOr<MemberId> group = MemberId::Parse(group_id);
  if (!group.ok()) return InField(group.status(), field);
  return group;
}

absl::StatusOr<GroupKind> KindOf(const v1::CreateGroupRequest& request) {
  if (request.kind() == v1::GROUP_KIND_UNSPECIFIED) {
    return FieldError(Reason::kFieldMissing, "kind",
                      "a group is a household, a community or an organization");
  }
  if (!v1::GroupKind_IsValid(request.kind())) {
    return FieldError(Reason::kFieldInvalid, "kind", "there is no such kind of group");
  }
  return static_cast<GroupKind>(request.kind());
}

absl::StatusOr<GroupPointsOrder> OrderOf(const v1::ContributeToGroupRequest& request) {
  RETURN_IF_ERROR(InField(ledger::CheckPoints(request.points()), "points"));
  return GroupPointsOrder{.unit = request.unit().empty() ? kPoints : request.unit(),
                          .points = request.points()};
}

absl::StatusOr<GroupsPolicy> PolicyOf(const v1::SetGroupsPolicyRequest& request) {
  if (!request.has_policy()) {
    return FieldError(Reason::kFieldMissing, "policy", "what is the policy to be?");
  }
  const GroupsPolicy policy{.version = request.policy().version(),
                            .organization_percent = request.policy().organization_percent()};
  RETURN_IF_ERROR(CheckGroupsPolicy(policy));
  return policy;
}

void ToContract(const Group& group, v1::Group& proto) {
  proto.set_group_id(group.row.id.ToString());
  proto.set_kind(static_cast<v1::GroupKind>(group.row.kind));
  proto.set_name(group.name);
  for (const std::string& perk : group.row.perks) proto.add_perks(perk);
  rpc::SetTime(group.row.created_at, *proto.mutable_created_at());
  proto.set_closed(group.closed);
}

void ToContract(const GroupMember& member, v1::ListGroupMembersResponse_Member& proto) {
  proto.set_member_id(member.row.member.ToString());
  proto.set_membership(static_cast<v1::GroupMembership>(member.row.state));
  rpc::SetTime(member.row.since, *proto.mutable_since());
  for (const auto& [unit, points] : member.contributed) {
    v1::GroupPoints& left = *proto.add_contributed();
    left.set_unit(unit);
    left.set_points(points);
  }
}

void ToContract(const GroupsPolicy& policy, v1::GroupsPolicy& proto) {
  proto.set_version(policy.version);
  proto.set_organization_percent(policy.organization_percent);
}

absl::Status SetPoints(const ledger::Books& books, const std::map<int16_t, int64_t>& points,
                       google::protobuf::RepeatedPtrField<v1::GroupPoints>& proto) {
  for (const auto& [number, sum] : points) {
    if (ledger::IsVoucherUnit(number)) continue;
    ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(number));
    v1::GroupPoints& said = *proto.Add();
    said.set_unit(unit.code);
    said.set_points(sum);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
