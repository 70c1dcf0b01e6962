#include "services/members/member_service.h"

#include <optional>
#include <utility>

#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/member_contract.h"
#include "services/members/own_change.h"

namespace gratis::members {
namespace {

constexpr int32_t kBirthdayPage = 1000;
constexpr int32_t kMaxBirthdayPage = 5000;

bool BringsHistory(const rpc::Call& call) {
  return call.role == rpc::Role::kAdmin || call.role == rpc::Role::kImport;
}

absl::StatusOr<std::optional<MemberCursor>> CursorOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::optional<MemberCursor> cursor = MemberCursor::Parse(text);
  if (cursor) return cursor;
  return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ledger::Mutation>> MemberService::MakeEnrollment(
    const rpc::Call& call, const v1::EnrollMemberRequest& request) const {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> enrolled_at, EnrolledAtOf(request));
  ASSIGN_OR_RETURN(const std::string region,
                   members_.RegionFor(call.program, request.profile().phone(), call.deadline));
  ASSIGN_OR_RETURN(const Profile profile, CheckedProfile(FromContract(request.profile()), region));
  return members_.Prepare(call.program, profile, enrolled_at, BringsHistory(call), call.now);
}

absl::StatusOr<std::unique_ptr<ledger::Mutation>> MemberService::MakeUpdate(
    const rpc::Call& call, const v1::UpdateMemberRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  if (call.role == rpc::Role::kMember) RETURN_IF_ERROR(CheckOwnChange(request));
  ASSIGN_OR_RETURN(ProfileChange change, ChangeOf(request));
  ASSIGN_OR_RETURN(const std::string region,
                   members_.RegionFor(call.program, request.profile().phone(), call.deadline));
  ASSIGN_OR_RETURN(change, CheckedChange(std::move(change), region));
  std::unique_ptr<ProfileUpdate> update =
      members_.PrepareUpdate(call.program, member, std::move(change), call.now);
  // Whoever may change where codes are sent becomes the member.
  update->envelope.refusal = rpc::NeedStrongProof(call, member);
  return update;
}

absl::Status MemberService::List(const rpc::Call& call, const v1::ListBirthdaysRequest& request,
                                 v1::ListBirthdaysResponse& response) const {
  ASSIGN_OR_RETURN(const std::vector<MonthDay> days, DaysOf(request));
  ASSIGN_OR_RETURN(const int32_t limit,
                   rpc::PageSize(request.page_size(), kBirthdayPage, kMaxBirthdayPage));
  ASSIGN_OR_RETURN(const std::string text, shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const std::optional<MemberCursor> after, CursorOf(text));
  ASSIGN_OR_RETURN(const BirthdayPage page,
                   members_.ListBirthdays(call.program, days, after, limit, call.deadline));
  for (const Member& member : page.members) {
    v1::MemberBirthday& birthday = *response.add_birthdays();
    ToContract(member, call.program.time_zone, birthday);
    birthday.set_no_celebrations(page.uncelebrated.count(member.id) > 0);
  }
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

absl::Status MemberService::GiveProof(const rpc::Call& call, const MemberId& member,
                                      rpc::ProofStrength strength,
                                      v1::IdentifyMemberResponse& response) const {
  rpc::Proof proof{.member = member, .strength = strength, .expires_at = call.now + kProofLife};
  if (strength == rpc::ProofStrength::kWeak) {
    ASSIGN_OR_RETURN(const ProofPolicy policy, proving_.CurrentPolicy(call.program, call.deadline));
    proof.weak_limit_points = policy.weak_limit_points;
  }
  response.set_proof(shell_.proofs().Make(proof, call.program.number, call.actor));
  response.set_proof_strength(static_cast<v1::ProofStrength>(strength));
  rpc::SetTime(proof.expires_at, *response.mutable_proof_expires_at());
  return absl::OkStatus();
}

absl::Status MemberService::Identify(const rpc::Call& call,
                                     const v1::IdentifyMemberRequest& request,
                                     v1::IdentifyMemberResponse& response) const {
  ASSIGN_OR_RETURN(const std::string region,
                   members_.RegionFor(call.program, request.phone(), call.deadline));
  ASSIGN_OR_RETURN(const std::vector<Identifier> identifiers, IdentifiersOf(request, region));
  std::optional<QrToken> token;
  if (!request.qr_token().empty()) {
    ASSIGN_OR_RETURN(token, proving_.ReadQrToken(call.program, request.qr_token(), call.now));
  }
  ASSIGN_OR_RETURN(const Member member,
                   identifiers.empty()
                       ? members_.Get(call.program, token->member, call.deadline)
                       : members_.Identify(call.program, identifiers, call.deadline));
  if (token) {
    if (member.id != token->member) {
      return FieldError(Reason::kMemberAmbiguous, "qr_token",
                        "the QR code is another member's than the identifiers");
    }
    // Last: a token that led to nothing is still good.
    RETURN_IF_ERROR(proving_.UseQrToken(call.program, *token, request.qr_token(), call.actor,
                                        request.till_transaction(), call.deadline));
  }
  response.set_member_id(member.id.ToString());
  response.set_state(static_cast<v1::MemberState>(member.state));
  // Nobody is greeted who left, died, or does not want to be dealt with.
  if (ledger::Allows(member.state, ledger::Deed::kEarn)) {
    response.set_greeting_name(member.profile.greeting_name);
  }
  if (call.role != rpc::Role::kPos) return absl::OkStatus();
  return GiveProof(call, member.id, token ? rpc::ProofStrength::kStrong : rpc::ProofStrength::kWeak,
                   response);
}

grpc::ServerUnaryReactor* MemberService::EnrollMember(grpc::CallbackServerContext* context,
                                                      const v1::EnrollMemberRequest* request,
                                                      v1::EnrollMemberResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::EnrollMemberRequest& newcomer,
                              const rpc::Reply<v1::EnrollMemberResponse>& reply) {
                         auto enrollment = MakeEnrollment(call, newcomer);
                         if (!enrollment.ok()) return reply.Finish(enrollment.status());
                         rpc::Post(poster_, call, newcomer, enrollments_, *std::move(enrollment),
                                   reply);
                       });
}

