#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/proofs.grpc.pb.h"
#include "services/members/members.h"
#include "services/members/proving.h"

namespace gratis::members {

// The calls of gratis.members.v1.ProofService: convert, call, convert back.
class ProofService final : public v1::ProofService::CallbackService {
 public:
  // All arguments outlive the service.
  ProofService(rpc::Shell& shell, ledger::Poster& poster, base::IdSource& ids,
               const Members& members, const Proving& proving)
      : shell_(shell), poster_(poster), ids_(ids), members_(members), proving_(proving) {}

  grpc::ServerUnaryReactor* IssueQrToken(grpc::CallbackServerContext* context,
                                         const v1::IssueQrTokenRequest* request,
                                         v1::IssueQrTokenResponse* response) override;
  grpc::ServerUnaryReactor* IssueOneTimeCode(grpc::CallbackServerContext* context,
                                             const v1::IssueOneTimeCodeRequest* request,
                                             v1::IssueOneTimeCodeResponse* response) override;
  grpc::ServerUnaryReactor* VerifyOneTimeCode(grpc::CallbackServerContext* context,
                                              const v1::VerifyOneTimeCodeRequest* request,
                                              v1::VerifyOneTimeCodeResponse* response) override;
  grpc::ServerUnaryReactor* GetProofPolicy(grpc::CallbackServerContext* context,
                                           const v1::GetProofPolicyRequest* request,
                                           v1::GetProofPolicyResponse* response) override;
  grpc::ServerUnaryReactor* SetProofPolicy(grpc::CallbackServerContext* context,
                                           const v1::SetProofPolicyRequest* request,
                                           v1::SetProofPolicyResponse* response) override;

 private:
  absl::Status Issue(const rpc::Call& call, const v1::IssueQrTokenRequest& request,
                     v1::IssueQrTokenResponse& response) const;
  absl::Status Issue(const rpc::Call& call, const v1::IssueOneTimeCodeRequest& request,
                     v1::IssueOneTimeCodeResponse& response) const;
  absl::Status Verify(const rpc::Call& call, const v1::VerifyOneTimeCodeRequest& request,
                      v1::VerifyOneTimeCodeResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  const Members& members_;
  const Proving& proving_;
  SetProofPolicies policies_;
};

}  // namespace gratis::members
