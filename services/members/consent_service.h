#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/consents.grpc.pb.h"
#include "services/members/consents.h"

namespace gratis::members {

// The calls of gratis.members.v1.ConsentService: convert, call, convert back.
class ConsentService final : public v1::ConsentService::CallbackService {
 public:
  // All arguments outlive the service.
  ConsentService(rpc::Shell& shell, ledger::Poster& poster, const Consents& consents,
                 base::IdSource& ids)
      : shell_(shell), poster_(poster), consents_(consents), ids_(ids) {}

  grpc::ServerUnaryReactor* RecordConsent(grpc::CallbackServerContext* context,
                                          const v1::RecordConsentRequest* request,
                                          v1::RecordConsentResponse* response) override;
  grpc::ServerUnaryReactor* BatchRecordConsents(grpc::CallbackServerContext* context,
                                                const v1::BatchRecordConsentsRequest* request,
                                                v1::BatchRecordConsentsResponse* response) override;
  grpc::ServerUnaryReactor* RecordObjection(grpc::CallbackServerContext* context,
                                            const v1::RecordObjectionRequest* request,
                                            v1::RecordObjectionResponse* response) override;
  grpc::ServerUnaryReactor* GetConsents(grpc::CallbackServerContext* context,
                                        const v1::GetConsentsRequest* request,
                                        v1::GetConsentsResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetConsents(grpc::CallbackServerContext* context,
                                             const v1::BatchGetConsentsRequest* request,
                                             v1::BatchGetConsentsResponse* response) override;
  grpc::ServerUnaryReactor* ListConsentHistory(grpc::CallbackServerContext* context,
                                               const v1::ListConsentHistoryRequest* request,
                                               v1::ListConsentHistoryResponse* response) override;

 private:
  template <class Request>
  absl::StatusOr<std::unique_ptr<ledger::Mutation>> MakeRecord(const rpc::Call& call,
                                                               const Request& request);
  absl::Status GetMany(const rpc::Call& call, const v1::BatchGetConsentsRequest& request,
                       v1::BatchGetConsentsResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListConsentHistoryRequest& request,
                    v1::ListConsentHistoryResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Consents& consents_;
  base::IdSource& ids_;
  RecordConsents records_;
};

}  // namespace gratis::members
