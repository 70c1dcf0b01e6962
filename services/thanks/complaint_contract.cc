#include "services/thanks/complaint_contract.h"

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {

absl::StatusOr<Complaint> ParseComplaint(const v1::OpenComplaintRequest& request, absl::Time now) {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "who complained?");
  }
  Complaint complaint{.topic = request.topic(), .reference = request.reference(), .opened_at = now};
  absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  complaint.member = *member;
  if (!request.purchase_id().empty()) {
    absl::StatusOr<PurchaseId> purchase = PurchaseId::Parse(request.purchase_id());
    if (!purchase.ok()) return InField(purchase.status(), "purchase_id");
    complaint.purchase = *purchase;
  }
  if (request.has_opened_at()) {
    ASSIGN_OR_RETURN(complaint.opened_at, rpc::ParseTime(request.opened_at(), "opened_at"));
  }
  RETURN_IF_ERROR(CheckComplaint(complaint));
  return complaint;
}

absl::StatusOr<ComplaintId> ParseComplaintId(const std::string& id) {
  if (id.empty()) return FieldError(Reason::kFieldMissing, "complaint_id", "which complaint?");
  absl::StatusOr<ComplaintId> complaint = ComplaintId::Parse(id);
  if (!complaint.ok()) return InField(complaint.status(), "complaint_id");
  return *complaint;
}

v1::Complaint ToContract(const Complaint& complaint) {
  v1::Complaint message;
  message.set_complaint_id(complaint.id.ToString());
  message.set_member_id(complaint.member.ToString());
  message.set_topic(complaint.topic);
  if (!complaint.purchase.IsNil()) message.set_purchase_id(complaint.purchase.ToString());
  message.set_reference(complaint.reference);
  rpc::SetTime(complaint.opened_at, *message.mutable_opened_at());
  if (complaint.resolved_at) rpc::SetTime(*complaint.resolved_at, *message.mutable_resolved_at());
  message.set_outcome(static_cast<v1::ComplaintOutcome>(complaint.outcome));
  return message;
}

std::string OpenedAnswer(const Complaint& complaint) {
  v1::OpenComplaintResponse response;
  *response.mutable_complaint() = ToContract(complaint);
  return response.SerializeAsString();
}

std::string ResolvedAnswer(const Complaint& complaint) {
  v1::ResolveComplaintResponse response;
  *response.mutable_complaint() = ToContract(complaint);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
