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

// What the fact of a merge says was added to the survivor's; `merge`: its transaction.
absl::StatusOr<SegmentMarks> AddedBy(ledger::Books& books, const TransactionId& merge) {
  ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> rows, books.RowsOf(merge));
  SegmentMarks added;
  for (const ledger::PostedRow& posted : rows) {
    ASSIGN_OR_RETURN(const std::optional<ChangedSegments> changed, SegmentsIn(posted.row.fact));
    if (!changed) continue;
    for (const SegmentMark& mark : changed->marks) {
      const auto& codes = changed->added;
      if (std::find(codes.begin(), codes.end(), mark.segment) != codes.end()) added.push_back(mark);
    }
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

absl::Status SegmentsComeOver::Load(pg::Tx& tx, const ledger::Program& program,
                                    const Parting& parting) {
  parting_ = parting;
  others_.clear();
  RETURN_IF_ERROR(SurvivorsSegments::Load(tx, program, parting.merge.survivor));
  ASSIGN_OR_RETURN(duplicates_, Read(tx, program, parting.merge.duplicate));
  for (const MergeRow& other : parting.standing) {
    ASSIGN_OR_RETURN(const SegmentMarks theirs, Read(tx, program, other.duplicate));
    others_.insert(others_.end(), theirs.begin(), theirs.end());
  }
  return absl::OkStatus();
}

absl::StatusOr<SegmentMarks> SegmentsComeOver::CameOver(ledger::Books& books) const {
  ASSIGN_OR_RETURN(SegmentMarks came_over, AddedBy(books, parting_.merge.arriving));
  for (const MergeRow& earlier : parting_.undone) {
    if (earlier.merged_at > parting_.merge.merged_at) continue;
    ASSIGN_OR_RETURN(const SegmentMarks added, AddedBy(books, earlier.arriving));
    for (const SegmentMark& mark : added) {
      for (const SegmentMark& own : duplicates_) {
        if (own.segment == mark.segment) came_over.push_back(own);
      }
    }
  }
  return came_over;
}

absl::StatusOr<size_t> SegmentsComeOver::GiveBack(ledger::Books& books,
                                                  const ledger::MergePair& undo) {
  ASSIGN_OR_RETURN(const SegmentMarks came_over, CameOver(books));
  return Post(books, PartSegments(marks(), came_over, others_, books.recorded_at()), undo.arriving,
              undo.effective_at);
}

}  // namespace gratis::members
