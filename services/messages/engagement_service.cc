#include "services/messages/engagement_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/answering.h"
#include "services/messages/engagement_contract.h"
#include "services/messages/message_contract.h"

namespace gratis::messages {
absl::StatusOr<std::unique_ptr<EngagementMark>> EngagementService::MakeMark(
    const rpc::Call& call, const v1::RecordEngagementRequest& request) const {
  ASSIGN_OR_RETURN(EngagementReport report, ParseReport(request, call.now));
  if (request.delivery_id().empty()) {
    ASSIGN_OR_RETURN(report.message, MessageIdOf(request.message_id(), "message_id"));
  } else {
    const absl::StatusOr<DeliveryId> delivery = DeliveryId::Parse(request.delivery_id());
    if (!delivery.ok()) return InField(delivery.status(), "delivery_id");
    ASSIGN_OR_RETURN(report.message,
                     engagements_.MessageOf(call.program, *delivery, call.deadline));
  }
  ASSIGN_OR_RETURN(report, engagements_.AboutWhom(call.program, std::move(report), call.deadline));
  return EngagementMark::Make(call.program, std::move(report));
}

absl::Status EngagementService::List(const rpc::Call& call,
                                     const v1::ListMessageResultsRequest& request,
                                     v1::ListMessageResultsResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size(), 100));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const ResultsOrder order, ParseOrder(request, cursor, call.program, call.now));
  ASSIGN_OR_RETURN(MessageResults found,
                   engagements_.List(call.program, order, limit + 1, call.deadline));
  if (found.results.size() > static_cast<size_t>(limit)) {
    found.results.pop_back();
    response.set_next_page_token(shell_.page_tokens().Make(request, call.program.number,
                                                           PlaceText(found.results.back().key)));
  }
  for (const MessageResult& result : found.results) {
    *response.add_results() = ToContract(result, found.mail_opens_known);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* EngagementService::RecordEngagement(
    grpc::CallbackServerContext* context, const v1::RecordEngagementRequest* request,
    v1::RecordEngagementResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::RecordEngagementRequest& asked,
                              const rpc::Reply<v1::RecordEngagementResponse>& reply) {
                         PostMade(poster_, marks_, call, asked, MakeMark(call, asked), reply);
                       });
}

grpc::ServerUnaryReactor* EngagementService::ListMessageResults(
    grpc::CallbackServerContext* context, const v1::ListMessageResultsRequest* request,
    v1::ListMessageResultsResponse* response) {
  return AnswerBy(shell_, *this, &EngagementService::List, context, request, response);
}

}  // namespace gratis::messages
