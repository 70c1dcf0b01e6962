#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/ids.h"

// Standard Webhooks (standard-webhooks/spec, v1): how a receiver knows that a webhook is ours.
namespace gratis::messages {

// The secret of a subscription in its n-th generation, from 1: "whsec_" and 32 bytes in base 64. It
// follows from `key` (32 bytes, derived by the vault under the label "webhook-secret"), so it is
// kept nowhere.
std::string WebhookSecret(std::string_view key, const Uuid& subscription, int32_t generation);

// "v1," and the signature in base 64: HMAC-SHA-256, under what the secret's base 64 says, over the
// id, the time in Unix seconds and the body, with dots between.
std::string WebhookSignature(std::string_view secret, std::string_view id, int64_t timestamp,
                             std::string_view body);

}  // namespace gratis::messages
