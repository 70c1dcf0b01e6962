#pragma once

#include <string>

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "common/vault/vault.h"
#include "gratis/messages/v1/suppressions.grpc.pb.h"
#include "services/messages/suppressions.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.SuppressionService: convert, call, convert back.
class SuppressionService final : public v1::SuppressionService::CallbackService {
 public:
  // All arguments outlive the service.
  SuppressionService(rpc::Shell& shell, ledger::Poster& poster, pg::Pool& pool,
                     const vault::Vault& vault, base::IdSource& ids)
      : shell_(shell), poster_(poster), pool_(pool), vault_(vault), ids_(ids) {}

  grpc::ServerUnaryReactor* SuppressAddress(grpc::CallbackServerContext* context,
                                            const v1::SuppressAddressRequest* request,
                                            v1::SuppressAddressResponse* response) override;
  grpc::ServerUnaryReactor* UnsuppressAddress(grpc::CallbackServerContext* context,
                                              const v1::UnsuppressAddressRequest* request,
                                              v1::UnsuppressAddressResponse* response) override;
  grpc::ServerUnaryReactor* GetSuppression(grpc::CallbackServerContext* context,
                                           const v1::GetSuppressionRequest* request,
                                           v1::GetSuppressionResponse* response) override;
  grpc::ServerUnaryReactor* ListSuppressions(grpc::CallbackServerContext* context,
                                             const v1::ListSuppressionsRequest* request,
                                             v1::ListSuppressionsResponse* response) override;

 private:
  using Made = absl::StatusOr<std::unique_ptr<ledger::Mutation>>;

  // Errors: INVALID_EMAIL.
  absl::StatusOr<std::string> KeyOf(const rpc::Call& call, const std::string& address) const;
  Made MakeSuppression(const rpc::Call& call, const v1::SuppressAddressRequest& request);
  Made MakeRelease(const rpc::Call& call, const v1::UnsuppressAddressRequest& request);
  std::unique_ptr<ledger::Mutation> ChangeOf(const rpc::Call& call, SuppressionChange::Wish wish,
                                             SuppressionChange::Answer answer);
  absl::Status Get(const rpc::Call& call, const v1::GetSuppressionRequest& request,
                   v1::GetSuppressionResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListSuppressionsRequest& request,
                    v1::ListSuppressionsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  pg::Pool& pool_;
  const vault::Vault& vault_;
  base::IdSource& ids_;
  SuppressionChanges changes_;
};

}  // namespace gratis::messages
