#include "services/members/brief_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/brief_contract.h"
#include "services/members/member_contract.h"

namespace gratis::members {
namespace {

BriefQuestion QuestionOf(const rpc::Call& call, const MemberId& member) {
  return {.program = call.program,
          .member = member,
          .known_by = {},
          .in_person = call.role == rpc::Role::kPos,
          .now = call.now,
          .deadline = call.deadline,
          .as_named = call.as_named};
}

Identification::Person PersonOf(const Brief& brief) {
  return {brief.member.id, brief.member.state, brief.member.profile.greeting_name};
}

// Whether all of it may be told. Errors: PROOF_REQUIRED (not even a weak proof).
absl::StatusOr<bool> MayTellAll(const rpc::Call& call, const MemberId& member) {
  const absl::Status strong = rpc::NeedStrongProof(call, member);
  if (strong.ok()) return true;
  // Any proof that is not over is good for nothing at all.
  if (rpc::NeedProofFor(call, member, 0).ok()) return false;
  return strong;
}

void Tell(const rpc::Call& call, const Brief& brief, bool all, v1::GetBriefResponse& response) {
  if (all) {
    ToContract(brief, call.program, response);
  } else {
    ToContract(SentenceOnWeakProof(brief.facts), *response.mutable_sentence());
  }
  rpc::SetTime(call.now, *response.mutable_as_of());
}

absl::StatusOr<std::optional<ledger::EntryPosition>> PositionOf(const std::string& cursor) {
  if (cursor.empty()) return std::nullopt;
  const std::optional<ledger::EntryPosition> position = ledger::EntryPosition::Parse(cursor);
  if (position) return position;
  return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
}

}  // namespace

void BriefService::GetById(const rpc::Call& call, const v1::GetBriefRequest& request,
                           const rpc::Reply<v1::GetBriefResponse>& reply) {
  const absl::StatusOr<MemberId> member = MemberIdOf(request.member_id());
  if (!member.ok()) return reply.Finish(member.status());
  const absl::StatusOr<bool> all = MayTellAll(call, *member);
  if (!all.ok()) return reply.Finish(all.status());
  // The call lives until it is answered.
  briefs_.Read(QuestionOf(call, *member),
               [&call, all = *all, reply](const absl::StatusOr<Briefs::Answer>& brief) {
                 if (!brief.ok()) return reply.Finish(brief.status());
                 Identification::Introduce(PersonOf(**brief), *reply.response().mutable_member());
                 Tell(call, **brief, all, reply.response());
                 reply.Finish(absl::OkStatus());
               });
}

void BriefService::GetByNames(const rpc::Call& call, const v1::GetBriefRequest& request,
                              const rpc::Reply<v1::GetBriefResponse>& reply) {
  const absl::StatusOr<std::vector<Identifier>> identifiers = IdentifiersOf(request.identify(), "");
  if (!identifiers.ok()) return reply.Finish(identifiers.status());
  BriefQuestion question = QuestionOf(call, MemberId());
  question.known_by = members_.NamesOf(call.program, *identifiers);
  briefs_.Read(std::move(question),
               [this, &call, reply](const absl::StatusOr<Briefs::Answer>& brief) {
                 if (!brief.ok()) return proposing_.Refuse(call, reply, brief.status());
                 v1::GetBriefResponse& answer = reply.response();
                 identification_.AnswerSpoken(call, PersonOf(**brief), (*brief)->proof_policy,
                                              *answer.mutable_member());
                 const bool all = rpc::NeedStrongProof(call, (*brief)->member.id).ok();
                 Tell(call, **brief, all, answer);
                 reply.Finish(absl::OkStatus());
               });
}

absl::Status BriefService::GetByIdentifier(const rpc::Call& call,
                                           const v1::GetBriefRequest& request,
                                           v1::GetBriefResponse& response) const {
  const v1::IdentifyMemberRequest& identify = request.identify();
  ASSIGN_OR_RETURN(const Identification::Sought sought, identification_.Seek(call, identify));
  ASSIGN_OR_RETURN(const MemberId member, identification_.Locate(call, sought));
  ASSIGN_OR_RETURN(Briefs::Answer brief, briefs_.Look(QuestionOf(call, member)));
  ASSIGN_OR_RETURN(const std::optional<MemberId> became,
                   identification_.Followed(call, member, brief->member.state));
  if (became) {
    ASSIGN_OR_RETURN(brief, briefs_.Look(QuestionOf(call, *became)));
  }
  RETURN_IF_ERROR(
      identification_.Answer(call, identify, sought, PersonOf(*brief), *response.mutable_member()));
  const bool shown = sought.strength() == rpc::ProofStrength::kStrong;
  Tell(call, *brief, shown || rpc::NeedStrongProof(call, brief->member.id).ok(), response);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* BriefService::GetBrief(grpc::CallbackServerContext* context,
                                                 const v1::GetBriefRequest* request,
                                                 v1::GetBriefResponse* response) {
  if (!request->has_identify() || LookUpIsEnough(request->identify())) {
    return shell_.MutateAtOnce(context, request, response,
                               [this](const rpc::Call& call, const v1::GetBriefRequest& asked,
                                      const rpc::Reply<v1::GetBriefResponse>& reply) {
                                 return asked.has_identify() ? GetByNames(call, asked, reply)
                                                             : GetById(call, asked, reply);
                               });
  }
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::GetBriefRequest& asked,
                              const rpc::Reply<v1::GetBriefResponse>& reply) {
                         absl::Status found = GetByIdentifier(call, asked, reply.response());
                         if (found.ok()) return reply.Finish(std::move(found));
                         proposing_.Refuse(call, reply, found);
                       });
}

absl::Status BriefService::List(const rpc::Call& call, const v1::ListTimelineRequest& request,
                                v1::ListTimelineResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const std::optional<ledger::EntryPosition> behind, PositionOf(cursor));
  const bool by_themselves = call.role == rpc::Role::kMember;
  const std::vector<ledger::FactKind> kinds =
      by_themselves ? ledger::KindsForMembers({}) : std::vector<ledger::FactKind>();
  ASSIGN_OR_RETURN(const TimelinePage page, briefs_.Timeline(call.program, member, behind, size,
                                                             call.deadline, call.as_named, kinds));
  for (const ledger::JournalRow& row : page.rows) {
    v1::TimelineEntry& entry = *response.add_entries();
    ToContract(row, call.program, page.units, entry);
    if (by_themselves) KeepForMember(entry);
  }
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* BriefService::ListTimeline(grpc::CallbackServerContext* context,
                                                     const v1::ListTimelineRequest* request,
                                                     v1::ListTimelineResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListTimelineRequest& asked,
             v1::ListTimelineResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::members
