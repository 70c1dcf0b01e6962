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

constexpr std::pair<Shared, v1::DuplicateReason> kReasonsOfShared[] = {
    {kSharedPhone, v1::DUPLICATE_REASON_PHONE},
    {kSharedEmail, v1::DUPLICATE_REASON_EMAIL},
    {kSharedCard, v1::DUPLICATE_REASON_CARD},
    {kSharedExternalId, v1::DUPLICATE_REASON_EXTERNAL_ID},
};

// What both messages have in common.
template <class Message>
void FillSeen(const ProposedMerge& row, Message& out) {
  for (const auto& [bit, reason] : kReasonsOfShared) {
    if ((row.shared & bit) != 0) out.add_reasons(reason);
  }
  if (row.times > 0) rpc::SetTime(row.first_seen, *out.mutable_first_seen());
  rpc::SetTime(row.last_seen, *out.mutable_last_seen());
  out.set_times_seen(row.times);
  if (row.dismissed_at) rpc::SetTime(*row.dismissed_at, *out.mutable_dismissed_at());
}

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

void ToContract(const ProposedMerge& row, v1::ProposedMerge& out) {
  out.add_member_ids(row.pair.low.ToString());
  out.add_member_ids(row.pair.high.ToString());
  FillSeen(row, out);
  out.set_dismissed_by(row.dismissed_by);
}

void ToContract(const Duplicate& duplicate, v1::Duplicate& out) {
  out.set_member_id(duplicate.member.ToString());
  if (duplicate.seen) FillSeen(*duplicate.seen, out);
  if (duplicate.by_name) out.add_reasons(v1::DUPLICATE_REASON_NAME_AND_BIRTHDAY);
  // Of two who were only dismissed no request ever showed anything.
  if (out.times_seen() > 0) return;
  out.clear_first_seen();
  out.clear_last_seen();
}

absl::StatusOr<MemberPair> PairOf(const v1::DismissDuplicateRequest& request) {
  if (request.member_ids().empty()) {
    return FieldError(Reason::kFieldMissing, "member_ids", "say which two members are two");
  }
  if (request.member_ids_size() != 2) {
    return FieldError(Reason::kFieldInvalid, "member_ids", "two members, no more and no fewer");
  }
  ASSIGN_OR_RETURN(const MemberId one, IdOf<MemberId>(request.member_ids(0), "member_ids[0]"));
  ASSIGN_OR_RETURN(const MemberId other, IdOf<MemberId>(request.member_ids(1), "member_ids[1]"));
  if (one == other) {
    return FieldError(Reason::kFieldInvalid, "member_ids", "these are one and the same member");
  }
  return InOrder(one, other);
}

absl::StatusOr<TransactionId> MergeIdOf(std::string_view merge_id) {
  return IdOf<TransactionId>(merge_id, "merge_id");
}

}  // namespace gratis::members
