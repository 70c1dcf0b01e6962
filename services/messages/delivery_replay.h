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
// The journal says that somebody did so, about the member whom the one delivery goes to or is
// about; nothing when there was nothing to send.
class DeliveryReplay final : public ledger::Mutation {
 public:
  static constexpr int32_t kMostReplayed = 10'000;
  using Answer = std::function<std::string(int64_t deliveries)>;

  // `id`: of the transaction, in whatever partition that will be.
  DeliveryReplay(DeliveryKey delivery, const Uuid& id, Answer answer);
  DeliveryReplay(SubscriptionId subscription, const Uuid& id, Answer answer);

  // Errors: DELIVERY_NOT_FOUND, DELIVERY_NOT_DEAD; SUBSCRIPTION_NOT_FOUND.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class DeliveryReplays;

  absl::Status PostFact(ledger::Books& books, const MemberId& about, std::string source,
                        std::string detail) const;

  const std::optional<DeliveryKey> delivery_;
  const SubscriptionId subscription_;
  const Uuid id_;
  const Answer answer_;
  // Loaded:
  std::optional<DeliveryState> state_;  // of the delivery
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
