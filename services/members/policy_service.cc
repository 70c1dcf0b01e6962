#include "services/members/policy_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/members/member_contract.h"

namespace gratis::members {

grpc::ServerUnaryReactor* PolicyService::GetMembersPolicy(
    grpc::CallbackServerContext* context, const v1::GetMembersPolicyRequest* request,
    v1::GetMembersPolicyResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetMembersPolicyRequest&,
                            v1::GetMembersPolicyResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MembersPolicy policy,
                                        members_.CurrentPolicy(call.program, call.deadline));
                       ToContract(policy, *answer.mutable_policy());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* PolicyService::SetMembersPolicy(
    grpc::CallbackServerContext* context, const v1::SetMembersPolicyRequest* request,
    v1::SetMembersPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetMembersPolicyRequest& wish,
                              const rpc::Reply<v1::SetMembersPolicyResponse>& reply) {
                         absl::StatusOr<MembersPolicy> policy = PolicyOf(wish);
                         if (!policy.ok()) return reply.Finish(policy.status());
                         auto setting = std::make_unique<PolicySetting>(
                             *std::move(policy),
                             ledger::TransactionOfProgram(call.program, ids_.Next(call.now)));
                         rpc::Post(poster_, call, wish, settings_, std::move(setting), reply);
                       });
}

}  // namespace gratis::members
