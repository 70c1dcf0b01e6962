#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/thanks/thanks_rules.h"

namespace gratis::thanks {

// A policy as its table keeps it, without its version and when it begins.
std::string BodyOf(const Policy& policy);
// Errors: INTERNAL, if it is not readable.
absl::StatusOr<Policy> ReadPolicyBody(std::string_view body);

// The rules as one JSON array: all that they say.
std::string RulesJson(const EarningRule& earning);
// What waits for a delivery, and how long, as one JSON object; empty if nothing does.
std::string PendingJson(const PendingRule& pending);

}  // namespace gratis::thanks
