#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/policy.grpc.pb.h"
#include "services/members/members.h"
#include "services/members/members_policy.h"

namespace gratis::members {

// The calls of gratis.members.v1.MembersPolicyService: convert, call, convert back.
class PolicyService final : public v1::MembersPolicyService::CallbackService {
 public:
  // All arguments outlive the service.
  PolicyService(rpc::Shell& shell, ledger::Poster& poster, const Members& members,
                base::IdSource& ids)
      : shell_(shell), poster_(poster), members_(members), ids_(ids) {}

  grpc::ServerUnaryReactor* GetMembersPolicy(grpc::CallbackServerContext* context,
                                             const v1::GetMembersPolicyRequest* request,
                                             v1::GetMembersPolicyResponse* response) override;
  grpc::ServerUnaryReactor* SetMembersPolicy(grpc::CallbackServerContext* context,
                                             const v1::SetMembersPolicyRequest* request,
                                             v1::SetMembersPolicyResponse* response) override;

 private:
  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Members& members_;
  base::IdSource& ids_;
  PolicySettings settings_;
};

}  // namespace gratis::members
