#include "services/members/group_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/group_contract.h"
#include "services/members/member_contract.h"

namespace gratis::members {
namespace {

absl::Status NotOfThisList() {
  return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
}

}  // namespace

template <class Req, class Resp>
grpc::ServerUnaryReactor* GroupService::Change(grpc::CallbackServerContext* context,
                                               const Req* request, Resp* response) {
  return shell_.Mutate<Req, Resp>(
      context, request, response,
      [this](const rpc::Call& call, const Req& asked, rpc::Reply<Resp> reply) {
        Groups::ChangeOr change = Make(call, asked);
        if (!change.ok()) return reply.Finish(change.status());
        rpc::Post(poster_, call, asked, changes_, *std::move(change), std::move(reply));
      });
}

Groups::ChangeOr GroupService::Make(const rpc::Call& call,
                                    const v1::CreateGroupRequest& request) const {
  ASSIGN_OR_RETURN(const GroupKind kind, KindOf(request));
  RETURN_IF_ERROR(CheckGroupName(request.name()));
  return groups_.Create(call.program, kind, request.name(), call.now);
}

Groups::ChangeOr GroupService::Make(const rpc::Call& call,
                                    const v1::InviteGroupMemberRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(request.group_id()));
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  return groups_.Invite(call.program, group, member, call.now, call.deadline);
}

Groups::ChangeOr GroupService::Make(const rpc::Call& call,
                                    const v1::AddGroupMemberRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(request.group_id()));
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  const bool by_themselves = call.role == rpc::Role::kMember;
  return groups_.Add(call.program, group, member, by_themselves, call.now, call.deadline);
}

Groups::ChangeOr GroupService::Make(const rpc::Call& call,
                                    const v1::RemoveGroupMemberRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(request.group_id()));
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  return groups_.Remove(call.program, group, member, call.now);
}

Groups::ChangeOr GroupService::Make(const rpc::Call& call,
                                    const v1::ContributeToGroupRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(request.group_id()));
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(GroupPointsOrder order, OrderOf(request));
  return groups_.Contribute(call.program, group, member, std::move(order), call.now);
}

Groups::ChangeOr GroupService::Make(const rpc::Call& call,
                                    const v1::SetGroupPerksRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(request.group_id()));
  std::vector<std::string> perks(request.perks().begin(), request.perks().end());
  RETURN_IF_ERROR(CheckPerks(perks));
  return groups_.SetPerks(call.program, group, std::move(perks), call.now);
}

Groups::ChangeOr GroupService::Make(const rpc::Call& call,
                                    const v1::CloseGroupRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(request.group_id()));
  return groups_.Close(call.program, group, call.now, call.deadline);
}

