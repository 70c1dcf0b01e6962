#include "services/messages/delivery_replay.h"

#include <utility>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/subscriptions.h"

namespace gratis::messages {

absl::Status NoSuchDelivery() {
  return FieldError(Reason::kDeliveryNotFound, "delivery_id",
                    "there is no such delivery, or its log is not kept any more");
}

DeliveryReplay::DeliveryReplay(DeliveryKey delivery, Answer answer)
    : delivery_(delivery), answer_(std::move(answer)) {}

DeliveryReplay::DeliveryReplay(SubscriptionId subscription, Answer answer)
    : subscription_(subscription), answer_(std::move(answer)) {}

absl::StatusOr<std::string> DeliveryReplay::Decide(ledger::Books&) {
  if (!delivery_) {
    if (!subscription_found_) return NoSuchSubscription(subscription_);
    return answer_(std::ssize(dead_));
  }
  if (!status_) return NoSuchDelivery();
  if (*status_ != DeliveryStatus::kDead) {
    return FieldError(Reason::kDeliveryNotDead, "delivery_id",
                      *status_ == DeliveryStatus::kDelivered ? "this delivery arrived"
                                                             : "this delivery is under way");
  }
  return answer_(1);
}

absl::Status DeliveryReplays::LoadAll(pg::Tx& tx, absl::Span<DeliveryReplay* const> set) {
  for (DeliveryReplay* replay : set) {
    const int32_t program = replay->envelope.program.number;
    replay->dead_.clear();
    replay->status_.reset();
    if (replay->delivery_) {
      ASSIGN_OR_RETURN(const auto found, ReadDelivery(tx, program, *replay->delivery_));
      if (found) replay->status_ = found->state.state;
      replay->dead_ = {*replay->delivery_};
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<Subscription> found,
                     ReadSubscriptions(tx, {replay->subscription_}));
    replay->subscription_found_ =
        !found.empty() && !found.front().deleted_at && found.front().program == program;
    ASSIGN_OR_RETURN(replay->dead_, LockDead(tx, program, replay->subscription_.uuid,
                                             DeliveryReplay::kMostReplayed));
  }
  return absl::OkStatus();
}

absl::Status DeliveryReplays::WriteAll(pg::Tx& tx, absl::Span<DeliveryReplay* const> set) {
  const absl::Time now = clock_.Now();
  for (const DeliveryReplay* replay : set) Revive(tx, replay->dead_, now, now + kTryingLimit);
  return absl::OkStatus();
}

}  // namespace gratis::messages
