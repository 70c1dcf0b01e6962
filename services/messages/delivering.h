#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "common/app/module.h"
#include "services/messages/address_guard.h"
#include "services/messages/delivery_service.h"
#include "services/messages/dispatcher.h"
#include "services/messages/letter.h"
#include "services/messages/outbox.h"
#include "services/messages/subscription_follower.h"
#include "services/messages/suppression_service.h"
#include "services/messages/webhook_service.h"

namespace gratis::messages {

// How what is said goes out: the line, those who send, webhooks, the suppression list.
class Delivering {
 public:
  // All arguments outlive it.
  Delivering(app::House& house, Outbox& outbox, Letters& letters)
      : house_(house), outbox_(outbox), letters_(letters) {}

  // Errors: CONFIG_INVALID.
  absl::Status Start();
  std::vector<grpc::Service*> services();
  void Stop();

 private:
  absl::StatusOr<std::vector<std::unique_ptr<Channel>>> Channels();
  void Suppress(const Parcel& bounced);
  absl::Status Forget(const ledger::Program& program);

  app::House& house_;
  Outbox& outbox_;
  Letters& letters_;
  std::optional<AddressGuard> guard_;
  std::optional<Dispatcher> dispatcher_;
  std::optional<SubscriptionFollower> follower_;
  std::optional<WebhookService> webhooks_;
  std::optional<DeliveryService> deliveries_;
  std::optional<SuppressionService> suppressions_;
  SuppressionChanges bounces_;
};

}  // namespace gratis::messages
