#include "services/thanks/trigger_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/civil.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/thanks_contract.h"
#include "services/thanks/trigger_backtest.h"
#include "services/thanks/trigger_contract.h"

namespace gratis::thanks {
namespace {

// The next page begins behind it: microseconds, subject and trigger.
std::string CursorOf(const TriggerResult& result) {
  return absl::StrCat(absl::ToUnixMicros(result.acts_at()), " ",
                      MemberId{result.subject}.ToString(), " ", result.trigger);
}

absl::StatusOr<ResultPlace> PlaceOf(const std::string& cursor) {
  ResultPlace place{.at = absl::InfiniteFuture(), .subject = {}, .trigger = {}};
  if (cursor.empty()) return place;
  const std::vector<std::string> parts = absl::StrSplit(cursor, ' ');
  int64_t micros = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &micros)) {
    return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
  }
  ASSIGN_OR_RETURN(const MemberId subject, MemberId::Parse(parts[1]));
  return ResultPlace{absl::FromUnixMicros(micros), subject.uuid, parts[2]};
}

}  // namespace

grpc::ServerUnaryReactor* TriggerService::SetTrigger(grpc::CallbackServerContext* context,
                                                     const v1::SetTriggerRequest* request,
                                                     v1::SetTriggerResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::SetTriggerRequest& asked,
             const rpc::Reply<v1::SetTriggerResponse>& reply) {
        auto trigger = ParseTrigger(asked.trigger(), call.program.currency_code);
        if (!trigger.ok()) return reply.Finish(trigger.status());
        rpc::Post(poster_, call, asked, set_triggers_,
                  std::make_unique<thanks::SetTrigger>(*std::move(trigger), ids_, call.now), reply);
      });
}

grpc::ServerUnaryReactor* TriggerService::SetTriggerLimits(
    grpc::CallbackServerContext* context, const v1::SetTriggerLimitsRequest* request,
    v1::SetTriggerLimitsResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::SetTriggerLimitsRequest& asked,
             const rpc::Reply<v1::SetTriggerLimitsResponse>& reply) {
        const auto limits = ParseLimits(asked.limits());
        if (!limits.ok()) return reply.Finish(limits.status());
        rpc::Post(poster_, call, asked, set_limits_,
                  std::make_unique<thanks::SetTriggerLimits>(*limits, ids_, call.now), reply);
      });
}

grpc::ServerUnaryReactor* TriggerService::GetTrigger(grpc::CallbackServerContext* context,
                                                     const v1::GetTriggerRequest* request,
                                                     v1::GetTriggerResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetTriggerRequest& asked,
                            v1::GetTriggerResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const Trigger trigger,
                                        triggers_.Find(call.program, asked.code(), asked.version(),
                                                       call.deadline));
                       *answer.mutable_trigger() = ToContract(trigger, call.program.currency_code);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* TriggerService::GetTriggerLimits(
    grpc::CallbackServerContext* context, const v1::GetTriggerLimitsRequest* request,
    v1::GetTriggerLimitsResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetTriggerLimitsRequest&,
                            v1::GetTriggerLimitsResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const TriggerLimits limits,
                                        triggers_.Limits(call.program, call.deadline));
                       *answer.mutable_limits() = ToContract(limits);
                       return absl::OkStatus();
                     });
}

absl::Status TriggerService::List(const rpc::Call& call, const v1::ListTriggersRequest& request,
                                  v1::ListTriggersResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string after,
                   shell_.page_tokens().Open(request, call.program.number));
  // One more than fits tells whether there is a next page.
  ASSIGN_OR_RETURN(std::vector<Trigger> triggers,
                   triggers_.List(call.program, after, limit + 1, call.deadline));
  if (std::ssize(triggers) > limit) {
    triggers.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, triggers.back().code));
  }
  for (const Trigger& trigger : triggers) {
    *response.add_triggers() = ToContract(trigger, call.program.currency_code);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TriggerService::ListTriggers(grpc::CallbackServerContext* context,
                                                       const v1::ListTriggersRequest* request,
                                                       v1::ListTriggersResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListTriggersRequest& asked,
             v1::ListTriggersResponse& answer) { return List(call, asked, answer); });
}

template <class Request>
absl::StatusOr<Trigger> TriggerService::TriggerOf(const rpc::Call& call,
                                                  const Request& request) const {
  switch (request.which_case()) {
    case Request::kCode:
      return triggers_.Find(call.program, request.code(), 0, call.deadline);
    case Request::kTrigger:
      return ParseTrigger(request.trigger(), call.program.currency_code);
    default:
      return FieldError(Reason::kFieldMissing, "which", "which trigger?");
  }
}

