#pragma once

#include <functional>
#include <string>

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "gratis/messages/v1/deliveries.grpc.pb.h"
#include "services/messages/delivery_replay.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.DeliveryService: convert, call, convert back.
class DeliveryService final : public v1::DeliveryService::CallbackService {
 public:
  // `changed` is told when something waits again, and must not block. References outlive the
  // service.
  DeliveryService(rpc::Shell& shell, ledger::Poster& poster, pg::Pool& pool, base::IdSource& ids,
                  std::function<void()> changed)
      : shell_(shell),
        poster_(poster),
        pool_(pool),
        ids_(ids),
        changed_(std::move(changed)),
        replays_(shell.clock()) {}

  grpc::ServerUnaryReactor* GetDelivery(grpc::CallbackServerContext* context,
                                        const v1::GetDeliveryRequest* request,
                                        v1::GetDeliveryResponse* response) override;
  grpc::ServerUnaryReactor* ListDeliveries(grpc::CallbackServerContext* context,
                                           const v1::ListDeliveriesRequest* request,
                                           v1::ListDeliveriesResponse* response) override;
  grpc::ServerUnaryReactor* ReplayDelivery(grpc::CallbackServerContext* context,
                                           const v1::ReplayDeliveryRequest* request,
                                           v1::ReplayDeliveryResponse* response) override;
  grpc::ServerUnaryReactor* ReplayDeadDeliveries(
      grpc::CallbackServerContext* context, const v1::ReplayDeadDeliveriesRequest* request,
      v1::ReplayDeadDeliveriesResponse* response) override;

 private:
  absl::Status Get(const rpc::Call& call, const v1::GetDeliveryRequest& request,
                   v1::GetDeliveryResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListDeliveriesRequest& request,
                    v1::ListDeliveriesResponse& response) const;
  template <class Req, class Resp>
  void Post(const rpc::Call& call, const Req& request,
            absl::StatusOr<std::unique_ptr<DeliveryReplay>> replay, rpc::Reply<Resp> reply);

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  pg::Pool& pool_;
  base::IdSource& ids_;
  const std::function<void()> changed_;
  DeliveryReplays replays_;
};

}  // namespace gratis::messages
