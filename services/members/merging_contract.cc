#include "services/members/merging_contract.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

constexpr size_t kMaxMergeSource = 128;

template <class Id>
absl::StatusOr<Id> IdOf(std::string_view text, std::string_view field) {
  if (text.empty()) return FieldError(Reason::kFieldMissing, field, "this id is missing");
  absl::StatusOr<Id> id = Id::Parse(text);
  if (!id.ok()) return InField(id.status(), field);
  return id;
}

}  // namespace

void ToContract(const MergeRow& row, v1::Merge& out) {
  out.set_merge_id(row.merge.ToString());
  out.set_survivor_id(row.survivor.ToString());
  out.set_duplicate_id(row.duplicate.ToString());
  rpc::SetTime(row.merged_at, *out.mutable_merged_at());
  rpc::SetTime(row.undo_until, *out.mutable_undo_until());
  if (row.undone_at) rpc::SetTime(*row.undone_at, *out.mutable_undone_at());
}

absl::Status ToContract(const ledger::Books& books, const ledger::Carried& carried,
                        v1::Moved& out) {
  for (const auto& [number, points] : carried.units) {
    ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(number));
    v1::MovedPoints& moved = *out.add_points();
    moved.set_unit(unit.code);
    moved.set_available_points(points.available);
    moved.set_pending_points(points.pending);
    moved.set_debt_points(points.debt);
    moved.set_lots(points.lots);
  }
  out.set_vouchers(carried.vouchers);
  return absl::OkStatus();
}

absl::StatusOr<ledger::MergePair> PairOf(const v1::MergeMembersRequest& request) {
  ledger::MergePair pair;
  ASSIGN_OR_RETURN(pair.survivor, IdOf<MemberId>(request.survivor_id(), "survivor_id"));
  ASSIGN_OR_RETURN(pair.duplicate, IdOf<MemberId>(request.duplicate_id(), "duplicate_id"));
  if (base::CodePoints(request.source()) > kMaxMergeSource) {
    return FieldError(Reason::kFieldTooLong, "source", "at most 128 characters");
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(request.source().begin(), request.source().end(), is_control)) {
    return FieldError(Reason::kFieldInvalid, "source", "no control characters");
  }
  pair.source = request.source();
  return pair;
}

absl::StatusOr<TransactionId> MergeIdOf(std::string_view merge_id) {
  return IdOf<TransactionId>(merge_id, "merge_id");
}

}  // namespace gratis::members