absl::Status TriggerService::Preview(const rpc::Call& call,
                                     const v1::PreviewTriggerRequest& request,
                                     v1::PreviewTriggerResponse& response) const {
  ASSIGN_OR_RETURN(const Trigger trigger, TriggerOf(call, request));
  ASSIGN_OR_RETURN(const OrderKey order, ParseOrderKey(request.order(), "order"));
  ASSIGN_OR_RETURN(const auto found, thanks_.FindPurchase(call.program, order, call.deadline));
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(call.program.time_zone));
  ASSIGN_OR_RETURN(
      const TriggerPreview preview,
      triggers_.Preview(call.program, trigger, found.purchase, call.now, call.deadline));
  const std::string& currency = call.program.currency_code;
  *response.mutable_result() = ToContract(preview.told, currency, zone);
  response.set_gift(preview.gift);
  response.set_figures(preview.figures);
  response.mutable_sender()->set_code(trigger.sender_code);
  response.mutable_sender()->set_name(trigger.sender_name);
  if (!preview.figures.empty()) {
    response.set_purpose(static_cast<v1::TriggerPurpose>(PurposeOf(trigger)));
  }
  if (preview.told.result.outcome == TriggerOutcome::kGiven) {
    response.set_receipt_line(trigger.receipt_line);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TriggerService::PreviewTrigger(grpc::CallbackServerContext* context,
                                                         const v1::PreviewTriggerRequest* request,
                                                         v1::PreviewTriggerResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::PreviewTriggerRequest& asked,
             v1::PreviewTriggerResponse& answer) { return Preview(call, asked, answer); });
}

absl::Status TriggerService::Backtest(const rpc::Call& call,
                                      const v1::BacktestTriggerRequest& request,
                                      v1::BacktestTriggerResponse& response) const {
  if (!request.has_from()) return FieldError(Reason::kFieldMissing, "from", "from when on?");
  if (!request.has_until()) return FieldError(Reason::kFieldMissing, "until", "until when?");
  BacktestOrder order{.program = call.program, .now = call.now, .deadline = call.deadline};
  ASSIGN_OR_RETURN(order.trigger, TriggerOf(call, request));
  ASSIGN_OR_RETURN(order.from, rpc::ParseTime(request.from(), "from"));
  ASSIGN_OR_RETURN(order.until, rpc::ParseTime(request.until(), "until"));
  ASSIGN_OR_RETURN(const BacktestReport report, thanks::Backtest(pool_, order));
  response.set_purchases(report.purchases);
  response.set_given(report.given);
  response.set_members(report.members);
  response.set_points(report.points);
  response.set_vouchers(report.vouchers);
  if (report.worth_minor > 0) {
    rpc::SetMoney({call.program.currency_code, report.worth_minor}, *response.mutable_worth());
  }
  std::vector<std::pair<TriggerWhy, int64_t>> counts(report.not_given.begin(),
                                                     report.not_given.end());
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [why, purchases] : counts) {
    auto& count = *response.add_not_given();
    count.set_why(static_cast<v1::TriggerWhy>(why));
    count.set_purchases(purchases);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TriggerService::BacktestTrigger(grpc::CallbackServerContext* context,
                                                          const v1::BacktestTriggerRequest* request,
                                                          v1::BacktestTriggerResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::BacktestTriggerRequest& asked,
             v1::BacktestTriggerResponse& answer) { return Backtest(call, asked, answer); });
}

absl::Status TriggerService::List(const rpc::Call& call,
                                  const v1::ListTriggerResultsRequest& request,
                                  v1::ListTriggerResultsResponse& response) const {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "whose?");
  }
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const ResultPlace behind, PlaceOf(cursor));
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(call.program.time_zone));
  ASSIGN_OR_RETURN(
      std::vector<ToldResult> results,
      triggers_.Results(call.program, *member, behind, limit + 1, call.now, call.deadline));
  if (std::ssize(results) > limit) {
    results.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, CursorOf(results.back().result)));
  }
  for (const ToldResult& told : results) {
    *response.add_results() = ToContract(told, call.program.currency_code, zone);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TriggerService::ListTriggerResults(
    grpc::CallbackServerContext* context, const v1::ListTriggerResultsRequest* request,
    v1::ListTriggerResultsResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListTriggerResultsRequest& asked,
             v1::ListTriggerResultsResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::thanks
