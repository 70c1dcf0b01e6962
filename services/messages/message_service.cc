#include "services/messages/message_service.h"

#include "common/base/civil.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/messages/answering.h"
#include "services/messages/message_contract.h"

namespace gratis::messages {
absl::Status MessageService::List(const rpc::Call& call, const v1::ListMessagesRequest& request,
                                  v1::ListMessagesResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size(), 50, 200));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const MessageId before, PlaceOf(cursor, LastPlace()));
  RETURN_IF_ERROR(CheckPurchaseId(request.purchase_id()));
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(call.program.time_zone));
  ASSIGN_OR_RETURN(
      std::vector<SeenMessage> seen,
      messages_.List(call.program, member, before, static_cast<int16_t>(request.state()),
                     request.purchase_id(), limit + 1, call.deadline));
  if (seen.size() > static_cast<size_t>(limit)) {
    seen.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, seen.back().message.id.ToString()));
  }
  for (const SeenMessage& one : seen) *response.add_messages() = ToContract(one, zone);
  return absl::OkStatus();
}

absl::Status MessageService::Export(const rpc::Call& call, const v1::ExportMessagesRequest& request,
                                    v1::ExportMessagesResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size(), 50, 200));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const MessageId before, PlaceOf(cursor, LastPlace()));
  ASSIGN_OR_RETURN(std::vector<SeenKept> kept,
                   messages_.Export(call.program, member, before, limit + 1, call.deadline));
  if (kept.size() > static_cast<size_t>(limit)) {
    kept.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, kept.back().id.ToString()));
  }
  for (const SeenKept& one : kept) *response.add_messages() = ToContract(one);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* MessageService::ExportMessages(grpc::CallbackServerContext* context,
                                                         const v1::ExportMessagesRequest* request,
                                                         v1::ExportMessagesResponse* response) {
  return AnswerBy(shell_, *this, &MessageService::Export, context, request, response);
}

grpc::ServerUnaryReactor* MessageService::ListMessages(grpc::CallbackServerContext* context,
                                                       const v1::ListMessagesRequest* request,
                                                       v1::ListMessagesResponse* response) {
  return AnswerBy(shell_, *this, &MessageService::List, context, request, response);
}

grpc::ServerUnaryReactor* MessageService::GetMessage(grpc::CallbackServerContext* context,
                                                     const v1::GetMessageRequest* request,
                                                     v1::GetMessageResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::GetMessageRequest& asked,
             v1::GetMessageResponse& answer) -> absl::Status {
        ASSIGN_OR_RETURN(const MessageId id, MessageIdOf(asked.message_id(), "message_id"));
        ASSIGN_OR_RETURN(const SeenMessage seen, messages_.Get(call.program, id, call.deadline));
        ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(call.program.time_zone));
        *answer.mutable_message() = ToContract(seen, zone);
        if (seen.text) *answer.mutable_rendered() = *seen.text;
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessageService::ExplainMessage(grpc::CallbackServerContext* context,
                                                         const v1::ExplainMessageRequest* request,
                                                         v1::ExplainMessageResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ExplainMessageRequest& asked,
             v1::ExplainMessageResponse& answer) -> absl::Status {
        ASSIGN_OR_RETURN(const MessageId id, MessageIdOf(asked.message_id(), "message_id"));
        ASSIGN_OR_RETURN(const SeenMessage seen, messages_.Get(call.program, id, call.deadline));
        ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(call.program.time_zone));
        *answer.mutable_message() = ToContract(seen, zone);
        answer.set_sentence(answer.message().sentence());
        return absl::OkStatus();
      });
}

}  // namespace gratis::messages
