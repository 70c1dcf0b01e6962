#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "services/birthdays/birthday_rules.h"

// Gifts between the contract's messages, the tables' JSON of them, and the domain's values. Money
// is always in the program's currency, so the domain's values do not name it.
namespace gratis::birthdays {

// What is written, as it is written; whether it may be given is for CheckOffer to say. Errors name
// fields below `field`: FIELD_MISSING, FIELD_INVALID (one option is no choice), INVALID_CURRENCY,
// INVALID_ID.
absl::StatusOr<Offer> ParseGift(const v1::Gift& gift, std::string_view currency_code,
                                const std::string& field);

v1::Gift ToContract(const Offer& offer, std::string_view currency_code);
v1::GiftOption OptionOf(const Present& present, std::string_view currency_code);

// What a policy gives, as it is kept: the contract's message with `gift` and `tier_gifts` alone.
std::string GiftsJson(const Policy& policy, std::string_view currency_code);
// Errors: BOOKS_DAMAGED.
absl::Status ReadGiftsJson(std::string_view json, std::string_view currency_code, Policy& policy);

// A choice, as it is kept. Errors: BOOKS_DAMAGED.
std::string OfferJson(const Offer& offer, std::string_view currency_code);
absl::StatusOr<Offer> ReadOfferJson(std::string_view json, std::string_view currency_code);

}  // namespace gratis::birthdays
