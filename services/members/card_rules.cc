#include "services/members/card_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/status/reasons.h"
#include "services/members/card_number.h"

namespace gratis::members {
namespace {

constexpr size_t kMaxBatchBytes = 40;

absl::Status Unlinked() {
  return Error(Reason::kCardNotLinked, "this card belongs to nobody yet; link it to a member");
}

absl::Status Lost() {
  return Error(
      Reason::kCardLost,
      "this card was reported lost; find the member in another way, and give them another");
}

absl::Status Replaced() {
  return Error(Reason::kCardReplaced, "this card was replaced; the one in its place counts");
}

}  // namespace

absl::Status CheckBatch(std::string_view batch) {
  const auto allowed = [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
  };
  if (batch.empty()) {
    return FieldError(Reason::kFieldMissing, "batch", "say what these cards are known by");
  }
  if (batch.size() <= kMaxBatchBytes && std::all_of(batch.begin(), batch.end(), allowed)) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldInvalid, "batch",
                    "a batch is 1 to 40 of a-z, 0-9, - and _, such as 2027-box-7");
}

absl::Status CheckCount(int32_t count) {
  if (count >= 1 && count <= kMaxCardsAtOnce) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "count", "1 to 1,000 cards are made at once");
}

absl::StatusOr<int16_t> CompletePrefix(int32_t prefix) {
  if (prefix == 0) return static_cast<int16_t>(kFirstCardPrefix);
  if (prefix >= kFirstCardPrefix && prefix <= kLastCardPrefix) return static_cast<int16_t>(prefix);
  return FieldError(Reason::kFieldInvalid, "prefix",
                    "what GS1 keeps free for use within a shop begins with 20 to 29");
}

absl::StatusOr<MemberId> HolderOf(const CardRow& card) {
  switch (card.state) {
    case CardState::kIssued:
      return Unlinked();
    case CardState::kLinked:
      return card.member;
    case CardState::kLost:
      return Lost();
    case CardState::kReplaced:
      return Replaced();
  }
  return Error(Reason::kBooksDamaged, "a card is in no known state");
}

absl::StatusOr<bool> MustLink(const CardRow& card, const MemberId& member, std::string_view field) {
  if (card.state == CardState::kIssued) return true;
  const absl::StatusOr<MemberId> holder = HolderOf(card);
  if (!holder.ok()) return holder.status();
  if (*holder == member) return false;
  return InField(Error(Reason::kIdentifierTaken, "another member has this card",
                       {{"field", std::string(field)}, {"member_id", holder->ToString()}}),
                 field);
}

absl::StatusOr<bool> MustReport(const CardRow& card) {
  if (card.state == CardState::kReplaced) return Replaced();
  return card.state != CardState::kLost;
}

absl::StatusOr<MemberId> ReplacedFor(const CardRow& card) {
  if (card.state == CardState::kReplaced) return Replaced();
  if (card.member.IsNil()) return Unlinked();
  return card.member;
}

}  // namespace gratis::members
