#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/tiers.grpc.pb.h"
#include "services/members/tier_policies.h"
#include "services/members/tiers.h"

namespace gratis::members {

// The calls of gratis.members.v1.TierService: convert, call, convert back.
class TierService final : public v1::TierService::CallbackService {
 public:
  // All arguments outlive the service.
  TierService(rpc::Shell& shell, ledger::Poster& poster, const Tiers& tiers, base::IdSource& ids)
      : shell_(shell), poster_(poster), tiers_(tiers), ids_(ids) {}

  grpc::ServerUnaryReactor* SetTierPolicy(grpc::CallbackServerContext* context,
                                          const v1::SetTierPolicyRequest* request,
                                          v1::SetTierPolicyResponse* response) override;
  grpc::ServerUnaryReactor* GetTierPolicy(grpc::CallbackServerContext* context,
                                          const v1::GetTierPolicyRequest* request,
                                          v1::GetTierPolicyResponse* response) override;
  grpc::ServerUnaryReactor* ListTierPolicies(grpc::CallbackServerContext* context,
                                             const v1::ListTierPoliciesRequest* request,
                                             v1::ListTierPoliciesResponse* response) override;
  grpc::ServerUnaryReactor* PreviewTierPolicy(grpc::CallbackServerContext* context,
                                              const v1::PreviewTierPolicyRequest* request,
                                              v1::PreviewTierPolicyResponse* response) override;
  grpc::ServerUnaryReactor* GetMemberTier(grpc::CallbackServerContext* context,
                                          const v1::GetMemberTierRequest* request,
                                          v1::GetMemberTierResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetMemberTiers(grpc::CallbackServerContext* context,
                                                const v1::BatchGetMemberTiersRequest* request,
                                                v1::BatchGetMemberTiersResponse* response) override;
  grpc::ServerUnaryReactor* ListTierChanges(grpc::CallbackServerContext* context,
                                            const v1::ListTierChangesRequest* request,
                                            v1::ListTierChangesResponse* response) override;
  grpc::ServerUnaryReactor* ExplainTier(grpc::CallbackServerContext* context,
                                        const v1::ExplainTierRequest* request,
                                        v1::ExplainTierResponse* response) override;
  grpc::ServerUnaryReactor* RecomputeTiers(grpc::CallbackServerContext* context,
                                           const v1::RecomputeTiersRequest* request,
                                           v1::RecomputeTiersResponse* response) override;

 private:
  absl::Status ListPolicies(const rpc::Call& call, const v1::ListTierPoliciesRequest& request,
                            v1::ListTierPoliciesResponse& response) const;
  absl::Status GetMany(const rpc::Call& call, const v1::BatchGetMemberTiersRequest& request,
                       v1::BatchGetMemberTiersResponse& response) const;
  absl::Status ListChanges(const rpc::Call& call, const v1::ListTierChangesRequest& request,
                           v1::ListTierChangesResponse& response) const;
  absl::Status Explain(const rpc::Call& call, const v1::ExplainTierRequest& request,
                       v1::ExplainTierResponse& response) const;
  absl::Status Recompute(const rpc::Call& call, const v1::RecomputeTiersRequest& request,
                         v1::RecomputeTiersResponse& response) const;
  // The number that a page token of the request carries; nothing on the first page.
  template <class Request>
  absl::StatusOr<std::optional<int64_t>> PlaceOf(const rpc::Call& call,
                                                 const Request& request) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Tiers& tiers_;
  base::IdSource& ids_;
  TierPolicySettings settings_;
};

}  // namespace gratis::members
