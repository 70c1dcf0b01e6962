#include "services/birthdays/birthday_service.h"

#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
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
                       *answer.mutable_policy() = ToContract(policy, call.program.currency_code);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* BirthdayService::SetBirthdayPolicy(
    grpc::CallbackServerContext* context, const v1::SetBirthdayPolicyRequest* request,
    v1::SetBirthdayPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetBirthdayPolicyRequest& wish,
                              const rpc::Reply<v1::SetBirthdayPolicyResponse>& reply) {
                         const auto policy = ParsePolicy(wish, call.program.currency_code);
                         if (!policy.ok()) return reply.Finish(policy.status());
                         auto change = std::make_unique<SetPolicy>(*policy, ids_, call.now);
                         change->envelope.refusal =
                             birthdays_.CheckTiers(call.program, *policy, call.deadline);
                         rpc::Post(poster_, call, wish, set_policies_, std::move(change), reply);
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
                       answer = ToContract(report, call.program.currency_code);
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
                       answer = ToContract(explanation, call.program.currency_code);
                       return absl::OkStatus();
                     });
}

absl::Status BirthdayService::List(const rpc::Call& call, const v1::ListGiftsRequest& request,
                                   v1::ListGiftsResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request));
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const BirthdayKey after, ParseAfter(cursor));
  // One more than fits tells whether there is a next page.
  ASSIGN_OR_RETURN(
      std::vector<MemberGift> gifts,
      birthdays_.ListGifts(call.program, member, after, limit + 1, call.deadline, call.as_named));
  if (gifts.size() > static_cast<size_t>(limit)) {
    gifts.pop_back();
    response.set_next_page_token(shell_.page_tokens().Make(
        request, call.program.number, CursorOf({gifts.back().member, gifts.back().gift.year})));
  }
  for (const MemberGift& given : gifts) {
    *response.add_gifts() = ToContract(given.gift, call.program.currency_code);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* BirthdayService::ListGifts(grpc::CallbackServerContext* context,
                                                     const v1::ListGiftsRequest* request,
                                                     v1::ListGiftsResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListGiftsRequest& asked,
                            v1::ListGiftsResponse& answer) { return List(call, asked, answer); });
}

grpc::ServerUnaryReactor* BirthdayService::ChooseGift(grpc::CallbackServerContext* context,
                                                      const v1::ChooseGiftRequest* request,
                                                      v1::ChooseGiftResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::ChooseGiftRequest& wish,
                              const rpc::Reply<v1::ChooseGiftResponse>& reply) {
                         const auto order = ParseChoosing(wish);
                         if (!order.ok()) return reply.Finish(order.status());
                         auto choosing = std::make_unique<birthdays::ChooseGift>(
                             call.program, *order, ids_, birthdays_.codes(), call.now);
                         choosing->envelope.refusal = rpc::NeedStrongProof(call, order->member);
                         rpc::Post(poster_, call, wish, birthdays_.choosing(), std::move(choosing),
                                   reply);
                       });
}

grpc::ServerUnaryReactor* BirthdayService::ForecastBirthdays(
    grpc::CallbackServerContext* context, const v1::ForecastBirthdaysRequest* request,
    v1::ForecastBirthdaysResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ForecastBirthdaysRequest& asked,
                            v1::ForecastBirthdaysResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const DaySpan days, ParseSpan(asked));
                       ASSIGN_OR_RETURN(
                           const Forecast forecast,
                           birthdays_.Foresee(call.program, days, call.now, call.deadline));
                       answer = ToContract(forecast, call.program.currency_code);
                       return absl::OkStatus();
                     });
}

}  // namespace gratis::birthdays
