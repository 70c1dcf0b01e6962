#pragma once

#include "common/rpc/shell.h"
#include "gratis/messages/v1/messages.grpc.pb.h"
#include "services/messages/messages.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.MessageService: convert, call, convert back.
class MessageService final : public v1::MessageService::CallbackService {
 public:
  // All arguments outlive the service.
  MessageService(rpc::Shell& shell, Messages& messages) : shell_(shell), messages_(messages) {}

  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const v1::ListMessagesRequest* request,
                                         v1::ListMessagesResponse* response) override;
  grpc::ServerUnaryReactor* GetMessage(grpc::CallbackServerContext* context,
                                       const v1::GetMessageRequest* request,
                                       v1::GetMessageResponse* response) override;
  grpc::ServerUnaryReactor* ExportMessages(grpc::CallbackServerContext* context,
                                           const v1::ExportMessagesRequest* request,
                                           v1::ExportMessagesResponse* response) override;
  grpc::ServerUnaryReactor* ExplainMessage(grpc::CallbackServerContext* context,
                                           const v1::ExplainMessageRequest* request,
                                           v1::ExplainMessageResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListMessagesRequest& request,
                    v1::ListMessagesResponse& response) const;
  absl::Status Export(const rpc::Call& call, const v1::ExportMessagesRequest& request,
                      v1::ExportMessagesResponse& response) const;

  rpc::Shell& shell_;
  Messages& messages_;
};

}  // namespace gratis::messages
