#include "services/members/group_points.h"

#include <optional>
#include <utility>

#include "common/ledger/mend.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/groups.pb.h"
#include "services/members/group_contract.h"

namespace gratis::members {
namespace {

using ledger::Deed;

std::vector<int16_t> PointUnitsOf(const ledger::Books& books, const MemberId& holder) {
  std::vector<int16_t> units;
  for (const auto& [unit, wallet] : books.FindHolder(holder)->wallets) {
    if (!ledger::IsVoucherUnit(unit)) units.push_back(unit);
  }
  return units;
}

// Parts that one row may move together, at most kMaxPoints.
std::vector<std::vector<ledger::Allocation>> InRows(const std::vector<ledger::Allocation>& parts) {
  std::vector<std::vector<ledger::Allocation>> rows;
  int64_t room = 0;
  for (const ledger::Allocation& part : parts) {
    if (rows.empty() || part.points > room) {
      rows.emplace_back();
      room = ledger::kMaxPoints;
    }
    room -= part.points;
    rows.back().push_back(part);
  }
  return rows;
}

}  // namespace

absl::StatusOr<std::string> GroupContribution::DecideGroup(ledger::Books& books) {
  ASSIGN_OR_RETURN(const GroupRow row, RequireGroup());
  RETURN_IF_ERROR(InField(RequireKind(row, GroupKind::kHousehold), "group_id"));
  RETURN_IF_ERROR(InField(books.RequireHolder(member()), "member_id"));
  RETURN_IF_ERROR(ledger::Settle(books, group()));
  RETURN_IF_ERROR(ledger::Settle(books, member()));
  RETURN_IF_ERROR(InField(books.Permit(group(), Deed::kReceive), "group_id"));
  RETURN_IF_ERROR(InField(books.Permit(member(), Deed::kSpend), "member_id"));
  if (MembershipNow() != Membership::kJoined) return NotInGroup();
  ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(order_.unit));
  ASSIGN_OR_RETURN(std::vector<ledger::Allocation> parts,
                   ledger::TakeFromLots(books, member(), unit.number, order_.points));
  const ledger::Transfer transfer{.posting = {.kind = ledger::FactKind::kTransferredOut,
                                              .transaction = transaction(),
                                              .member = member(),
                                              .unit = unit.number,
                                              .effective_at = envelope.now,
                                              .source = "contribution",
                                              .detail = ContributionDetail(group(), member())},
                                  .to = group(),
                                  .points = order_.points};
  ASSIGN_OR_RETURN(const std::vector<ledger::LotKey> lots,
                   ledger::MoveLots(books, transfer, std::move(parts)));
  for (const ledger::LotKey& lot : lots) AddContribution(lot.seq);
  v1::ContributeToGroupResponse response;
  if (!envelope.validate_only) response.set_transaction_id(transaction().ToString());
  response.set_group_available_points(books.AvailablePoints(group(), unit.number));
  return response.SerializeAsString();
}

absl::StatusOr<GroupGivingBack::Points> GroupGivingBack::GiveBack(ledger::Books& books,
                                                                  const MemberId& to) const {
  RETURN_IF_ERROR(ledger::Settle(books, to));
  Points given;
  for (const int16_t unit : PointUnitsOf(books, group())) {
    ASSIGN_OR_RETURN(const std::vector<const ledger::Lot*> lots, books.OpenLots(group(), unit));
    std::vector<ledger::Allocation> parts;
    for (const ledger::Lot* lot : lots) {
      if (lot->available == 0 || OwnerOf(books, *lot) != to) continue;
      parts.push_back({lot->key.seq, lot->key.seq, lot->available});
    }
    for (std::vector<ledger::Allocation>& row : InRows(parts)) {
      ledger::Transfer transfer{.posting = {.kind = ledger::FactKind::kTransferredOut,
                                            .transaction = transaction(),
                                            .member = group(),
                                            .unit = unit,
                                            .effective_at = envelope.now,
                                            .source = "leaving",
                                            .detail = ContributionDetail(group(), to)},
                                .to = to};
      for (const ledger::Allocation& part : row) transfer.points += part.points;
      given[unit] += transfer.points;
      RETURN_IF_ERROR(ledger::MoveLots(books, transfer, std::move(row)).status());
    }
  }
  return given;
}

