#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/aftermath.h"
#include "services/thanks/purchase.h"
#include "services/thanks/thanks_rules.h"

// Between the contract's messages and the domain's values: orders and what follows from them. See
// also purchase_contract.h, return_contract.h and policy_contract.h.
namespace gratis::thanks {

// `field`: what the key is called in the request, "order". Errors: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG, INVALID_DATE, each with its field.
absl::StatusOr<OrderKey> ParseOrderKey(const v1::OrderKey& order, std::string_view field = "order");
void ToContract(const OrderKey& order, v1::OrderKey& message);

// A member whom the request names in this field. Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<MemberId> ParseMember(const std::string& text, std::string_view field);

v1::ThankYou ToContract(const ThankYou& thank_you, const ThankYouTrigger& trigger);
v1::FollowedTrigger ToContract(const Followed& followed);

template <class Message>
void PutFollowed(const std::vector<Followed>& followed, Message& message) {
  for (const Followed& one : followed) *message.add_followed() = ToContract(one);
}

}  // namespace gratis::thanks
