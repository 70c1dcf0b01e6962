#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "common/vault/vault.h"
#include "gratis/members/v1/groups.grpc.pb.h"
#include "services/members/groups.h"

namespace gratis::members {

// The calls of gratis.members.v1.GroupService: convert, call, convert back.
class GroupService final : public v1::GroupService::CallbackService {
 public:
  // All arguments outlive the service.
  GroupService(rpc::Shell& shell, ledger::Poster& poster, const Groups& groups, vault::Vault& vault)
      : shell_(shell), poster_(poster), groups_(groups), changes_(vault) {}

  grpc::ServerUnaryReactor* CreateGroup(grpc::CallbackServerContext* context,
                                        const v1::CreateGroupRequest* request,
                                        v1::CreateGroupResponse* response) override;
  grpc::ServerUnaryReactor* InviteGroupMember(grpc::CallbackServerContext* context,
                                              const v1::InviteGroupMemberRequest* request,
                                              v1::InviteGroupMemberResponse* response) override;
  grpc::ServerUnaryReactor* AddGroupMember(grpc::CallbackServerContext* context,
                                           const v1::AddGroupMemberRequest* request,
                                           v1::AddGroupMemberResponse* response) override;
  grpc::ServerUnaryReactor* RemoveGroupMember(grpc::CallbackServerContext* context,
                                              const v1::RemoveGroupMemberRequest* request,
                                              v1::RemoveGroupMemberResponse* response) override;
  grpc::ServerUnaryReactor* ContributeToGroup(grpc::CallbackServerContext* context,
                                              const v1::ContributeToGroupRequest* request,
                                              v1::ContributeToGroupResponse* response) override;
  grpc::ServerUnaryReactor* SetGroupPerks(grpc::CallbackServerContext* context,
                                          const v1::SetGroupPerksRequest* request,
                                          v1::SetGroupPerksResponse* response) override;
  grpc::ServerUnaryReactor* CloseGroup(grpc::CallbackServerContext* context,
                                       const v1::CloseGroupRequest* request,
                                       v1::CloseGroupResponse* response) override;
  grpc::ServerUnaryReactor* GetGroup(grpc::CallbackServerContext* context,
                                     const v1::GetGroupRequest* request,
                                     v1::GetGroupResponse* response) override;
  grpc::ServerUnaryReactor* ListGroupMembers(grpc::CallbackServerContext* context,
                                             const v1::ListGroupMembersRequest* request,
                                             v1::ListGroupMembersResponse* response) override;
  grpc::ServerUnaryReactor* ListGroups(grpc::CallbackServerContext* context,
                                       const v1::ListGroupsRequest* request,
                                       v1::ListGroupsResponse* response) override;
  grpc::ServerUnaryReactor* WhoEarns(grpc::CallbackServerContext* context,
                                     const v1::WhoEarnsRequest* request,
                                     v1::WhoEarnsResponse* response) override;
  grpc::ServerUnaryReactor* GetGroupsPolicy(grpc::CallbackServerContext* context,
                                            const v1::GetGroupsPolicyRequest* request,
                                            v1::GetGroupsPolicyResponse* response) override;
  grpc::ServerUnaryReactor* SetGroupsPolicy(grpc::CallbackServerContext* context,
                                            const v1::SetGroupsPolicyRequest* request,
                                            v1::SetGroupsPolicyResponse* response) override;

 private:
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, const Req* request,
                                   Resp* response);

  Groups::ChangeOr Make(const rpc::Call& call, const v1::CreateGroupRequest& request) const;
  Groups::ChangeOr Make(const rpc::Call& call, const v1::InviteGroupMemberRequest& request) const;
  Groups::ChangeOr Make(const rpc::Call& call, const v1::AddGroupMemberRequest& request) const;
  Groups::ChangeOr Make(const rpc::Call& call, const v1::RemoveGroupMemberRequest& request) const;
  Groups::ChangeOr Make(const rpc::Call& call, const v1::ContributeToGroupRequest& request) const;
  Groups::ChangeOr Make(const rpc::Call& call, const v1::SetGroupPerksRequest& request) const;
  Groups::ChangeOr Make(const rpc::Call& call, const v1::CloseGroupRequest& request) const;
  absl::Status List(const rpc::Call& call, const v1::ListGroupMembersRequest& request,
                    v1::ListGroupMembersResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListGroupsRequest& request,
                    v1::ListGroupsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Groups& groups_;
  GroupChanges changes_;
  SetGroupsPolicies policies_;
};

}  // namespace gratis::members