absl::StatusOr<std::string> GroupLeaving::DecideGroup(ledger::Books& books) {
  ASSIGN_OR_RETURN(const GroupRow row, RequireGroup());
  RETURN_IF_ERROR(InField(books.RequireHolder(member()), "member_id"));
  RETURN_IF_ERROR(InField(books.Permit(group(), Deed::kCorrect), "group_id"));
  if (!MembershipNow()) return NotInGroup();
  v1::RemoveGroupMemberResponse response;
  if (row.kind == GroupKind::kHousehold && BelongsToGroups(books.FindHolder(member())->state)) {
    RETURN_IF_ERROR(ledger::Settle(books, group()));
    ASSIGN_OR_RETURN(const Points given, GiveBack(books, member()));
    RETURN_IF_ERROR(SetPoints(books, given, *response.mutable_returned()));
  }
  // Who is erased has no journal that goes on; they are in no group as it is.
  if (books.FindHolder(member())->state != ledger::MemberState::kErased) {
    RETURN_IF_ERROR(Become(books, Membership::kLeft));
  }
  return response.SerializeAsString();
}

GroupClosing::GroupClosing(MemberId group, Contributors contributors, TransactionId transaction,
                           Deed deed)
    : GroupGivingBack(group, {}, transaction), contributors_(std::move(contributors)), deed_(deed) {
  envelope.also.assign(contributors_.present.begin(), contributors_.present.end());
}

absl::Status GroupClosing::ReleaseHolds(ledger::Books& books) const {
  ASSIGN_OR_RETURN(const std::vector<const ledger::Hold*> holds, books.OpenHolds(group()));
  std::vector<HoldId> ids;
  for (const ledger::Hold* hold : holds) ids.push_back(hold->id);
  for (const HoldId& id : ids) {
    RETURN_IF_ERROR(ledger::VoidHold(books,
                                     {.kind = ledger::FactKind::kHoldReleased,
                                      .transaction = transaction(),
                                      .member = group(),
                                      .effective_at = envelope.now,
                                      .source = "closing"},
                                     id)
                        .status());
  }
  return absl::OkStatus();
}

absl::Status GroupClosing::CheckContributors(ledger::Books& books) const {
  for (const int16_t unit : PointUnitsOf(books, group())) {
    ASSIGN_OR_RETURN(const std::vector<const ledger::Lot*> lots, books.OpenLots(group(), unit));
    for (const ledger::Lot* lot : lots) {
      const std::optional<MemberId> owner = OwnerOf(books, *lot);
      if (owner && !contributors_.present.count(*owner) && !contributors_.gone.count(*owner)) {
        return Error(Reason::kConflict, "somebody contributed meanwhile; call again");
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> GroupClosing::DecideGroup(ledger::Books& books) {
  ASSIGN_OR_RETURN(const GroupRow row, RequireGroup());
  RETURN_IF_ERROR(InField(books.Permit(group(), deed_), "group_id"));
  if (books.FindHolder(group())->state == ledger::MemberState::kClosed) {
    return InField(ledger::CheckStanding(ledger::MemberState::kClosed, Deed::kEarn), "group_id");
  }
  RETURN_IF_ERROR(ledger::Settle(books, group()));
  RETURN_IF_ERROR(ReleaseHolds(books));
  RETURN_IF_ERROR(CheckContributors(books));
  v1::CloseGroupResponse response;
  for (const MemberId& contributor : contributors_.present) {
    const ledger::Holder* holder = books.FindHolder(contributor);
    if (holder == nullptr || !BelongsToGroups(holder->state)) continue;
    ASSIGN_OR_RETURN(const Points given, GiveBack(books, contributor));
    if (given.empty()) continue;
    v1::CloseGroupResponse::Returned& returned = *response.add_returned();
    returned.set_member_id(contributor.ToString());
    RETURN_IF_ERROR(SetPoints(books, given, *returned.mutable_points()));
  }
  const ledger::Posting posting{.kind = ledger::FactKind::kMemberStateSet,
                                .transaction = transaction(),
                                .member = group(),
                                .effective_at = envelope.now,
                                .source = "closing"};
  ASSIGN_OR_RETURN(const ledger::Forfeited lost, ledger::Forfeit(books, posting));
  RETURN_IF_ERROR(SetPoints(books, lost.points, *response.mutable_lost()));
  response.set_lost_vouchers(lost.vouchers);
  RETURN_IF_ERROR(ledger::SetMemberState(books, posting, ledger::MemberState::kClosed));
  RETURN_IF_ERROR(PostGroupFact(books, GroupDetail("closed", row.kind)));
  return response.SerializeAsString();
}

}  // namespace gratis::members
