#include "services/members/proof_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/card_contract.h"

namespace gratis::members {
namespace {

absl::StatusOr<absl::Duration> LifeOf(const v1::IssueQrTokenRequest& request) {
  if (request.life_seconds() == 0) return kUsualQrLife;
  const absl::Duration life = absl::Seconds(request.life_seconds());
  if (life >= kShortestQrLife && life <= kLongestQrLife) return life;
  return FieldError(Reason::kFieldInvalid, "life_seconds", "a QR token lives for 30 to 60 seconds");
}

}  // namespace

absl::Status ProofService::Issue(const rpc::Call& call, const v1::IssueQrTokenRequest& request,
                                 v1::IssueQrTokenResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request.member_id()));
  ASSIGN_OR_RETURN(const absl::Duration life, LifeOf(request));
  RETURN_IF_ERROR(members_.Get(call.program, member, call.deadline).status());
  const Issued token = proving_.IssueQrToken(call.program, member, life, call.now);
  response.set_qr_token(token.text);
  rpc::SetTime(token.expires_at, *response.mutable_expires_at());
  return absl::OkStatus();
}

absl::Status ProofService::Issue(const rpc::Call& call, const v1::IssueOneTimeCodeRequest& request,
                                 v1::IssueOneTimeCodeResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request.member_id()));
  RETURN_IF_ERROR(members_.Get(call.program, member, call.deadline).status());
  ASSIGN_OR_RETURN(const Issued code, proving_.IssueCode(call.program, member, MomentOf(call)));
  response.set_code(code.text);
  rpc::SetTime(code.expires_at, *response.mutable_expires_at());
  return absl::OkStatus();
}

absl::Status ProofService::Verify(const rpc::Call& call,
                                  const v1::VerifyOneTimeCodeRequest& request,
                                  v1::VerifyOneTimeCodeResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request.member_id()));
  ASSIGN_OR_RETURN(
      const absl::Time used_at,
      proving_.VerifyCode(call.program, member, request.code(), call.actor, MomentOf(call)));
  const rpc::Proof proof{.member = member,
                         .strength = rpc::ProofStrength::kStrong,
                         .expires_at = used_at + kProofLife};
  response.set_proof(shell_.proofs().Make(proof, call.program.number, call.actor));
  rpc::SetTime(proof.expires_at, *response.mutable_proof_expires_at());
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ProofService::IssueQrToken(grpc::CallbackServerContext* context,
                                                     const v1::IssueQrTokenRequest* request,
                                                     v1::IssueQrTokenResponse* response) {
  return shell_.Read<v1::IssueQrTokenRequest, v1::IssueQrTokenResponse>(
      context, request, response, [this](const rpc::Call& call, const auto& asked, auto& answer) {
        return Issue(call, asked, answer);
      });
}

grpc::ServerUnaryReactor* ProofService::IssueOneTimeCode(grpc::CallbackServerContext* context,
                                                         const v1::IssueOneTimeCodeRequest* request,
                                                         v1::IssueOneTimeCodeResponse* response) {
  return shell_.Read<v1::IssueOneTimeCodeRequest, v1::IssueOneTimeCodeResponse>(
      context, request, response, [this](const rpc::Call& call, const auto& asked, auto& answer) {
        return Issue(call, asked, answer);
      });
}

grpc::ServerUnaryReactor* ProofService::VerifyOneTimeCode(
    grpc::CallbackServerContext* context, const v1::VerifyOneTimeCodeRequest* request,
    v1::VerifyOneTimeCodeResponse* response) {
  return shell_.Read<v1::VerifyOneTimeCodeRequest, v1::VerifyOneTimeCodeResponse>(
      context, request, response, [this](const rpc::Call& call, const auto& asked, auto& answer) {
        return Verify(call, asked, answer);
      });
}

grpc::ServerUnaryReactor* ProofService::GetProofPolicy(grpc::CallbackServerContext* context,
                                                       const v1::GetProofPolicyRequest* request,
                                                       v1::GetProofPolicyResponse* response) {
  return shell_.Read<v1::GetProofPolicyRequest, v1::GetProofPolicyResponse>(
      context, request, response,
      [this](const rpc::Call& call, const auto&, auto& answer) -> absl::Status {
        ASSIGN_OR_RETURN(const ProofPolicy policy,
                         proving_.CurrentPolicy(call.program, call.deadline));
        answer.mutable_policy()->set_version(policy.version);
        answer.mutable_policy()->set_weak_limit_points(policy.weak_limit_points);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ProofService::SetProofPolicy(grpc::CallbackServerContext* context,
                                                       const v1::SetProofPolicyRequest* request,
                                                       v1::SetProofPolicyResponse* response) {
  return shell_.Mutate<v1::SetProofPolicyRequest, v1::SetProofPolicyResponse>(
      context, request, response, [this](const rpc::Call& call, const auto& asked, auto reply) {
        if (!asked.has_policy()) {
          return reply.Finish(FieldError(Reason::kFieldMissing, "policy", "which policy?"));
        }
        const ProofPolicy policy{asked.policy().version(), asked.policy().weak_limit_points()};
        if (absl::Status checked = CheckProofPolicy(policy); !checked.ok()) {
          return reply.Finish(std::move(checked));
        }
        auto change = std::make_unique<members::SetProofPolicy>(
            policy, ledger::TransactionOfProgram(call.program, ids_.Next(call.now)));
        rpc::Post(poster_, call, asked, policies_, std::move(change), std::move(reply));
      });
}

}  // namespace gratis::members
