#include "services/thanks/complaint_service.h"

#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/complaint_contract.h"
#include "services/thanks/complaint_store.h"

namespace gratis::thanks {
namespace {

absl::StatusOr<std::unique_ptr<ledger::Mutation>> Opening(const rpc::Call& call,
                                                          const v1::OpenComplaintRequest& request,
                                                          base::IdSource& ids) {
  ASSIGN_OR_RETURN(Complaint complaint, ParseComplaint(request, call.now));
  return std::make_unique<thanks::OpenComplaint>(std::move(complaint), call.program, ids, call.now);
}

absl::StatusOr<std::unique_ptr<ledger::Mutation>> Resolving(
    const rpc::Call& call, const v1::ResolveComplaintRequest& request, base::IdSource& ids) {
  ASSIGN_OR_RETURN(const ComplaintId complaint, ParseComplaintId(request.complaint_id()));
  const auto outcome = static_cast<ComplaintOutcome>(request.outcome());
  RETURN_IF_ERROR(CheckOutcome(outcome));
  const std::optional<int32_t> partition = ledger::PartitionOfId(call.program, complaint.uuid);
  if (!partition) {
    return FieldError(Reason::kComplaintNotFound, "complaint_id",
                      "the program has none of this id");
  }
  return std::make_unique<thanks::ResolveComplaint>(complaint, outcome, *partition, call.program,
                                                    ids, call.now);
}

}  // namespace

grpc::ServerUnaryReactor* ComplaintService::OpenComplaint(grpc::CallbackServerContext* context,
                                                          const v1::OpenComplaintRequest* request,
                                                          v1::OpenComplaintResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::OpenComplaintRequest& asked,
                              const rpc::Reply<v1::OpenComplaintResponse>& reply) {
                         auto mutation = Opening(call, asked, ids_);
                         if (!mutation.ok()) return reply.Finish(mutation.status());
                         rpc::Post(poster_, call, asked, open_complaints_, *std::move(mutation),
                                   reply);
                       });
}

grpc::ServerUnaryReactor* ComplaintService::ResolveComplaint(
    grpc::CallbackServerContext* context, const v1::ResolveComplaintRequest* request,
    v1::ResolveComplaintResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::ResolveComplaintRequest& asked,
                              const rpc::Reply<v1::ResolveComplaintResponse>& reply) {
                         auto mutation = Resolving(call, asked, ids_);
                         if (!mutation.ok()) return reply.Finish(mutation.status());
                         rpc::Post(poster_, call, asked, resolve_complaints_, *std::move(mutation),
                                   reply);
                       });
}

absl::Status ComplaintService::List(const rpc::Call& call, const v1::ListComplaintsRequest& request,
                                    v1::ListComplaintsResponse& response) const {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "whose complaints?");
  }
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ComplaintId before{Uuid::Last()};
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(before, ComplaintId::Parse(cursor));
  }
  std::vector<Complaint> complaints;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, call.program, *member));
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(complaints,
                     thanks::ListComplaints(tx, call.program, *member, before, request.open_only(),
                                            limit + 1, call.as_named));
    return absl::OkStatus();
  }));
  if (std::ssize(complaints) > limit) {
    complaints.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, complaints.back().id.ToString()));
  }
  for (const Complaint& complaint : complaints) *response.add_complaints() = ToContract(complaint);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ComplaintService::ListComplaints(grpc::CallbackServerContext* context,
                                                           const v1::ListComplaintsRequest* request,
                                                           v1::ListComplaintsResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListComplaintsRequest& asked,
             v1::ListComplaintsResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::thanks
