#include "services/messages/inbox_service.h"

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/messages/message_contract.h"

namespace gratis::messages {
namespace {

absl::StatusOr<std::unique_ptr<ReadMark>> MarkOf(const v1::MarkReadRequest& request) {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(const MessageId message, MessageIdOf(request.message_id(), "message_id"));
  return std::make_unique<ReadMark>(member, message);
}

}  // namespace

absl::Status InboxService::List(const rpc::Call& call, const v1::ListInboxRequest& request,
                                v1::ListInboxResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size(), 50, 200));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const MessageId before, PlaceOf(cursor, LastPlace()));
  ASSIGN_OR_RETURN(std::vector<SeenInboxEntry> entries,
                   messages_.ListInbox(call.program, member, before, request.unread_only(),
                                       limit + 1, call.deadline));
  if (entries.size() > static_cast<size_t>(limit)) {
    entries.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, entries.back().id.ToString()));
  }
  for (const SeenInboxEntry& entry : entries) *response.add_messages() = ToContract(entry);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* InboxService::ListInbox(grpc::CallbackServerContext* context,
                                                  const v1::ListInboxRequest* request,
                                                  v1::ListInboxResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListInboxRequest& asked,
                            v1::ListInboxResponse& answer) { return List(call, asked, answer); });
}

grpc::ServerUnaryReactor* InboxService::MarkRead(grpc::CallbackServerContext* context,
                                                 const v1::MarkReadRequest* request,
                                                 v1::MarkReadResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::MarkReadRequest& asked,
                              const rpc::Reply<v1::MarkReadResponse>& reply) {
                         absl::StatusOr<std::unique_ptr<ReadMark>> mark = MarkOf(asked);
                         if (!mark.ok()) return reply.Finish(mark.status());
                         rpc::Post(poster_, call, asked, marks_, *std::move(mark), reply);
                       });
}

}  // namespace gratis::messages
