#include "services/members/merging_segments.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/status/macros.h"
#include "services/members/member_store.h"
#include "services/members/segment_text.h"

namespace gratis::members {
namespace {

// Of who is no member there are none; the merge is refused.
absl::StatusOr<SegmentMarks> Read(pg::Tx& tx, const ledger::Program& program,
                                  const MemberId& member) {
  ASSIGN_OR_RETURN(const std::optional<MemberRow> row,
                   MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
  if (!row) return SegmentMarks();
  return ParseSegments(row->segments);
}

// What the fact of a merge says was added.
SegmentMarks AddedBy(const ChangedSegments& merge) {
  SegmentMarks added;
  for (const SegmentMark& mark : merge.marks) {
    const auto& codes = merge.added;
    if (std::find(codes.begin(), codes.end(), mark.segment) != codes.end()) added.push_back(mark);
  }
  return added;
}

}  // namespace

absl::Status SurvivorsSegments::Load(pg::Tx& tx, const ledger::Program& program,
                                     const MemberId& survivor) {
  survivor_ = survivor;
  changed_ = {};
  ASSIGN_OR_RETURN(marks_, Read(tx, program, survivor));
  return absl::OkStatus();
}

absl::StatusOr<size_t> SurvivorsSegments::Post(ledger::Books& books, ChangedSegments changed,
                                               const TransactionId& transaction,
                                               absl::Time effective_at) {
  changed_ = std::move(changed);
  if (!changed_.anything()) return size_t{0};
  RETURN_IF_ERROR(
      books.Post(FactOf(changed_, survivor_, transaction, effective_at, "merge")).status());
  return changed_.added.size() + changed_.removed.size();
}

void SurvivorsSegments::Write(pg::Tx& tx, const ledger::Program& program) const {
  if (!changed_.anything()) return;
  const MemberSegments written{survivor_, SegmentsText(changed_.marks)};
  MemberStore(tx).UpdateSegments(ledger::PartitionOf(program, survivor_),
                                 absl::MakeConstSpan(&written, 1));
}

absl::Status SegmentsOfBoth::Load(pg::Tx& tx, const ledger::Program& program,
                                  const MemberId& survivor, const MemberId& duplicate) {
  RETURN_IF_ERROR(SurvivorsSegments::Load(tx, program, survivor));
  ASSIGN_OR_RETURN(duplicates_, Read(tx, program, duplicate));
  return absl::OkStatus();
}

absl::StatusOr<size_t> SegmentsOfBoth::Take(ledger::Books& books, const TransactionId& transaction,
                                            absl::Time effective_at) {
  return Post(books, JoinSegments(marks(), duplicates_, books.recorded_at()), transaction,
              effective_at);
}

absl::StatusOr<size_t> SegmentsComeOver::GiveBack(ledger::Books& books, const TransactionId& merge,
                                                  const TransactionId& transaction,
                                                  absl::Time effective_at) {
  ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> rows, books.RowsOf(merge));
  SegmentMarks came_over;
  for (const ledger::PostedRow& posted : rows) {
    ASSIGN_OR_RETURN(const std::optional<ChangedSegments> changed, SegmentsIn(posted.row.fact));
    if (changed) came_over = AddedBy(*changed);
  }
  return Post(books, PartSegments(marks(), came_over, books.recorded_at()), transaction,
              effective_at);
}

}  // namespace gratis::members
