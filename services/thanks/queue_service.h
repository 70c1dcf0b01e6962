#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/queue.grpc.pb.h"
#include "services/thanks/order_desk.h"
#include "services/thanks/purchase_changes.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.QueueService.
class QueueService final : public v1::QueueService::CallbackService {
 public:
  // All arguments outlive the service.
  QueueService(rpc::Shell& shell, ledger::Poster& poster, const OrderDesk& desk,
               PurchaseChanges& changes)
      : shell_(shell), poster_(poster), desk_(desk), changes_(changes) {}

  grpc::ServerWriteReactor<v1::SendQueueResponse>* SendQueue(
      grpc::CallbackServerContext* context, const v1::SendQueueRequest* request) override;

 private:
  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const OrderDesk& desk_;
  PurchaseChanges& changes_;
};

}  // namespace gratis::thanks
