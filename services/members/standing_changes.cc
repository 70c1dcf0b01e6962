#include "services/members/standing_changes.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/standing.pb.h"
#include "services/members/group_store.h"
#include "services/members/member_store.h"

namespace gratis::members {
namespace {

using ledger::Books;
using ledger::Deed;
using ledger::MemberState;

v1::MemberState ToContract(MemberState state) { return static_cast<v1::MemberState>(state); }

ledger::Posting PostingOf(const ledger::Envelope& envelope, const TransactionId& transaction,
                          std::string source = "") {
  return {.kind = ledger::FactKind::kMemberStateSet,
          .transaction = transaction,
          .member = envelope.member,
          .effective_at = envelope.now,
          .source = std::move(source)};
}

// How they stand, if anything can still be changed about that. Errors: MEMBER_NOT_FOUND,
// MEMBER_ERASED.
absl::StatusOr<MemberState> StateOf(Books& books, const MemberId& member) {
  RETURN_IF_ERROR(books.Permit(member, Deed::kCorrect));
  return books.FindHolder(member)->state;
}

}  // namespace

StateChange::StateChange(const MemberId& member, MemberState state, std::string source,
                         const TransactionId& transaction)
    : state_(state), source_(std::move(source)), transaction_(transaction) {
  envelope.member = member;
}

absl::StatusOr<std::string> StateChange::Decide(Books& books) {
  ASSIGN_OR_RETURN(const MemberState was, StateOf(books, envelope.member));
  // Whoever left comes back by being taken in again, not by the way.
  if (was == MemberState::kClosed) return ledger::CheckStanding(was, Deed::kEarn);
  RETURN_IF_ERROR(
      ledger::SetMemberState(books, PostingOf(envelope, transaction_, source_), state_));
  v1::SetMemberStateResponse response;
  response.set_state(ToContract(state_));
  response.set_previous_state(ToContract(was));
  return response.SerializeAsString();
}

Closing::Closing(const MemberId& member, std::string leaving_answer,
                 const TransactionId& transaction)
    : leaving_answer_(std::move(leaving_answer)), transaction_(transaction) {
  envelope.member = member;
}

absl::StatusOr<std::string> Closing::Decide(Books& books) {
  ASSIGN_OR_RETURN(const MemberState was, StateOf(books, envelope.member));
  if (was == MemberState::kClosed) return ledger::CheckStanding(was, Deed::kEarn);
  if (is_group_) {
    return FieldError(Reason::kFieldInvalid, "member_id",
                      "this is a group; CloseGroup gives its members back what is theirs");
  }
  const ledger::Posting posting = PostingOf(envelope, transaction_, "closing");
  ASSIGN_OR_RETURN(const ledger::Forfeited forfeited, ledger::Forfeit(books, posting));
  RETURN_IF_ERROR(ledger::SetMemberState(books, posting, MemberState::kClosed));
  v1::CloseMemberResponse response;
  for (const auto& [number, points] : forfeited.points) {
    if (ledger::IsVoucherUnit(number)) continue;
    ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(number));
    v1::CloseMemberResponse::Lost& lost = *response.add_lost();
    lost.set_unit(unit.code);
    lost.set_points(points);
  }
  response.set_lost_vouchers(forfeited.vouchers);
  response.set_released_holds(forfeited.holds);
  for (const LeftInHousehold& left : left_) {
    v1::CloseMemberResponse::Left& stays = *response.add_left_with_groups();
    stays.set_group_id(left.group.ToString());
    stays.set_unit(left.unit);
    stays.set_points(left.points);
  }
  return response.SerializeAsString();
}

absl::Status Closings::LoadAll(pg::Tx& tx, absl::Span<Closing* const> set) {
  const ledger::Envelope& any = set.front()->envelope;
  std::vector<MemberId> leaving;
  std::set<MemberId> members;
  for (const Closing* closing : set) {
    leaving.push_back(closing->envelope.member);
    if (!closing->leaving_answer_.empty()) members.insert(closing->envelope.member);
  }
  ASSIGN_OR_RETURN(const std::vector<GroupRow> groups,
                   GroupStore(tx).Read(ledger::PartitionOf(any.program, any.member), leaving));
  for (Closing* closing : set) {
    closing->is_group_ = std::any_of(groups.begin(), groups.end(), [&](const GroupRow& group) {
      return group.id == closing->envelope.member;
    });
    ASSIGN_OR_RETURN(closing->left_, ReadLeftInHouseholds(tx, any.program, closing->envelope.member,
                                                          closing->envelope.now));
  }
  if (members.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<MemberRow> rows,
                   MemberStore(tx).FindAll(ledger::PartitionOf(any.program, any.member),
                                           {members.begin(), members.end()}));
  std::map<MemberId, vault::SealedKey> keys;
  for (const MemberRow& row : rows) keys[row.id] = row.data_key;
  for (Closing* closing : set) closing->data_keys_ = keys;
  return absl::OkStatus();
}

absl::Status Closings::WriteAll(pg::Tx& tx, absl::Span<Closing* const> set) {
  std::vector<SealedAnswer> answers;
  for (const Closing* closing : set) {
    if (closing->leaving_answer_.empty()) continue;
    const MemberId& member = closing->envelope.member;
    const auto key = closing->data_keys_.find(member);
    if (key == closing->data_keys_.end()) {
      return Error(Reason::kBooksDamaged, "the ledger has a member of whom nothing is stored");
    }
    ASSIGN_OR_RETURN(std::string sealed,
                     vault_.Seal(key->second, member.uuid.AsBytes(), closing->leaving_answer_));
    answers.push_back({member, std::move(sealed)});
  }
  const ledger::Envelope& any = set.front()->envelope;
  if (!answers.empty()) {
    MemberStore(tx).UpdateLeavingAnswers(ledger::PartitionOf(any.program, any.member), answers);
  }
  return absl::OkStatus();
}

Reopening::Reopening(const MemberId& member, const TransactionId& transaction)
    : transaction_(transaction) {
  envelope.member = member;
}

absl::StatusOr<std::string> Reopening::Decide(Books& books) {
  ASSIGN_OR_RETURN(const MemberState was, StateOf(books, envelope.member));
  if (was != MemberState::kClosed && was != MemberState::kActive) {
    return ledger::CheckStanding(was, Deed::kSpend);
  }
  RETURN_IF_ERROR(ledger::SetMemberState(books, PostingOf(envelope, transaction_, "reopening"),
                                         MemberState::kActive));
  v1::ReopenMemberResponse response;
  response.set_state(v1::MEMBER_STATE_ACTIVE);
  return response.SerializeAsString();
}

}  // namespace gratis::members
