#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "gratis/thanks/v1/wishes.pb.h"
#include "services/thanks/wish_rules.h"

// Between what the contract says of wishes and the domain's values.
namespace gratis::thanks {

// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_ID, each with its field.
absl::StatusOr<Wish> ParseWish(const v1::NoteWishRequest& request, absl::Time now);
absl::StatusOr<WishKey> ParseWishKey(const v1::WithdrawWishRequest& request);
absl::StatusOr<Restock> ParseRestock(const v1::RecordRestockRequest& request, absl::Time now);
// `text`: of the field member_id.
absl::StatusOr<MemberId> ParseWisher(const std::string& text);

// As it is at `now`.
v1::Wish ToContract(const Wish& wish, absl::Time now);

// Serialized answers, as they are stored and sent.
std::string NotedAnswer(const Wish& wish, absl::Time now);
std::string WithdrawnAnswer(bool waited);
std::string RestockedAnswer(int64_t waiting);

}  // namespace gratis::thanks
