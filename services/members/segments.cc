#include "services/members/segments.h"

#include <utility>
#include <vector>

#include "common/ledger/books.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/segments.pb.h"
#include "services/members/member_store.h"
#include "services/members/segment_contract.h"
#include "services/members/segment_text.h"

namespace gratis::members {

SetSegments::SetSegments(const MemberId& member, SegmentChange change,
                         const TransactionId& transaction)
    : change_(std::move(change)), transaction_(transaction) {
  envelope.member = member;
}

absl::StatusOr<std::string> SetSegments::Decide(ledger::Books& books) {
  const MemberId& member = envelope.member;
  RETURN_IF_ERROR(books.Permit(member, ledger::Deed::kCorrect));
  const auto found = kept_->marks.find(member);
  if (found == kept_->marks.end()) {
    return Error(Reason::kBooksDamaged, "the ledger has a member of whom nothing is stored");
  }
  ASSIGN_OR_RETURN(ChangedSegments changed,
                   ChangeSegments(found->second, change_, books.recorded_at()));
  v1::SetMemberSegmentsResponse response;
  for (const SegmentMark& mark : changed.marks) ToContract(mark, *response.add_segments());
  if (!changed.anything()) return response.SerializeAsString();
  RETURN_IF_ERROR(
      books
          .Post(FactOf(changed, member, transaction_, envelope.now, envelope.ActSource("segments")))
          .status());
  if (!envelope.validate_only) {
    response.set_transaction_id(transaction_.ToString());
    found->second = std::move(changed.marks);
    kept_->changed.insert(member);
  }
  return response.SerializeAsString();
}

absl::Status SegmentSets::LoadAll(pg::Tx& tx, absl::Span<SetSegments* const> set) {
  std::set<MemberId> members;
  for (const SetSegments* change : set) members.insert(change->envelope.member);
  ASSIGN_OR_RETURN(
      const std::vector<MemberRow> rows,
      MemberStore(tx).FindAll(set.front()->envelope.home(), {members.begin(), members.end()}));
  const auto kept = std::make_shared<SetSegments::Kept>();
  for (const MemberRow& row : rows) {
    ASSIGN_OR_RETURN(kept->marks[row.id], ParseSegments(row.segments));
  }
  for (SetSegments* change : set) change->kept_ = kept;
  return absl::OkStatus();
}

absl::Status SegmentSets::WriteAll(pg::Tx& tx, absl::Span<SetSegments* const> set) {
  const SetSegments::Kept& kept = *set.front()->kept_;
  std::vector<MemberSegments> segments;
  for (const MemberId& member : kept.changed) {
    segments.push_back({member, SegmentsText(kept.marks.at(member))});
  }
  if (!segments.empty()) {
    MemberStore(tx).UpdateSegments(set.front()->envelope.home(), segments);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
