#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/thanks/v1/triggers.pb.h"
#include "services/thanks/trigger_rules.h"
#include "services/thanks/trigger_words.h"

// Between what the contract says of triggers and the domain's values.
namespace gratis::thanks {

// Checked. `currency_code`: the program's. Errors: as CheckTrigger, INVALID_ID, INVALID_CURRENCY.
absl::StatusOr<Trigger> ParseTrigger(const v1::Trigger& trigger, std::string_view currency_code);
// A voucher, unchecked but for its currency, whose fields are below `field`. Errors: FIELD_MISSING,
// INVALID_CURRENCY.
absl::StatusOr<TriggerVoucher> ParseVoucher(const v1::TriggerVoucher& voucher,
                                            std::string_view field, std::string_view currency_code);
// Errors: as CheckLimits.
absl::StatusOr<TriggerLimits> ParseLimits(const v1::TriggerLimits& limits);

v1::Trigger ToContract(const Trigger& trigger, std::string_view currency_code);
v1::TriggerVoucher ToContract(const TriggerVoucher& voucher, std::string_view currency_code);
v1::TriggerLimits ToContract(const TriggerLimits& limits);
v1::TriggerResult ToContract(const ToldResult& told, std::string_view currency_code,
                             const absl::TimeZone& zone);

// Serialized answers, as they are stored and sent.
std::string TriggerAnswer(const Trigger& trigger, std::string_view currency_code);
std::string LimitsAnswer(const TriggerLimits& limits);

}  // namespace gratis::thanks
