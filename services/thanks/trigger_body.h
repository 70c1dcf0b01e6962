#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/thanks/trigger_rules.h"

// A trigger as the database keeps it: one JSON object, without code, version and time.
namespace gratis::thanks {

std::string TriggerBody(const Trigger& trigger);
// Errors: INTERNAL, when it is not one.
absl::StatusOr<Trigger> ParseTriggerBody(std::string_view body);

// A voucher of one, for whoever keeps such vouchers.
std::string VoucherBody(const TriggerVoucher& voucher);
absl::StatusOr<TriggerVoucher> ParseVoucherBody(std::string_view body);

// What the journal says of a trigger that was set: its figures and codes; no names, no words.
std::string TriggerFigures(const Trigger& trigger);

}  // namespace gratis::thanks
