#include "services/members/standing_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/members/member_contract.h"

namespace gratis::members {

StandingService::Made StandingService::Make(const rpc::Call& call,
                                            const v1::SetMemberStateRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(const ledger::MemberState state, StateOf(request));
  ASSIGN_OR_RETURN(std::string source, SourceOf(request));
  return std::make_unique<StateChange>(member, state, std::move(source),
                                       members_.NewTransaction(call.program, member, call.now));
}

StandingService::Made StandingService::Make(const rpc::Call& call,
                                            const v1::CloseMemberRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(std::string answer, LeavingAnswerOf(request));
  return std::make_unique<Closing>(member, std::move(answer),
                                   members_.NewTransaction(call.program, member, call.now));
}

StandingService::Made StandingService::Make(const rpc::Call& call,
                                            const v1::ReopenMemberRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  return std::make_unique<Reopening>(member,
                                     members_.NewTransaction(call.program, member, call.now));
}

template <class Req, class Resp>
grpc::ServerUnaryReactor* StandingService::Post(grpc::CallbackServerContext* context,
                                                const Req* request, Resp* response,
                                                ledger::MutationKind& kind) {
  return shell_.Mutate(
      context, request, response,
      [this, &kind](const rpc::Call& call, const Req& asked, const rpc::Reply<Resp>& reply) {
        Made made = Make(call, asked);
        if (!made.ok()) return reply.Finish(made.status());
        rpc::Post(poster_, call, asked, kind, *std::move(made), reply);
      });
}

grpc::ServerUnaryReactor* StandingService::SetMemberState(grpc::CallbackServerContext* context,
                                                          const v1::SetMemberStateRequest* request,
                                                          v1::SetMemberStateResponse* response) {
  return Post(context, request, response, changes_);
}

grpc::ServerUnaryReactor* StandingService::CloseMember(grpc::CallbackServerContext* context,
                                                       const v1::CloseMemberRequest* request,
                                                       v1::CloseMemberResponse* response) {
  return Post(context, request, response, closings_);
}

grpc::ServerUnaryReactor* StandingService::ReopenMember(grpc::CallbackServerContext* context,
                                                        const v1::ReopenMemberRequest* request,
                                                        v1::ReopenMemberResponse* response) {
  return Post(context, request, response, changes_);
}

}  // namespace gratis::members