grpc::ServerUnaryReactor* MemberService::BatchEnrollMembers(
    grpc::CallbackServerContext* context, const v1::BatchEnrollMembersRequest* request,
    v1::BatchEnrollMembersResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::BatchEnrollMembersRequest& batch,
                              const rpc::Reply<v1::BatchEnrollMembersResponse>& reply) {
                         rpc::PostBatch(
                             poster_, call, batch.requests(), enrollments_,
                             [this](const rpc::Call& of, const v1::EnrollMemberRequest& newcomer) {
                               return MakeEnrollment(of, newcomer);
                             },
                             reply);
                       });
}

grpc::ServerUnaryReactor* MemberService::UpdateMember(grpc::CallbackServerContext* context,
                                                      const v1::UpdateMemberRequest* request,
                                                      v1::UpdateMemberResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::UpdateMemberRequest& asked,
                              const rpc::Reply<v1::UpdateMemberResponse>& reply) {
                         auto update = MakeUpdate(call, asked);
                         if (!update.ok()) return reply.Finish(update.status());
                         rpc::Post(poster_, call, asked, updates_, *std::move(update), reply);
                       });
}

grpc::ServerUnaryReactor* MemberService::GetMember(grpc::CallbackServerContext* context,
                                                   const v1::GetMemberRequest* request,
                                                   v1::GetMemberResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetMemberRequest& asked,
                            v1::GetMemberResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId id, MemberIdOf(asked.member_id()));
                       RETURN_IF_ERROR(rpc::NeedStrongProof(call, id));
                       ASSIGN_OR_RETURN(const Member member,
                                        members_.Get(call.program, id, call.deadline));
                       ToContract(member, *answer.mutable_member());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MemberService::IdentifyMember(grpc::CallbackServerContext* context,
                                                        const v1::IdentifyMemberRequest* request,
                                                        v1::IdentifyMemberResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::IdentifyMemberRequest& asked,
             v1::IdentifyMemberResponse& answer) { return Identify(call, asked, answer); });
}

grpc::ServerUnaryReactor* MemberService::ListBirthdays(grpc::CallbackServerContext* context,
                                                       const v1::ListBirthdaysRequest* request,
                                                       v1::ListBirthdaysResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListBirthdaysRequest& asked,
             v1::ListBirthdaysResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::members
