#include "services/members/preference_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/consent_contract.h"
#include "services/members/preference_contract.h"

namespace gratis::members {

absl::StatusOr<std::unique_ptr<ledger::Mutation>> PreferenceService::MakeChange(
    const rpc::Call& call, const v1::SetPreferencesRequest& request,
    const Preferences::DataKeys& keys) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdIn(request.member_id(), "member_id"));
  ASSIGN_OR_RETURN(const PreferenceChange change, ChangeOf(request));
  return preferences_.Prepare(call.program, member, change, keys, call.now);
}

grpc::ServerUnaryReactor* PreferenceService::SetPreferences(
    grpc::CallbackServerContext* context, const v1::SetPreferencesRequest* request,
    v1::SetPreferencesResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetPreferencesRequest& wish,
                              const rpc::Reply<v1::SetPreferencesResponse>& reply) {
                         const auto member = MemberIdIn(wish.member_id(), "member_id");
                         if (!member.ok()) return reply.Finish(member.status());
                         const auto keys =
                             preferences_.ReadKeys(call.program, {*member}, call.deadline);
                         if (!keys.ok()) return reply.Finish(keys.status());
                         auto change = MakeChange(call, wish, *keys);
                         if (!change.ok()) return reply.Finish(change.status());
                         rpc::Post(poster_, call, wish, sets_, *std::move(change), reply);
                       });
}

grpc::ServerUnaryReactor* PreferenceService::BatchSetPreferences(
    grpc::CallbackServerContext* context, const v1::BatchSetPreferencesRequest* request,
    v1::BatchSetPreferencesResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::BatchSetPreferencesRequest& batch,
             const rpc::Reply<v1::BatchSetPreferencesResponse>& reply) {
        if (absl::Status size = rpc::CheckBatchSize(batch.requests_size()); !size.ok()) {
          return reply.Finish(std::move(size));
        }
        std::vector<MemberId> members;
        for (const v1::SetPreferencesRequest& wish : batch.requests()) {
          const auto member = MemberId::Parse(wish.member_id());
          if (member.ok()) members.push_back(*member);  // else the item says so
        }
        const auto keys = preferences_.ReadKeys(call.program, members, call.deadline);
        if (!keys.ok()) return reply.Finish(keys.status());
        rpc::PostBatch(
            poster_, call, batch.requests(), sets_,
            [this, &keys](const rpc::Call& of, const v1::SetPreferencesRequest& wish) {
              return MakeChange(of, wish, *keys);
            },
            reply);
      });
}

grpc::ServerUnaryReactor* PreferenceService::GetPreferences(
    grpc::CallbackServerContext* context, const v1::GetPreferencesRequest* request,
    v1::GetPreferencesResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetPreferencesRequest& asked,
                            v1::GetPreferencesResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId member,
                                        MemberIdIn(asked.member_id(), "member_id"));
                       RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
                       ASSIGN_OR_RETURN(const std::vector<KeptPreference> preferences,
                                        preferences_.Get(call.program, member, call.deadline));
                       for (const KeptPreference& kept : preferences)
                         ToContract(kept, *answer.add_preferences());
                       return absl::OkStatus();
                     });
}

}  // namespace gratis::members
