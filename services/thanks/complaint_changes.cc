#include "services/thanks/complaint_changes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/complaint_contract.h"
#include "services/thanks/complaint_store.h"

namespace gratis::thanks {

OpenComplaint::OpenComplaint(Complaint complaint, const ledger::Program& program,
                             base::IdSource& ids, absl::Time now)
    : complaint_(std::move(complaint)) {
  envelope.member = complaint_.member;
  complaint_.id = ledger::Beside(program, complaint_.member, ComplaintId{ids.Next(now)});
  transaction_ = ledger::Beside(program, complaint_.member, TransactionId{ids.Next(now)});
}

absl::StatusOr<std::string> OpenComplaint::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(InField(
      ledger::CheckEffectiveTime(complaint_.opened_at, envelope.now, kComplaintPast), "opened_at"));
  RETURN_IF_ERROR(books.RequireHolder(complaint_.member));
  RETURN_IF_ERROR(books.CheckNotErased(complaint_.member));
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kComplaintOpened,
                             .transaction = transaction_,
                             .member = complaint_.member,
                             .effective_at = complaint_.opened_at,
                             .source = complaint_.topic,
                             .detail = OpenedFigures(complaint_),
                             .about = complaint_.id.uuid})
                      .status());
  return OpenedAnswer(complaint_);
}

absl::Status OpenComplaints::WriteAll(pg::Tx& tx, absl::Span<OpenComplaint* const> set) {
  std::vector<const Complaint*> complaints;
  for (const OpenComplaint* open : set) complaints.push_back(&open->complaint_);
  WriteComplaints(tx, set.front()->envelope.home(), complaints);
  return absl::OkStatus();
}

ResolveComplaint::ResolveComplaint(const ComplaintId& complaint, ComplaintOutcome outcome,
                                   int32_t partition, const ledger::Program& program,
                                   base::IdSource& ids, absl::Time now)
    : id_(complaint), outcome_(outcome) {
  envelope.partition = partition;
  // It may be of somebody who was merged since: their past stays theirs.
  envelope.of_merged = true;
  transaction_ = {ledger::InPartition(program, partition, ids.Next(now))};
}

absl::StatusOr<std::string> ResolveComplaint::Decide(ledger::Books& books) {
  const auto found = known_->find(id_);
  if (found == known_->end()) {
    return FieldError(Reason::kComplaintNotFound, "complaint_id",
                      absl::StrCat("there is no complaint ", id_.ToString()));
  }
  if (!found->second.open()) {
    return Error(Reason::kComplaintResolved,
                 absl::StrCat("complaint ", id_.ToString(), " was resolved before"));
  }
  complaint_ = found->second;
  complaint_.resolved_at = envelope.now;
  complaint_.outcome = outcome_;
  RETURN_IF_ERROR(books.RequireHolder(complaint_.member));
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kComplaintResolved,
                             .transaction = transaction_,
                             .member = complaint_.member,
                             .effective_at = envelope.now,
                             .source = complaint_.topic,
                             .detail = ResolvedFigures(complaint_),
                             .about = complaint_.id.uuid})
                      .status());
  found->second = complaint_;
  return ResolvedAnswer(complaint_);
}

absl::Status ResolveComplaints::LoadAll(pg::Tx& tx, absl::Span<ResolveComplaint* const> set) {
  std::vector<ComplaintId> ids;
  for (const ResolveComplaint* resolve : set) ids.push_back(resolve->id_);
  ASSIGN_OR_RETURN(const std::vector<Complaint> found,
                   FindComplaints(tx, set.front()->envelope.home(), ids));
  const auto known = std::make_shared<std::map<ComplaintId, Complaint>>();
  for (const Complaint& complaint : found) known->emplace(complaint.id, complaint);
  for (ResolveComplaint* resolve : set) resolve->known_ = known;
  return absl::OkStatus();
}

absl::Status ResolveComplaints::WriteAll(pg::Tx& tx, absl::Span<ResolveComplaint* const> set) {
  std::vector<const Complaint*> complaints;
  for (const ResolveComplaint* resolve : set) complaints.push_back(&resolve->complaint_);
  WriteComplaints(tx, set.front()->envelope.home(), complaints);
  return absl::OkStatus();
}

}  // namespace gratis::thanks
