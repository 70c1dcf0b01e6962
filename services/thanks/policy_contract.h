#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/thanks_rules.h"

namespace gratis::thanks {

// Errors: as CheckPolicy, and FIELD_MISSING.
absl::StatusOr<Policy> ParsePolicy(const v1::ThanksPolicy& policy);
v1::ThanksPolicy ToContract(const Policy& policy);

// Serialized, as it is stored and sent.
std::string PolicyAnswer(const Policy& policy);

}  // namespace gratis::thanks
