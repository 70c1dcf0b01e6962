#include "services/members/privacy_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/consent_contract.h"
#include "services/members/member_contract.h"
#include "services/members/preference_contract.h"
#include "services/members/privacy_contract.h"
#include "services/members/tier_contract.h"

namespace gratis::members {

absl::Status PrivacyService::Export(const rpc::Call& call, const v1::ExportMemberRequest& request,
                                    v1::ExportMemberResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId id, MemberIdOf(request.member_id()));
  RETURN_IF_ERROR(notes_.OfMember(call, id));
  ASSIGN_OR_RETURN(Dossier dossier, dossiers_.Of(call.program, id, call.deadline));
  DropOver(dossier.member.segments, call.now);
  ToContract(dossier.member, *response.mutable_member());
  for (const ConsentRecord& record : dossier.history) {
    v1::ConsentRecord& added = *response.add_consent_history();
    ToContract(record, added);
    if (call.role == rpc::Role::kMember) KeepForMember(added);
  }
  for (const KeptPreference& kept : dossier.preferences) {
    ToContract(kept, *response.add_preferences());
  }
  const auto view = tiers_.Look(call.program, id, call.now, call.deadline);
  if (ReasonOf(view.status()) == Reason::kTierPolicyNotFound) return absl::OkStatus();
  RETURN_IF_ERROR(view.status());
  *response.mutable_tier() = TierAnswer((*view)->policies, *(*view)->tier);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* PrivacyService::ExportMember(grpc::CallbackServerContext* context,
                                                       const v1::ExportMemberRequest* request,
                                                       v1::ExportMemberResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ExportMemberRequest& asked,
             v1::ExportMemberResponse& answer) { return Export(call, asked, answer); });
}

void PrivacyService::Erase(const rpc::Call& call, const v1::EraseMemberRequest& request,
                           const rpc::Reply<v1::EraseMemberResponse>& reply) {
  const absl::StatusOr<MemberId> member = MemberIdOf(request.member_id());
  if (!member.ok()) return reply.Finish(member.status());
  std::unique_ptr<Erasure> erasure = privacy_.Prepare(call.program, *member, call.now);
  absl::Status status = rpc::FillEnvelope(call, request, reply.fingerprints(), erasure->envelope);
  if (!status.ok()) return reply.Finish(std::move(status));
  // Waited for here, on a worker, since the log's disk is waited for, too.
  const ledger::Outcome outcome = privacy_.Erase(std::move(erasure));
  if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
  status = rpc::ParseAnswer(*outcome.answer, reply.response());
  if (status.ok() && outcome.replayed) return reply.FinishReplayed();
  reply.Finish(std::move(status));
}

grpc::ServerUnaryReactor* PrivacyService::EraseMember(grpc::CallbackServerContext* context,
                                                      const v1::EraseMemberRequest* request,
                                                      v1::EraseMemberResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::EraseMemberRequest& wish,
             const rpc::Reply<v1::EraseMemberResponse>& reply) { Erase(call, wish, reply); });
}

grpc::ServerUnaryReactor* PrivacyService::GetErasure(grpc::CallbackServerContext* context,
                                                     const v1::GetErasureRequest* request,
                                                     v1::GetErasureResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetErasureRequest& asked,
                            v1::GetErasureResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId id, MemberIdOf(asked.member_id()));
                       ASSIGN_OR_RETURN(const Privacy::Found found,
                                        privacy_.Find(call.program, id, call.deadline));
                       ToContract(found.erased, found.key_retired_at, answer);
                       return absl::OkStatus();
                     });
}

}  // namespace gratis::members
