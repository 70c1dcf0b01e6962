#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/members/cards.h"

// Between what the contract says of cards and what the rules work on.
namespace gratis::members {

namespace v1 {
class Card;
class CardNumber;
class IssueCardsRequest;
class ReplaceCardRequest;
class ReportCardLostRequest;
}  // namespace v1

// Errors: INVALID_ID (member_id).
absl::StatusOr<MemberId> ParseMember(const std::string& member_id);

// Errors: INVALID_CARD, FIELD_INVALID, as errors of `field`.
absl::StatusOr<CardName> ParseCard(const v1::CardNumber& card, std::string_view field);

// The card that a request names. Errors: FIELD_MISSING, INVALID_ID, and those of ParseCard.
absl::StatusOr<CardReference> ReferenceIn(const v1::ReplaceCardRequest& request);
absl::StatusOr<CardReference> ReferenceIn(const v1::ReportCardLostRequest& request);

void ToContract(const Card& card, v1::Card& proto);

}  // namespace gratis::members
