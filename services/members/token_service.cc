#include "services/members/token_service.h"

#include "common/rpc/member_token.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

constexpr absl::Duration kUsualLife = absl::Minutes(15);
constexpr absl::Duration kLongestLife = absl::Hours(1);

}  // namespace

absl::StatusOr<absl::Duration> TokenLifeOf(int32_t seconds) {
  if (seconds == 0) return kUsualLife;
  const absl::Duration life = absl::Seconds(seconds);
  if (life > absl::ZeroDuration() && life <= kLongestLife) return life;
  return FieldError(Reason::kFieldInvalid, "life_seconds", "a member's token lives 1 to 3600 s");
}

absl::Status TokenService::Issue(const rpc::Call& call, const v1::IssueMemberTokenRequest& request,
                                 v1::IssueMemberTokenResponse& response) const {
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  ASSIGN_OR_RETURN(const absl::Duration life, TokenLifeOf(request.life_seconds()));
  RETURN_IF_ERROR(members_.Get(call.program, *member, call.deadline).status());
  // The door looks at it in real time, whatever time it is for the program.
  const rpc::MemberToken token{
      .member = *member,
      .program = call.program.number,
      .issuer = call.key_id,
      .expires_at = absl::FromUnixSeconds(absl::ToUnixSeconds(shell_.clock().Now() + life))};
  response.set_token(shell_.member_tokens().Make(token));
  rpc::SetTime(token.expires_at, *response.mutable_expires_at());
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TokenService::IssueMemberToken(grpc::CallbackServerContext* context,
                                                         const v1::IssueMemberTokenRequest* request,
                                                         v1::IssueMemberTokenResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::IssueMemberTokenRequest& asked,
             v1::IssueMemberTokenResponse& answer) { return Issue(call, asked, answer); });
}

}  // namespace gratis::members
