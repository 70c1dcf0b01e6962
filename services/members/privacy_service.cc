#include "services/members/privacy_service.h"

#include "common/status/macros.h"
#include "services/members/member_contract.h"

namespace gratis::members {

grpc::ServerUnaryReactor* PrivacyService::ExportMember(grpc::CallbackServerContext* context,
                                                       const v1::ExportMemberRequest* request,
                                                       v1::ExportMemberResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ExportMemberRequest& asked,
                            v1::ExportMemberResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId id, MemberIdOf(asked.member_id()));
                       ASSIGN_OR_RETURN(const Member member,
                                        members_.Get(call.program, id, call.deadline));
                       ToContract(member, *answer.mutable_member());
                       return absl::OkStatus();
                     });
}

}  // namespace gratis::members
