#include "services/members/privacy_service.h"

#include "common/status/macros.h"
#include "services/members/consent_contract.h"
#include "services/members/member_contract.h"
#include "services/members/preference_contract.h"

namespace gratis::members {

grpc::ServerUnaryReactor* PrivacyService::ExportMember(grpc::CallbackServerContext* context,
                                                       const v1::ExportMemberRequest* request,
                                                       v1::ExportMemberResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ExportMemberRequest& asked,
                            v1::ExportMemberResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId id, MemberIdOf(asked.member_id()));
                       ASSIGN_OR_RETURN(const Dossier dossier,
                                        dossiers_.Of(call.program, id, call.deadline));
                       ToContract(dossier.member, *answer.mutable_member());
                       for (const ConsentRecord& record : dossier.history) {
                         ToContract(record, *answer.add_consent_history());
                       }
                       for (const KeptPreference& kept : dossier.preferences) {
                         ToContract(kept, *answer.add_preferences());
                       }
                       return absl::OkStatus();
                     });
}

}  // namespace gratis::members
