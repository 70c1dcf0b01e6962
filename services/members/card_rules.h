#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"

// What becomes of a card: values in, values out.
namespace gratis::members {

inline constexpr int kMaxCardsAtOnce = 1000;

// Stored; the contract's CardState has the same numbers.
enum class CardState : int16_t {
  kIssued = 1,
  kLinked = 2,
  kLost = 3,
  kReplaced = 4,
};

// A card as stored. All of a program's live in its first partition, since they are there before
// anybody has them.
struct CardRow {
  CardId id;
  int16_t prefix = 0;  // of our numbers; 0: another issuer's
  std::string issuer;
  std::string sealed_number;  // another issuer's, under its member's data key
  std::string batch;
  CardState state = CardState::kIssued;
  MemberId member;  // nil: nobody's
  CardId successor;
  absl::Time issued_at;
  absl::Time changed_at;

  friend bool operator==(const CardRow&, const CardRow&) = default;
};

// 1 to 40 of a-z, 0-9, - and _. Errors: FIELD_MISSING, FIELD_INVALID.
absl::Status CheckBatch(std::string_view batch);
// Errors: FIELD_INVALID, each with its field in IssueCardsRequest.
absl::Status CheckCount(int32_t count);
// `prefix`, or the usual one if 0. Errors: FIELD_INVALID.
absl::StatusOr<int16_t> CompletePrefix(int32_t prefix);

// Whom a card leads to. Errors: CARD_NOT_LINKED, CARD_LOST, CARD_REPLACED.
absl::StatusOr<MemberId> HolderOf(const CardRow& card);

// Whether there is anything to do to link a card to a member. Errors: IDENTIFIER_TAKEN (metadata:
// field, member_id), CARD_LOST, CARD_REPLACED.
absl::StatusOr<bool> MustLink(const CardRow& card, const MemberId& member, std::string_view field);

// Whether there is anything to do to report a card lost. Errors: CARD_REPLACED.
absl::StatusOr<bool> MustReport(const CardRow& card);

// Whose card is replaced. Errors: CARD_NOT_LINKED, CARD_REPLACED.
absl::StatusOr<MemberId> ReplacedFor(const CardRow& card);

}  // namespace gratis::members
