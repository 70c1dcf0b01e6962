#include "services/messages/policy_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/messages/policy_contract.h"

namespace gratis::messages {

grpc::ServerUnaryReactor* MessagingPolicyService::GetMessagingPolicy(
    grpc::CallbackServerContext* context, const v1::GetMessagingPolicyRequest* request,
    v1::GetMessagingPolicyResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetMessagingPolicyRequest&,
                            v1::GetMessagingPolicyResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MessagingPolicy policy,
                                        templates_.CurrentPolicy(call.program, call.deadline));
                       *answer.mutable_policy() = ToContract(policy);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MessagingPolicyService::SetMessagingPolicy(
    grpc::CallbackServerContext* context, const v1::SetMessagingPolicyRequest* request,
    v1::SetMessagingPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetMessagingPolicyRequest& wish,
                              const rpc::Reply<v1::SetMessagingPolicyResponse>& reply) {
                         absl::StatusOr<MessagingPolicy> policy = ParsePolicy(wish);
                         if (!policy.ok()) return reply.Finish(policy.status());
                         rpc::Post(poster_, call, wish, sets_,
                                   std::make_unique<messages::SetMessagingPolicy>(
                                       *std::move(policy), ledger::TransactionOfProgram(
                                                               call.program, ids_.Next(call.now))),
                                   reply);
                       });
}

grpc::ServerUnaryReactor* MessagingPolicyService::Unsubscribe(grpc::CallbackServerContext* context,
                                                              const v1::UnsubscribeRequest* request,
                                                              v1::UnsubscribeResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::UnsubscribeRequest& asked,
                            v1::UnsubscribeResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(
                           const MemberId member,
                           messages_.Unsubscribe(call.program, asked.token(), asked.request_id(),
                                                 call.now, call.deadline));
                       answer.set_member_id(member.ToString());
                       return absl::OkStatus();
                     });
}

}  // namespace gratis::messages
