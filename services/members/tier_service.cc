#include "services/members/tier_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/loading.h"
#include "common/ledger/program.h"
#include "common/rpc/page_token.h"
#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/tier_replay.h"

namespace gratis::members {
namespace {

constexpr int kMaxFindings = 100;

template <class Request>
absl::StatusOr<MemberId> MemberOf(const Request& request) {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "say whose tier is asked for");
  }
  absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

absl::Status NeedsPolicy() {
  return FieldError(Reason::kFieldMissing, "policy", "say which policy");
}

}  // namespace

template <class Request>
absl::StatusOr<std::optional<int64_t>> TierService::PlaceOf(const rpc::Call& call,
                                                            const Request& request) const {
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  if (cursor.empty()) return std::nullopt;
  int64_t place = 0;
  if (absl::SimpleAtoi(base::Abs(cursor), &place)) return place;
  return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
}

grpc::ServerUnaryReactor* TierService::SetTierPolicy(grpc::CallbackServerContext* context,
                                                     const v1::SetTierPolicyRequest* request,
                                                     v1::SetTierPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetTierPolicyRequest& wish,
                              const rpc::Reply<v1::SetTierPolicyResponse>& reply) {
                         if (!wish.has_policy()) return reply.Finish(NeedsPolicy());
                         rpc::Post(poster_, call, wish, settings_,
                                   std::make_unique<TierPolicySetting>(
                                       wish.policy(), ledger::TransactionOfProgram(
                                                          call.program, ids_.Next(call.now))),
                                   reply);
                       });
}

grpc::ServerUnaryReactor* TierService::GetTierPolicy(grpc::CallbackServerContext* context,
                                                     const v1::GetTierPolicyRequest* request,
                                                     v1::GetTierPolicyResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::GetTierPolicyRequest&,
             v1::GetTierPolicyResponse& answer) -> absl::Status {
        ASSIGN_OR_RETURN(const TierPolicies policies, tiers_.Policies(call.program, call.deadline));
        const TierLadders ladders = policies.For(0);
        const TierLadder* in_force = ladders.InForce(kAllFacts, call.now);
        if (in_force == nullptr) {
          return Error(Reason::kTierPolicyNotFound, "the program has no tier policy in force");
        }
        *answer.mutable_policy() = policies.Policy(in_force->version);
        return absl::OkStatus();
      });
}

absl::Status TierService::ListPolicies(const rpc::Call& call,
                                       const v1::ListTierPoliciesRequest& request,
                                       v1::ListTierPoliciesResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::optional<int64_t> before, PlaceOf(call, request));
  ASSIGN_OR_RETURN(const TierPolicies policies, tiers_.Policies(call.program, call.deadline));
  for (auto version = policies.versions.rbegin(); version != policies.versions.rend(); ++version) {
    if (before && version->ladder.version >= *before) continue;
    if (response.policies_size() == size) {
      response.set_next_page_token(shell_.page_tokens().Make(
          request, call.program.number, absl::StrCat(version->ladder.version + 1)));
      break;
    }
    *response.add_policies() = version->policy;
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TierService::ListTierPolicies(grpc::CallbackServerContext* context,
                                                        const v1::ListTierPoliciesRequest* request,
                                                        v1::ListTierPoliciesResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListTierPoliciesRequest& asked,
             v1::ListTierPoliciesResponse& answer) { return ListPolicies(call, asked, answer); });
}

grpc::ServerUnaryReactor* TierService::PreviewTierPolicy(
    grpc::CallbackServerContext* context, const v1::PreviewTierPolicyRequest* request,
    v1::PreviewTierPolicyResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::PreviewTierPolicyRequest& asked,
                            v1::PreviewTierPolicyResponse& answer) -> absl::Status {
                       if (!asked.has_policy()) return NeedsPolicy();
                       ASSIGN_OR_RETURN(
                           const TierTally tally,
                           tiers_.Preview(call.program, asked.policy(), call.now, call.deadline));
                       for (size_t i = 0; i < tally.lines.size(); ++i) {
                         v1::TierCount& count = *answer.add_tiers();
                         count.set_tier(tally.tiers[i]);
                         count.set_members(tally.lines[i].members);
                         count.set_came(tally.lines[i].came);
                         count.set_short_members(tally.lines[i].short_members);
                       }
                       answer.set_members(tally.members);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* TierService::GetMemberTier(grpc::CallbackServerContext* context,
                                                     const v1::GetMemberTierRequest* request,
                                                     v1::GetMemberTierResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetMemberTierRequest& asked,
                            v1::GetMemberTierResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId member, MemberOf(asked));
                       RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
                       ASSIGN_OR_RETURN(const std::unique_ptr<TierView> view,
                                        tiers_.Look(call.program, member, call.now, call.deadline));
                       answer = TierAnswer(view->policies, *view->tier);
                       return absl::OkStatus();
                     });
}

