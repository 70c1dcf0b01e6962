#include "services/birthdays/birthday_service.h"

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/birthdays/birthday_contract.h"

namespace gratis::birthdays {

grpc::ServerUnaryReactor* BirthdayService::GetBirthdayPolicy(
    grpc::CallbackServerContext* context, const v1::GetBirthdayPolicyRequest* request,
    v1::GetBirthdayPolicyResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetBirthdayPolicyRequest&,
                            v1::GetBirthdayPolicyResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const Policy policy,
                                        birthdays_.CurrentPolicy(call.program, call.deadline));
                       *answer.mutable_policy() = ToContract(policy);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* BirthdayService::SetBirthdayPolicy(
    grpc::CallbackServerContext* context, const v1::SetBirthdayPolicyRequest* request,
    v1::SetBirthdayPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetBirthdayPolicyRequest& wish,
                              const rpc::Reply<v1::SetBirthdayPolicyResponse>& reply) {
                         const auto policy = ParsePolicy(wish);
                         if (!policy.ok()) return reply.Finish(policy.status());
                         rpc::Post(poster_, call, wish, set_policies_,
                                   std::make_unique<SetPolicy>(*policy, ids_, call.now), reply);
                       });
}

grpc::ServerUnaryReactor* BirthdayService::RunBirthdays(grpc::CallbackServerContext* context,
                                                        const v1::RunBirthdaysRequest* request,
                                                        v1::RunBirthdaysResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::RunBirthdaysRequest& wish,
                            v1::RunBirthdaysResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const auto through, ParseThrough(wish));
                       ASSIGN_OR_RETURN(const RunReport report,
                                        birthdays_.Run({.program = call.program,
                                                        .actor = call.actor,
                                                        .now = call.now,
                                                        .through = through,
                                                        .validate_only = wish.validate_only(),
                                                        .deadline = call.deadline,
                                                        .stop = {}}));
                       answer = ToContract(report);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* BirthdayService::ExplainBirthday(
    grpc::CallbackServerContext* context, const v1::ExplainBirthdayRequest* request,
    v1::ExplainBirthdayResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ExplainBirthdayRequest& asked,
                            v1::ExplainBirthdayResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const ExplainOrder order, ParseExplain(asked));
                       ASSIGN_OR_RETURN(const Explanation explanation,
                                        birthdays_.Explain(call.program, order.member, order.year,
                                                           call.now, call.deadline));
                       answer = ToContract(explanation);
                       return absl::OkStatus();
                     });
}

}  // namespace gratis::birthdays
