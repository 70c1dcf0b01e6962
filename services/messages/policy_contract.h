#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/messages/v1/policy.pb.h"
#include "services/messages/message_policy.h"

// Between the contract's messages and the domain's values. Policies are stored as the contract has
// them.
namespace gratis::messages {

// Errors: as CheckPolicy, and FIELD_MISSING.
absl::StatusOr<MessagingPolicy> ParsePolicy(const v1::SetMessagingPolicyRequest& request);
v1::MessagingPolicy ToContract(const MessagingPolicy& policy);

// What is stored of it: all but its version.
std::string PolicyContentOf(const MessagingPolicy& policy);
// Errors: BOOKS_DAMAGED.
absl::StatusOr<MessagingPolicy> PolicyOf(std::string_view content);

}  // namespace gratis::messages
