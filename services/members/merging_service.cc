#include "services/members/merging_service.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/pg/tx.h"
#include "common/rpc/page_token.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/duplicates.h"
#include "services/members/member_contract.h"
#include "services/members/merging_contract.h"
#include "services/members/merging_store.h"
#include "services/members/proposal_store.h"

namespace gratis::members {
absl::StatusOr<MergeRow> MergingService::Find(const rpc::Call& call,
                                              const std::string& merge_id) const {
  ASSIGN_OR_RETURN(const TransactionId merge, MergeIdOf(merge_id));
  std::optional<MergeRow> row;
  // An id of another program's leads to no partition of this one, or to none that has it.
  if (const auto partition = ledger::PartitionOfId(call.program, merge.uuid)) {
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(row, MergingStore(tx).Find(*partition, merge));
      return absl::OkStatus();
    }));
  }
  if (row) return *row;
  return FieldError(Reason::kMergeNotFound, "merge_id", "the program has no merge of this id");
}

void MergingService::Join(const rpc::Call& call, const v1::MergeMembersRequest& request,
                          const rpc::Reply<v1::MergeMembersResponse>& reply) {
  absl::StatusOr<ledger::MergePair> pair = PairOf(request);
  if (!pair.ok()) return reply.Finish(pair.status());
  pair->leaving = members_.NewTransaction(call.program, pair->duplicate, call.now);
  pair->arriving = members_.NewTransaction(call.program, pair->survivor, call.now);
  const MemberId duplicate = pair->duplicate, survivor = pair->survivor;
  auto merge = std::make_unique<Merge>(*std::move(pair));
  absl::Status filled = rpc::FillEnvelope(call, request, reply.fingerprints(), merge->envelope);
  if (!filled.ok()) return reply.Finish(std::move(filled));
  // Others change what the survivor has, too: words, segments.
  poster_.SubmitAlone(merges_, std::move(merge),
                      [this, reply, duplicate, survivor,
                       validated = request.validate_only()](ledger::Outcome outcome) {
                        if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
                        if (!validated && !outcome.replayed) shell_.Merged(duplicate, survivor);
                        absl::Status parsed = rpc::ParseAnswer(*outcome.answer, reply.response());
                        if (parsed.ok() && outcome.replayed) return reply.FinishReplayed();
                        reply.Finish(std::move(parsed));
                      });
}

void MergingService::Part(const rpc::Call& call, const v1::UndoMergeRequest& request,
                          const rpc::Reply<v1::UndoMergeResponse>& reply) {
  absl::StatusOr<MergeRow> row = Find(call, request.merge_id());
  if (!row.ok()) return reply.Finish(row.status());
  const MemberId duplicate = row->duplicate;
  ledger::MergePair undo{.duplicate = row->duplicate,
                         .survivor = row->survivor,
                         .leaving = members_.NewTransaction(call.program, row->duplicate, call.now),
                         .arriving = members_.NewTransaction(call.program, row->survivor, call.now),
                         .effective_at = call.now,
                         .source = row->merge.ToString()};
  auto part = std::make_unique<MergeUndo>(*std::move(row), std::move(undo));
  absl::Status filled = rpc::FillEnvelope(call, request, reply.fingerprints(), part->envelope);
  if (!filled.ok()) return reply.Finish(std::move(filled));
  poster_.SubmitAlone(
      undos_, std::move(part),
      [this, reply, duplicate, validated = request.validate_only()](ledger::Outcome outcome) {
        if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
        if (!validated && !outcome.replayed) shell_.Unmerged(duplicate);
        absl::Status parsed = rpc::ParseAnswer(*outcome.answer, reply.response());
        if (parsed.ok() && outcome.replayed) return reply.FinishReplayed();
        reply.Finish(std::move(parsed));
      });
}

absl::Status MergingService::List(const rpc::Call& call, const v1::ListMergesRequest& request,
                                  v1::ListMergesResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId survivor, MemberIdOf(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size(), 100));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  TransactionId after;
  if (!cursor.empty()) {
    const absl::StatusOr<TransactionId> place = TransactionId::Parse(cursor);
    if (!place.ok()) {
      return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
    }
    after = *place;
  }
  std::vector<MergeRow> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(rows, MergingStore(tx).List(call.program, survivor, after, size + 1));
    return absl::OkStatus();
  }));
  if (rows.size() > static_cast<size_t>(size)) {
    rows.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, rows.back().merge.ToString()));
  }
  for (const MergeRow& row : rows) ToContract(row, *response.add_merges());
  return absl::OkStatus();
}

