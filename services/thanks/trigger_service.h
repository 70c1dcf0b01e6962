#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/triggers.grpc.pb.h"
#include "services/thanks/thanks.h"
#include "services/thanks/trigger_changes.h"
#include "services/thanks/triggers.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.TriggerService: convert, call, convert back.
class TriggerService final : public v1::TriggerService::CallbackService {
 public:
  // All arguments outlive the service.
  TriggerService(rpc::Shell& shell, ledger::Poster& poster, pg::Pool& pool,
                 const Triggers& triggers, const Thanks& thanks, base::IdSource& ids)
      : shell_(shell),
        poster_(poster),
        pool_(pool),
        triggers_(triggers),
        thanks_(thanks),
        ids_(ids) {}

  grpc::ServerUnaryReactor* SetTrigger(grpc::CallbackServerContext* context,
                                       const v1::SetTriggerRequest* request,
                                       v1::SetTriggerResponse* response) override;
  grpc::ServerUnaryReactor* GetTrigger(grpc::CallbackServerContext* context,
                                       const v1::GetTriggerRequest* request,
                                       v1::GetTriggerResponse* response) override;
  grpc::ServerUnaryReactor* ListTriggers(grpc::CallbackServerContext* context,
                                         const v1::ListTriggersRequest* request,
                                         v1::ListTriggersResponse* response) override;
  grpc::ServerUnaryReactor* GetTriggerLimits(grpc::CallbackServerContext* context,
                                             const v1::GetTriggerLimitsRequest* request,
                                             v1::GetTriggerLimitsResponse* response) override;
  grpc::ServerUnaryReactor* SetTriggerLimits(grpc::CallbackServerContext* context,
                                             const v1::SetTriggerLimitsRequest* request,
                                             v1::SetTriggerLimitsResponse* response) override;
  grpc::ServerUnaryReactor* PreviewTrigger(grpc::CallbackServerContext* context,
                                           const v1::PreviewTriggerRequest* request,
                                           v1::PreviewTriggerResponse* response) override;
  grpc::ServerUnaryReactor* BacktestTrigger(grpc::CallbackServerContext* context,
                                            const v1::BacktestTriggerRequest* request,
                                            v1::BacktestTriggerResponse* response) override;
  grpc::ServerUnaryReactor* ListTriggerResults(grpc::CallbackServerContext* context,
                                               const v1::ListTriggerResultsRequest* request,
                                               v1::ListTriggerResultsResponse* response) override;

 private:
  // The trigger that a request names or brings along.
  template <class Request>
  absl::StatusOr<Trigger> TriggerOf(const rpc::Call& call, const Request& request) const;
  absl::Status List(const rpc::Call& call, const v1::ListTriggersRequest& request,
                    v1::ListTriggersResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListTriggerResultsRequest& request,
                    v1::ListTriggerResultsResponse& response) const;
  absl::Status Preview(const rpc::Call& call, const v1::PreviewTriggerRequest& request,
                       v1::PreviewTriggerResponse& response) const;
  absl::Status Backtest(const rpc::Call& call, const v1::BacktestTriggerRequest& request,
                        v1::BacktestTriggerResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  pg::Pool& pool_;
  const Triggers& triggers_;
  const Thanks& thanks_;
  base::IdSource& ids_;
  SetTriggers set_triggers_;
  SetTriggersLimits set_limits_;
};

}  // namespace gratis::thanks
