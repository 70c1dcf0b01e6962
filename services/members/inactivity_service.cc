#include "services/members/inactivity_service.h"

#include <optional>
#include <string>
#include <utility>

#include "common/rpc/page_token.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/inactivity_contract.h"

namespace gratis::members {
absl::Status InactivityService::List(const rpc::Call& call,
                                     const v1::ListInactiveMembersRequest& request,
                                     v1::ListInactiveMembersResponse& response) const {
  ASSIGN_OR_RETURN(const std::optional<InactivityPolicy> policy, PolicyOf(request));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size(), 100));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  std::optional<InactivityPlace> place;
  if (!cursor.empty()) {
    place = PlaceIn(call.program, cursor);
    if (!place) {
      return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
    }
  }
  ASSIGN_OR_RETURN(const InactivePage page,
                   inactivity_.List(call.program, policy, place, size, call.now, call.deadline));
  for (const InactiveMember& member : page.members) ToContract(member, *response.add_members());
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, CursorOf(*page.next)));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* InactivityService::GetInactivityPolicy(
    grpc::CallbackServerContext* context, const v1::GetInactivityPolicyRequest* request,
    v1::GetInactivityPolicyResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetInactivityPolicyRequest&,
                            v1::GetInactivityPolicyResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const InactivityPolicy policy,
                                        inactivity_.CurrentPolicy(call.program, call.deadline));
                       ToContract(policy, *answer.mutable_policy());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* InactivityService::SetInactivityPolicy(
    grpc::CallbackServerContext* context, const v1::SetInactivityPolicyRequest* request,
    v1::SetInactivityPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetInactivityPolicyRequest& wish,
                              const rpc::Reply<v1::SetInactivityPolicyResponse>& reply) {
                         const absl::StatusOr<InactivityPolicy> policy = PolicyOf(wish);
                         if (!policy.ok()) return reply.Finish(policy.status());
                         rpc::Post(poster_, call, wish, settings_,
                                   inactivity_.SetPolicy(call.program, *policy, call.now), reply);
                       });
}

grpc::ServerUnaryReactor* InactivityService::ListInactiveMembers(
    grpc::CallbackServerContext* context, const v1::ListInactiveMembersRequest* request,
    v1::ListInactiveMembersResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListInactiveMembersRequest& asked,
             v1::ListInactiveMembersResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::members