absl::Status MergingService::ListProposed(const rpc::Call& call,
                                          const v1::ListProposedMergesRequest& request,
                                          v1::ListProposedMergesResponse& response) const {
  MemberId member;
  if (!request.member_id().empty()) {
    ASSIGN_OR_RETURN(member, MemberIdOf(request.member_id()));
  }
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size(), 100));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ProposalPlace behind;
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(behind, ProposalPlace::Parse(cursor));
  }
  ASSIGN_OR_RETURN(const ProposalPage page,
                   ReadProposalPage(pool_, call.program, member, behind,
                                    request.include_dismissed(), size, call.deadline));
  for (const ProposedMerge& row : page.rows) ToContract(row, *response.add_proposed_merges());
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

void MergingService::Dismiss(const rpc::Call& call, const v1::DismissDuplicateRequest& request,
                             const rpc::Reply<v1::DismissDuplicateResponse>& reply) {
  const absl::StatusOr<MemberPair> pair = PairOf(request);
  if (!pair.ok()) return reply.Finish(pair.status());
  auto dismissal = std::make_unique<Dismissal>(*pair);
  absl::Status filled = rpc::FillEnvelope(call, request, reply.fingerprints(), dismissal->envelope);
  if (!filled.ok()) return reply.Finish(std::move(filled));
  poster_.SubmitAlone(dismissals_, std::move(dismissal), [reply](ledger::Outcome outcome) {
    if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
    absl::Status parsed = rpc::ParseAnswer(*outcome.answer, reply.response());
    if (parsed.ok() && outcome.replayed) return reply.FinishReplayed();
    reply.Finish(std::move(parsed));
  });
}

grpc::ServerUnaryReactor* MergingService::ListDuplicates(grpc::CallbackServerContext* context,
                                                         const v1::ListDuplicatesRequest* request,
                                                         v1::ListDuplicatesResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListDuplicatesRequest& asked,
                            v1::ListDuplicatesResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(asked.member_id()));
                       ASSIGN_OR_RETURN(const DuplicateList found,
                                        FindDuplicates(pool_, members_, call.program, member,
                                                       asked.include_dismissed(), call.deadline));
                       for (const Duplicate& duplicate : found.duplicates) {
                         answer.add_duplicate_ids(duplicate.member.ToString());
                         ToContract(duplicate, *answer.add_duplicates());
                       }
                       answer.set_more(found.more);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MergingService::ListProposedMerges(
    grpc::CallbackServerContext* context, const v1::ListProposedMergesRequest* request,
    v1::ListProposedMergesResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListProposedMergesRequest& asked,
             v1::ListProposedMergesResponse& answer) { return ListProposed(call, asked, answer); });
}

grpc::ServerUnaryReactor* MergingService::DismissDuplicate(
    grpc::CallbackServerContext* context, const v1::DismissDuplicateRequest* request,
    v1::DismissDuplicateResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::DismissDuplicateRequest& wish,
                              const rpc::Reply<v1::DismissDuplicateResponse>& reply) {
                         Dismiss(call, wish, reply);
                       });
}

grpc::ServerUnaryReactor* MergingService::MergeMembers(grpc::CallbackServerContext* context,
                                                       const v1::MergeMembersRequest* request,
                                                       v1::MergeMembersResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::MergeMembersRequest& wish,
             const rpc::Reply<v1::MergeMembersResponse>& reply) { Join(call, wish, reply); });
}

grpc::ServerUnaryReactor* MergingService::UndoMerge(grpc::CallbackServerContext* context,
                                                    const v1::UndoMergeRequest* request,
                                                    v1::UndoMergeResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::UndoMergeRequest& wish,
             const rpc::Reply<v1::UndoMergeResponse>& reply) { Part(call, wish, reply); });
}

grpc::ServerUnaryReactor* MergingService::GetMerge(grpc::CallbackServerContext* context,
                                                   const v1::GetMergeRequest* request,
                                                   v1::GetMergeResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetMergeRequest& asked,
                            v1::GetMergeResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MergeRow row, Find(call, asked.merge_id()));
                       ToContract(row, *answer.mutable_merge());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MergingService::ListMerges(grpc::CallbackServerContext* context,
                                                     const v1::ListMergesRequest* request,
                                                     v1::ListMergesResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListMergesRequest& asked,
                            v1::ListMergesResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::members
