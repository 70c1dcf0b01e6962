#include "services/members/card_contract.h"

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/cards.pb.h"

namespace gratis::members {
namespace {

static_assert(static_cast<int>(CardState::kIssued) == v1::CARD_STATE_ISSUED &&
              static_cast<int>(CardState::kLinked) == v1::CARD_STATE_LINKED &&
              static_cast<int>(CardState::kLost) == v1::CARD_STATE_LOST &&
              static_cast<int>(CardState::kReplaced) == v1::CARD_STATE_REPLACED);

template <class Request>
absl::StatusOr<CardReference> ReferenceOf(const Request& request) {
  if (request.has_card()) {
    ASSIGN_OR_RETURN(CardName name, ParseCard(request.card(), "card"));
    return CardReference{std::move(name), "card"};
  }
  if (request.card_id().empty()) {
    return FieldError(Reason::kFieldMissing, "card", "which card? Give its number or id");
  }
  const absl::StatusOr<CardId> id = CardId::Parse(request.card_id());
  if (!id.ok()) return InField(id.status(), "card_id");
  return CardReference{*id, "card_id"};
}

}  // namespace

absl::StatusOr<MemberId> ParseMember(const std::string& member_id) {
  absl::StatusOr<MemberId> member = MemberId::Parse(member_id);
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

absl::StatusOr<CardName> ParseCard(const v1::CardNumber& card, std::string_view field) {
  absl::StatusOr<CardName> name = ParseCard(card.issuer(), card.number());
  if (!name.ok()) return InField(name.status(), field);
  return name;
}

absl::StatusOr<CardReference> ReferenceIn(const v1::ReplaceCardRequest& request) {
  return ReferenceOf(request);
}

absl::StatusOr<CardReference> ReferenceIn(const v1::ReportCardLostRequest& request) {
  return ReferenceOf(request);
}

void ToContract(const Card& card, v1::Card& proto) {
  const CardRow& row = card.row;
  proto.set_card_id(row.id.ToString());
  proto.set_number(card.number);
  proto.set_issuer(row.issuer);
  proto.set_state(static_cast<v1::CardState>(row.state));
  if (!row.member.IsNil()) proto.set_member_id(row.member.ToString());
  proto.set_batch(row.batch);
  if (!row.successor.IsNil()) proto.set_successor_card_id(row.successor.ToString());
  rpc::SetTime(row.issued_at, *proto.mutable_issued_at());
  rpc::SetTime(row.changed_at, *proto.mutable_changed_at());
}

}  // namespace gratis::members
