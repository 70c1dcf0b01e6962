#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/standing.grpc.pb.h"
#include "services/members/members.h"
#include "services/members/standing_changes.h"

namespace gratis::members {

// The calls of gratis.members.v1.StandingService: convert, call, convert back.
class StandingService final : public v1::StandingService::CallbackService {
 public:
  // All arguments outlive the service.
  StandingService(rpc::Shell& shell, ledger::Poster& poster, const Members& members,
                  const vault::Vault& vault)
      : shell_(shell), poster_(poster), members_(members), closings_(vault) {}

  grpc::ServerUnaryReactor* SetMemberState(grpc::CallbackServerContext* context,
                                           const v1::SetMemberStateRequest* request,
                                           v1::SetMemberStateResponse* response) override;
  grpc::ServerUnaryReactor* CloseMember(grpc::CallbackServerContext* context,
                                        const v1::CloseMemberRequest* request,
                                        v1::CloseMemberResponse* response) override;
  grpc::ServerUnaryReactor* ReopenMember(grpc::CallbackServerContext* context,
                                         const v1::ReopenMemberRequest* request,
                                         v1::ReopenMemberResponse* response) override;

 private:
  using Made = absl::StatusOr<std::unique_ptr<ledger::Mutation>>;
  Made Make(const rpc::Call& call, const v1::SetMemberStateRequest& request) const;
  Made Make(const rpc::Call& call, const v1::CloseMemberRequest& request) const;
  Made Make(const rpc::Call& call, const v1::ReopenMemberRequest& request) const;
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Post(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response, ledger::MutationKind& kind);

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Members& members_;
  ledger::MutationKind changes_;
  Closings closings_;
};

}  // namespace gratis::members
