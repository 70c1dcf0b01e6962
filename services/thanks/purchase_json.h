#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/thanks/purchase.h"
#include "services/thanks/return_rules.h"

// Purchases and returns as their tables keep what has no column of its own. No personal data.
namespace gratis::thanks {

// What there is of a purchase beyond a mere total; nothing if that is all.
std::optional<std::string> MoreOf(const Purchase& purchase);
// Errors: INTERNAL, if that is not readable.
absl::Status ReadMore(std::optional<std::string_view> more, Purchase& purchase);

// The whole of a purchase that nobody has claimed yet, but for its id.
std::string WholeOf(const Purchase& purchase);
absl::Status ReadWhole(std::string_view body, Purchase& purchase);

// What came back with a return, and what it brought back.
std::string BodyOf(const Return& came);
absl::Status ReadBody(std::string_view body, Return& came);

// The whole of a return that waits for its purchase.
std::string WholeOf(const Return& came);
absl::Status ReadWhole(std::string_view body, Return& came);
// The same of a delivery that does; nothing if it is none.
std::string DeliveredOf(absl::Time delivered_at);
std::optional<absl::Time> ReadDelivered(std::string_view body);

}  // namespace gratis::thanks
