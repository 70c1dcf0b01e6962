#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/tokens.grpc.pb.h"
#include "services/members/members.h"

namespace gratis::members {

// How long a token lives that was asked for so many seconds. Errors: FIELD_INVALID.
absl::StatusOr<absl::Duration> TokenLifeOf(int32_t seconds);

// The calls of gratis.members.v1.MemberTokenService.
class TokenService final : public v1::MemberTokenService::CallbackService {
 public:
  // All arguments outlive the service.
  TokenService(rpc::Shell& shell, const Members& members) : shell_(shell), members_(members) {}

  grpc::ServerUnaryReactor* IssueMemberToken(grpc::CallbackServerContext* context,
                                             const v1::IssueMemberTokenRequest* request,
                                             v1::IssueMemberTokenResponse* response) override;

 private:
  absl::Status Issue(const rpc::Call& call, const v1::IssueMemberTokenRequest& request,
                     v1::IssueMemberTokenResponse& response) const;

  rpc::Shell& shell_;
  const Members& members_;
};

}  // namespace gratis::members