absl::Status GroupService::List(const rpc::Call& call, const v1::ListGroupMembersRequest& request,
                                v1::ListGroupMembersResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(request.group_id()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  MemberId after;
  if (!cursor.empty()) {
    const absl::StatusOr<MemberId> parsed = MemberId::Parse(cursor);
    if (!parsed.ok()) return NotOfThisList();
    after = *parsed;
  }
  ASSIGN_OR_RETURN(const GroupMemberPage page,
                   groups_.ListMembers(call.program, group, after, limit, call.now, call.deadline));
  for (const GroupMember& member : page.members) ToContract(member, *response.add_members());
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

absl::Status GroupService::List(const rpc::Call& call, const v1::ListGroupsRequest& request,
                                v1::ListGroupsResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  std::optional<MemberCursor> after;
  if (!cursor.empty()) {
    after = MemberCursor::Parse(cursor);
    if (!after) return NotOfThisList();
  }
  ASSIGN_OR_RETURN(const GroupPage page,
                   groups_.ListOfMember(call.program, member, after, limit, call.deadline));
  for (const GroupOfMember& found : page.groups) {
    v1::ListGroupsResponse::Entry& entry = *response.add_groups();
    ToContract(found.group, *entry.mutable_group());
    entry.set_membership(static_cast<v1::GroupMembership>(found.membership.state));
    rpc::SetTime(found.membership.since, *entry.mutable_since());
  }
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* GroupService::CreateGroup(grpc::CallbackServerContext* context,
                                                    const v1::CreateGroupRequest* request,
                                                    v1::CreateGroupResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* GroupService::InviteGroupMember(
    grpc::CallbackServerContext* context, const v1::InviteGroupMemberRequest* request,
    v1::InviteGroupMemberResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* GroupService::AddGroupMember(grpc::CallbackServerContext* context,
                                                       const v1::AddGroupMemberRequest* request,
                                                       v1::AddGroupMemberResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* GroupService::RemoveGroupMember(
    grpc::CallbackServerContext* context, const v1::RemoveGroupMemberRequest* request,
    v1::RemoveGroupMemberResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* GroupService::ContributeToGroup(
    grpc::CallbackServerContext* context, const v1::ContributeToGroupRequest* request,
    v1::ContributeToGroupResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* GroupService::SetGroupPerks(grpc::CallbackServerContext* context,
                                                      const v1::SetGroupPerksRequest* request,
                                                      v1::SetGroupPerksResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* GroupService::CloseGroup(grpc::CallbackServerContext* context,
                                                   const v1::CloseGroupRequest* request,
                                                   v1::CloseGroupResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* GroupService::GetGroup(grpc::CallbackServerContext* context,
                                                 const v1::GetGroupRequest* request,
                                                 v1::GetGroupResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetGroupRequest& asked,
                            v1::GetGroupResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId group, GroupIdOf(asked.group_id()));
                       ASSIGN_OR_RETURN(const Group found,
                                        groups_.Get(call.program, group, call.deadline));
                       ToContract(found, *answer.mutable_group());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* GroupService::ListGroupMembers(grpc::CallbackServerContext* context,
                                                         const v1::ListGroupMembersRequest* request,
                                                         v1::ListGroupMembersResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListGroupMembersRequest& asked,
             v1::ListGroupMembersResponse& answer) { return List(call, asked, answer); });
}

grpc::ServerUnaryReactor* GroupService::ListGroups(grpc::CallbackServerContext* context,
                                                   const v1::ListGroupsRequest* request,
                                                   v1::ListGroupsResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListGroupsRequest& asked,
                            v1::ListGroupsResponse& answer) { return List(call, asked, answer); });
}

grpc::ServerUnaryReactor* GroupService::WhoEarns(grpc::CallbackServerContext* context,
                                                 const v1::WhoEarnsRequest* request,
                                                 v1::WhoEarnsResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::WhoEarnsRequest& asked,
                            v1::WhoEarnsResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(asked.member_id()));
                       ASSIGN_OR_RETURN(const MemberId organization,
                                        GroupIdOf(asked.organization_id(), "organization_id"));
                       ASSIGN_OR_RETURN(
                           const Shares shares,
                           groups_.WhoEarns(call.program, member, organization, call.deadline));
                       answer.set_organization_percent(shares.organization_percent);
                       answer.set_policy_version(shares.policy_version);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* GroupService::GetGroupsPolicy(grpc::CallbackServerContext* context,
                                                        const v1::GetGroupsPolicyRequest* request,
                                                        v1::GetGroupsPolicyResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetGroupsPolicyRequest&,
                            v1::GetGroupsPolicyResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const GroupsPolicy policy,
                                        groups_.CurrentPolicy(call.program, call.deadline));
                       ToContract(policy, *answer.mutable_policy());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* GroupService::SetGroupsPolicy(grpc::CallbackServerContext* context,
                                                        const v1::SetGroupsPolicyRequest* request,
                                                        v1::SetGroupsPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetGroupsPolicyRequest& wish,
                              const rpc::Reply<v1::SetGroupsPolicyResponse>& reply) {
                         absl::StatusOr<GroupsPolicy> policy = PolicyOf(wish);
                         if (!policy.ok()) return reply.Finish(policy.status());
                         rpc::Post(poster_, call, wish, policies_,
                                   groups_.SetPolicy(call.program, *policy, call.now), reply);
                       });
}

}  // namespace gratis::members
