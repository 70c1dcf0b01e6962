#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/ledger/mutation.h"
#include "services/messages/delivery_store.h"
#include "services/messages/subscription_store.h"

namespace gratis::messages {

// What was given up, sent again: one delivery, or all of a subscription's, at most kMostReplayed.
// It is no fact of the books, which record what happened and not what was tried.
class DeliveryReplay final : public ledger::Mutation {
 public:
  static constexpr int32_t kMostReplayed = 10'000;
  using Answer = std::function<std::string(int64_t deliveries)>;

  DeliveryReplay(DeliveryKey delivery, Answer answer);
  DeliveryReplay(SubscriptionId subscription, Answer answer);

  // Errors: DELIVERY_NOT_FOUND, DELIVERY_NOT_DEAD; SUBSCRIPTION_NOT_FOUND.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class DeliveryReplays;

  const std::optional<DeliveryKey> delivery_;
  const SubscriptionId subscription_;
  const Answer answer_;
  // Loaded:
  std::optional<DeliveryStatus> status_;  // of the delivery
  bool subscription_found_ = false;
  std::vector<DeliveryKey> dead_;
};

class DeliveryReplays final : public ledger::KindOf<DeliveryReplay> {
 public:
  // `clock` is the real one.
  explicit DeliveryReplays(const base::Clock& clock) : clock_(clock) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<DeliveryReplay* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<DeliveryReplay* const> set) override;

 private:
  const base::Clock& clock_;
};

absl::Status NoSuchDelivery();

}  // namespace gratis::messages
