#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/messages/v1/inbox.grpc.pb.h"
#include "services/messages/messages.h"
#include "services/messages/tasks.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.InboxService: convert, call, convert back.
class InboxService final : public v1::InboxService::CallbackService {
 public:
  // All arguments outlive the service.
  InboxService(rpc::Shell& shell, ledger::Poster& poster, Messages& messages)
      : shell_(shell), poster_(poster), messages_(messages) {}

  grpc::ServerUnaryReactor* ListInbox(grpc::CallbackServerContext* context,
                                      const v1::ListInboxRequest* request,
                                      v1::ListInboxResponse* response) override;
  grpc::ServerUnaryReactor* MarkRead(grpc::CallbackServerContext* context,
                                     const v1::MarkReadRequest* request,
                                     v1::MarkReadResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListInboxRequest& request,
                    v1::ListInboxResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  Messages& messages_;
  ReadMarks marks_;
};

}  // namespace gratis::messages
