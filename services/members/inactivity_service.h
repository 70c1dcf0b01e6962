#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/inactivity.grpc.pb.h"
#include "services/members/inactivity.h"

namespace gratis::members {

// The calls of gratis.members.v1.InactivityService: convert, call, convert back.
class InactivityService final : public v1::InactivityService::CallbackService {
 public:
  // All arguments outlive the service.
  InactivityService(rpc::Shell& shell, ledger::Poster& poster, const Inactivity& inactivity)
      : shell_(shell), poster_(poster), inactivity_(inactivity) {}

  grpc::ServerUnaryReactor* GetInactivityPolicy(grpc::CallbackServerContext* context,
                                                const v1::GetInactivityPolicyRequest* request,
                                                v1::GetInactivityPolicyResponse* response) override;
  grpc::ServerUnaryReactor* SetInactivityPolicy(grpc::CallbackServerContext* context,
                                                const v1::SetInactivityPolicyRequest* request,
                                                v1::SetInactivityPolicyResponse* response) override;
  grpc::ServerUnaryReactor* ListInactiveMembers(grpc::CallbackServerContext* context,
                                                const v1::ListInactiveMembersRequest* request,
                                                v1::ListInactiveMembersResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListInactiveMembersRequest& request,
                    v1::ListInactiveMembersResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Inactivity& inactivity_;
  InactivityPolicySettings settings_;
};

}  // namespace gratis::members
