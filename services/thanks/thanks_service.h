#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/thanks.grpc.pb.h"
#include "services/thanks/members_client.h"
#include "services/thanks/order_desk.h"
#include "services/thanks/purchase_changes.h"
#include "services/thanks/said_messages.h"
#include "services/thanks/thanks.h"
#include "services/thanks/triggers.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.ThanksService: convert, call, convert back.
class ThanksService final : public v1::ThanksService::CallbackService {
 public:
  // All arguments outlive the service.
  ThanksService(rpc::Shell& shell, ledger::Poster& poster, const Thanks& thanks,
                const OrderDesk& desk, const MembersClient& members, PurchaseChanges& changes,
                const Triggers& triggers, const SaidMessages& said, base::IdSource& ids)
      : shell_(shell),
        poster_(poster),
        thanks_(thanks),
        desk_(desk),
        members_(members),
        changes_(changes),
        triggers_(triggers),
        said_(said),
        ids_(ids) {}

  grpc::ServerUnaryReactor* RecordPurchase(grpc::CallbackServerContext* context,
                                           const v1::RecordPurchaseRequest* request,
                                           v1::RecordPurchaseResponse* response) override;
  grpc::ServerUnaryReactor* BatchRecordPurchases(
      grpc::CallbackServerContext* context, const v1::BatchRecordPurchasesRequest* request,
      v1::BatchRecordPurchasesResponse* response) override;
  grpc::ServerUnaryReactor* Quote(grpc::CallbackServerContext* context,
                                  const v1::QuoteRequest* request,
                                  v1::QuoteResponse* response) override;
  grpc::ServerUnaryReactor* ClaimPurchase(grpc::CallbackServerContext* context,
                                          const v1::ClaimPurchaseRequest* request,
                                          v1::ClaimPurchaseResponse* response) override;
  grpc::ServerUnaryReactor* IdentifyByReceipt(grpc::CallbackServerContext* context,
                                              const v1::IdentifyByReceiptRequest* request,
                                              v1::IdentifyByReceiptResponse* response) override;
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
  absl::Status Identify(const rpc::Call& call, const v1::IdentifyByReceiptRequest& request,
                        v1::IdentifyByReceiptResponse& response) const;
  absl::Status Get(const rpc::Call& call, const v1::GetPurchaseRequest& request,
                   v1::GetPurchaseResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListPurchasesRequest& request,
                    v1::ListPurchasesResponse& response) const;
  absl::Status Quote(const rpc::Call& call, const v1::QuoteRequest& request,
                     v1::QuoteResponse& response) const;
  absl::Status GetPolicy(const rpc::Call& call, const v1::GetThanksPolicyRequest& request,
                         v1::GetThanksPolicyResponse& response) const;
  absl::Status Explain(const rpc::Call& call, const v1::ExplainThanksRequest& request,
                       v1::ExplainThanksResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Thanks& thanks_;
  const OrderDesk& desk_;
  const MembersClient& members_;
  PurchaseChanges& changes_;
  const Triggers& triggers_;
  const SaidMessages& said_;
  base::IdSource& ids_;
  SetPolicies set_policies_;
};

}  // namespace gratis::thanks
