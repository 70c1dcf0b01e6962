#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/messages/v1/policy.grpc.pb.h"
#include "services/messages/messages.h"
#include "services/messages/templates.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.MessagingPolicyService: convert, call, convert back.
class MessagingPolicyService final : public v1::MessagingPolicyService::CallbackService {
 public:
  // All arguments outlive the service.
  MessagingPolicyService(rpc::Shell& shell, ledger::Poster& poster, base::IdSource& ids,
                         Templates& templates, Messages& messages)
      : shell_(shell), poster_(poster), ids_(ids), templates_(templates), messages_(messages) {}

  grpc::ServerUnaryReactor* GetMessagingPolicy(grpc::CallbackServerContext* context,
                                               const v1::GetMessagingPolicyRequest* request,
                                               v1::GetMessagingPolicyResponse* response) override;
  grpc::ServerUnaryReactor* SetMessagingPolicy(grpc::CallbackServerContext* context,
                                               const v1::SetMessagingPolicyRequest* request,
                                               v1::SetMessagingPolicyResponse* response) override;
  grpc::ServerUnaryReactor* Unsubscribe(grpc::CallbackServerContext* context,
                                        const v1::UnsubscribeRequest* request,
                                        v1::UnsubscribeResponse* response) override;

 private:
  rpc::Shell& shell_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  Templates& templates_;
  Messages& messages_;
  MessagingPolicySets sets_;
};

}  // namespace gratis::messages