absl::Status TierService::GetMany(const rpc::Call& call,
                                  const v1::BatchGetMemberTiersRequest& request,
                                  v1::BatchGetMemberTiersResponse& response) const {
  if (request.member_ids().empty()) {
    return FieldError(Reason::kFieldMissing, "member_ids", "say whose tiers are asked for");
  }
  RETURN_IF_ERROR(rpc::CheckBatchSize(request.member_ids_size()));
  std::vector<MemberId> members;
  for (int i = 0; i < request.member_ids_size(); ++i) {
    const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_ids(i));
    if (!member.ok()) return InField(member.status(), absl::StrCat("member_ids[", i, "]"));
    members.push_back(*member);
  }
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  ASSIGN_OR_RETURN(const auto codes,
                   tiers_.CodesOf(call.program, members, call.now, call.deadline));
  for (const auto& [member, tier] : codes) {
    v1::MemberTierCode& added = *response.add_tiers();
    added.set_member_id(member.ToString());
    added.set_tier(tier);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TierService::BatchGetMemberTiers(
    grpc::CallbackServerContext* context, const v1::BatchGetMemberTiersRequest* request,
    v1::BatchGetMemberTiersResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::BatchGetMemberTiersRequest& asked,
             v1::BatchGetMemberTiersResponse& answer) { return GetMany(call, asked, answer); });
}

absl::Status TierService::ListChanges(const rpc::Call& call,
                                      const v1::ListTierChangesRequest& request,
                                      v1::ListTierChangesResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::optional<int64_t> before, PlaceOf(call, request));
  ASSIGN_OR_RETURN(const TierHistory history,
                   tiers_.History(call.program, member, before, size, call.now, call.deadline));
  for (const TierMove& move : history.unposted) *response.add_changes() = ToContract(move, "");
  for (const JournaledMove& journaled : history.journal) {
    *response.add_changes() = ToContract(journaled.move, journaled.transaction.ToString());
  }
  if (history.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, absl::StrCat(*history.next)));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TierService::ListTierChanges(grpc::CallbackServerContext* context,
                                                       const v1::ListTierChangesRequest* request,
                                                       v1::ListTierChangesResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListTierChangesRequest& asked,
             v1::ListTierChangesResponse& answer) { return ListChanges(call, asked, answer); });
}

absl::Status TierService::Explain(const rpc::Call& call, const v1::ExplainTierRequest& request,
                                  v1::ExplainTierResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::optional<int64_t> place, PlaceOf(call, request));
  ASSIGN_OR_RETURN(const std::unique_ptr<TierView> view,
                   tiers_.Look(call.program, member, call.now, call.deadline));
  ASSIGN_OR_RETURN(const TierHistory history,
                   tiers_.History(call.program, member, std::nullopt, 1, call.now, call.deadline));
  std::vector<ledger::Unit> units;
  RETURN_IF_ERROR(pg::RunTx(tiers_.pool(), pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    return absl::OkStatus();
  }));
  const MemberTier& tier = *view->tier;
  const TierLadder& ladder = *tier.ladder();
  response.set_tier(tier.tier());
  response.set_sentence(TierSentence(tier, call.program.currency_code));
  if (!history.unposted.empty()) {
    *response.mutable_by() = ToContract(history.unposted.front(), "");
  } else if (!history.journal.empty()) {
    *response.mutable_by() =
        ToContract(history.journal.front().move, history.journal.front().transaction.ToString());
  }
  // Newest first; a place is how many were shown.
  const auto [first, last] = tier.Counting(ladder);
  const std::vector<TierFact>& all = tier.facts().all();
  const auto shown = static_cast<size_t>(std::max<int64_t>(0, place.value_or(0)));
  for (size_t i = shown; i < last - first; ++i) {
    if (response.facts_size() == size) {
      response.set_next_page_token(
          shell_.page_tokens().Make(request, call.program.number, absl::StrCat(i)));
      break;
    }
    *response.add_facts() = ToContract(all[last - 1 - i], ladder, tier.standing().enrolled_at,
                                       call.program, view->policies.zone, units);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TierService::ExplainTier(grpc::CallbackServerContext* context,
                                                   const v1::ExplainTierRequest* request,
                                                   v1::ExplainTierResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ExplainTierRequest& asked,
             v1::ExplainTierResponse& answer) { return Explain(call, asked, answer); });
}

absl::Status TierService::Recompute(const rpc::Call& call, const v1::RecomputeTiersRequest& request,
                                    v1::RecomputeTiersResponse& response) const {
  const int32_t partition = request.partition();
  if (partition < call.program.first_partition || partition > call.program.last_partition()) {
    return FieldError(Reason::kPartitionNotFound, "partition",
                      absl::StrCat("the program's partitions are ", call.program.first_partition,
                                   " to ", call.program.last_partition()));
  }
  ASSIGN_OR_RETURN(const TierVerification found,
                   VerifyTiers(tiers_.pool(), call.program, partition, call.deadline));
  response.set_sound(found.findings.empty());
  response.set_members(found.members);
  response.set_facts(found.facts);
  response.set_changes(found.changes);
  for (const TierFinding& finding : found.findings) {
    if (response.findings_size() == kMaxFindings) break;
    v1::TierFinding& added = *response.add_findings();
    if (!finding.member.IsNil()) added.set_member_id(finding.member.ToString());
    added.set_text(finding.text);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TierService::RecomputeTiers(grpc::CallbackServerContext* context,
                                                      const v1::RecomputeTiersRequest* request,
                                                      v1::RecomputeTiersResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::RecomputeTiersRequest& asked,
             v1::RecomputeTiersResponse& answer) { return Recompute(call, asked, answer); });
}

}  // namespace gratis::members
