#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/thanks.grpc.pb.h"
#include "services/thanks/organizations.h"
#include "services/thanks/thanks.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.ThanksService: convert, call, convert back.
class ThanksService final : public v1::ThanksService::CallbackService {
 public:
  // All arguments outlive the service.
  ThanksService(rpc::Shell& shell, ledger::Poster& poster, const Thanks& thanks,
                Organizations& organizations, base::IdSource& ids)
      : shell_(shell), poster_(poster), thanks_(thanks), organizations_(organizations), ids_(ids) {}

  grpc::ServerUnaryReactor* RecordPurchase(grpc::CallbackServerContext* context,
                                           const v1::RecordPurchaseRequest* request,
                                           v1::RecordPurchaseResponse* response) override;
  grpc::ServerUnaryReactor* BatchRecordPurchases(
      grpc::CallbackServerContext* context, const v1::BatchRecordPurchasesRequest* request,
      v1::BatchRecordPurchasesResponse* response) override;
  grpc::ServerUnaryReactor* GetPurchase(grpc::CallbackServerContext* context,
                                        const v1::GetPurchaseRequest* request,
                                        v1::GetPurchaseResponse* response) override;
  grpc::ServerUnaryReactor* ListPurchases(grpc::CallbackServerContext* context,
                                          const v1::ListPurchasesRequest* request,
                                          v1::ListPurchasesResponse* response) override;
  grpc::ServerUnaryReactor* ExplainThanks(grpc::CallbackServerContext* context,
                                          const v1::ExplainThanksRequest* request,
                                          v1::ExplainThanksResponse* response) override;
  grpc::ServerUnaryReactor* GetThanksPolicy(grpc::CallbackServerContext* context,
                                            const v1::GetThanksPolicyRequest* request,
                                            v1::GetThanksPolicyResponse* response) override;
  grpc::ServerUnaryReactor* SetThanksPolicy(grpc::CallbackServerContext* context,
                                            const v1::SetThanksPolicyRequest* request,
                                            v1::SetThanksPolicyResponse* response) override;

 private:
  absl::StatusOr<std::unique_ptr<ledger::Mutation>> MakePurchase(
      const rpc::Call& call, const v1::RecordPurchaseRequest& request);
  absl::Status List(const rpc::Call& call, const v1::ListPurchasesRequest& request,
                    v1::ListPurchasesResponse& response) const;
  absl::StatusOr<Thanks::Found> Find(const rpc::Call& call, const v1::OrderKey& order) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Thanks& thanks_;
  Organizations& organizations_;
  base::IdSource& ids_;
  RecordPurchases record_purchases_;
  SetPolicies set_policies_;
};

}  // namespace gratis::thanks
