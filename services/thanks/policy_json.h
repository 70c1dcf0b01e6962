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

}  // namespace gratis::thanks
