#include "services/members/segment_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/members/member_contract.h"
#include "services/members/segment_contract.h"

namespace gratis::members {

absl::StatusOr<std::unique_ptr<ledger::Mutation>> SegmentService::MakeChange(
    const rpc::Call& call, const v1::SetMemberSegmentsRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(SegmentChange change, ChangeOf(request));
  return std::make_unique<SetSegments>(member, std::move(change),
                                       members_.NewTransaction(call.program, member, call.now));
}

grpc::ServerUnaryReactor* SegmentService::SetMemberSegments(
    grpc::CallbackServerContext* context, const v1::SetMemberSegmentsRequest* request,
    v1::SetMemberSegmentsResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetMemberSegmentsRequest& wish,
                              const rpc::Reply<v1::SetMemberSegmentsResponse>& reply) {
                         auto change = MakeChange(call, wish);
                         if (!change.ok()) return reply.Finish(change.status());
                         rpc::Post(poster_, call, wish, sets_, *std::move(change), reply);
                       });
}

grpc::ServerUnaryReactor* SegmentService::BatchSetMemberSegments(
    grpc::CallbackServerContext* context, const v1::BatchSetMemberSegmentsRequest* request,
    v1::BatchSetMemberSegmentsResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::BatchSetMemberSegmentsRequest& batch,
                              const rpc::Reply<v1::BatchSetMemberSegmentsResponse>& reply) {
                         rpc::PostBatch(
                             poster_, call, batch.requests(), sets_,
                             [this](const rpc::Call& of, const v1::SetMemberSegmentsRequest& wish) {
                               return MakeChange(of, wish);
                             },
                             reply);
                       });
}

}  // namespace gratis::members
