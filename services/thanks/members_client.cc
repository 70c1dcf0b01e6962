#include "services/thanks/members_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <utility>

#include "common/rpc/call.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "gratis/members/v1/groups.grpc.pb.h"
#include "gratis/members/v1/members.grpc.pb.h"

namespace gratis::thanks {

absl::StatusOr<int32_t> MembersClient::PercentOf(const ledger::Program& program,
                                                 const MemberId& member,
                                                 const MemberId& organization,
                                                 absl::Time deadline) {
  members::v1::WhoEarnsRequest request;
  request.set_member_id(member.ToString());
  request.set_organization_id(organization.ToString());
  members::v1::WhoEarnsResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  const grpc::Status status =
      members::v1::GroupService::NewStub(channel_())->WhoEarns(&context, request, &response);
  if (!status.ok()) return rpc::FromPeer(status);
  return response.organization_percent();
}

absl::StatusOr<members::v1::IdentifyMemberResponse> MembersClient::Introduce(
    const rpc::Call& call, const MemberId& member) const {
  members::v1::IntroduceMemberRequest request;
  request.set_member_id(member.ToString());
  if (call.role == rpc::Role::kPos) request.set_till(call.actor);
  members::v1::IntroduceMemberResponse response;
  grpc::ClientContext context;
  rpc::Carry(call, context);
  const grpc::Status status = members::v1::MemberService::NewStub(channel_())
                                  ->IntroduceMember(&context, request, &response);
  if (!status.ok()) return rpc::FromPeer(status);
  return std::move(*response.mutable_member());
}

}  // namespace gratis::thanks
