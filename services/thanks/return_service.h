#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/returns.grpc.pb.h"
#include "services/thanks/order_desk.h"
#include "services/thanks/purchase_changes.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.ReturnService: convert, call, convert back.
class ReturnService final : public v1::ReturnService::CallbackService {
 public:
  // All arguments outlive the service.
  ReturnService(rpc::Shell& shell, ledger::Poster& poster, const OrderDesk& desk,
                PurchaseChanges& changes)
      : shell_(shell), poster_(poster), desk_(desk), changes_(changes) {}

  grpc::ServerUnaryReactor* RecordReturn(grpc::CallbackServerContext* context,
                                         const v1::RecordReturnRequest* request,
                                         v1::RecordReturnResponse* response) override {
    return One(context, request, response);
  }
  grpc::ServerUnaryReactor* BatchRecordReturns(grpc::CallbackServerContext* context,
                                               const v1::BatchRecordReturnsRequest* request,
                                               v1::BatchRecordReturnsResponse* response) override {
    return Batch(context, request, response);
  }
  grpc::ServerUnaryReactor* ListReturns(grpc::CallbackServerContext* context,
                                        const v1::ListReturnsRequest* request,
                                        v1::ListReturnsResponse* response) override;
  grpc::ServerUnaryReactor* RecordDelivery(grpc::CallbackServerContext* context,
                                           const v1::RecordDeliveryRequest* request,
                                           v1::RecordDeliveryResponse* response) override {
    return One(context, request, response);
  }
  grpc::ServerUnaryReactor* BatchRecordDeliveries(
      grpc::CallbackServerContext* context, const v1::BatchRecordDeliveriesRequest* request,
      v1::BatchRecordDeliveriesResponse* response) override {
    return Batch(context, request, response);
  }

 private:
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* One(grpc::CallbackServerContext* context, const Req* request,
                                Resp* response);
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Batch(grpc::CallbackServerContext* context, const Req* request,
                                  Resp* response);
  absl::Status List(const rpc::Call& call, const v1::ListReturnsRequest& request,
                    v1::ListReturnsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const OrderDesk& desk_;
  PurchaseChanges& changes_;
};

}  // namespace gratis::thanks
