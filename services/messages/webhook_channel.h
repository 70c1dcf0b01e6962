#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "services/messages/address_guard.h"
#include "services/messages/channel.h"

namespace gratis::messages {

struct WebhookOptions {
  std::string secret_key;                    // the vault's "webhook-secret"
  std::string ca_path;                       // empty: the system's certificates
  absl::Duration limit = absl::Seconds(15);  // of an attempt, all in all
};

// Webhooks: one POST each, signed as Standard Webhooks has it. Anything but a 2xx within the limit
// is a failure; redirects are not followed; where a name leads is checked when it is connected to.
// `clock`, the real one, and `guard` outlive the channel.
std::unique_ptr<Channel> MakeWebhookChannel(WebhookOptions options, const AddressGuard& guard,
                                            const base::Clock& clock);

}  // namespace gratis::messages
