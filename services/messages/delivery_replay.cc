#include "services/messages/delivery_replay.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/subscriptions.h"

namespace gratis::messages {
namespace {

// {"deliveries":1,"channel":2,"subscription":"whk_…"}; of what goes to a member, the message.
std::string ReplayedJson(const DeliveryState& delivery) {
  const bool webhook = delivery.channel == ChannelKind::kWebhook;
  const std::string of = webhook ? SubscriptionId{delivery.endpoint}.ToString()
                                 : MessageId{delivery.message}.ToString();
  return absl::StrCat("{\"deliveries\":1,\"channel\":", static_cast<int>(delivery.channel),
                      webhook ? ",\"subscription\":" : ",\"message\":", base::JsonString(of), "}");
}

}  // namespace

absl::Status NoSuchDelivery() {
  return FieldError(Reason::kDeliveryNotFound, "delivery_id",
                    "there is no such delivery, or its log is not kept any more");
}

DeliveryReplay::DeliveryReplay(DeliveryKey delivery, const Uuid& id, Answer answer)
    : delivery_(delivery), id_(id), answer_(std::move(answer)) {
  // It is in the partition of the member it is about, and what is about none is said in the first.
  envelope.partition = delivery.partition;
  envelope.also.push_back(MemberId{});
}

DeliveryReplay::DeliveryReplay(SubscriptionId subscription, const Uuid& id, Answer answer)
    : subscription_(subscription), id_(id), answer_(std::move(answer)) {}

absl::Status DeliveryReplay::PostFact(ledger::Books& books, const MemberId& about,
                                      std::string source, std::string detail) const {
  return books
      .Post({.kind = ledger::FactKind::kDeliveriesReplayed,
             .transaction = ledger::Beside(envelope.program, about, TransactionId{id_}),
             .member = about,
             .effective_at = books.recorded_at(),
             .source = std::move(source),
             .detail = std::move(detail)})
      .status();
}

absl::StatusOr<std::string> DeliveryReplay::Decide(ledger::Books& books) {
  if (!delivery_) {
    if (!subscription_found_) return NoSuchSubscription(subscription_);
    const int64_t count = std::ssize(dead_);
    if (count > 0) {
      RETURN_IF_ERROR(PostFact(books, MemberId(), subscription_.ToString(),
                               absl::StrCat("{\"deliveries\":", count, "}")));
    }
    return answer_(count);
  }
  if (!state_) return NoSuchDelivery();
  if (state_->state != DeliveryStatus::kDead) {
    return FieldError(Reason::kDeliveryNotDead, "delivery_id",
                      state_->state == DeliveryStatus::kDelivered ? "this delivery arrived"
                                                                  : "this delivery is under way");
  }
  const MemberId about = books.PostsFor(state_->member) ? state_->member : MemberId();
  RETURN_IF_ERROR(
      PostFact(books, about, DeliveryId{delivery_->delivery}.ToString(), ReplayedJson(*state_)));
  return answer_(1);
}

absl::Status DeliveryReplays::LoadAll(pg::Tx& tx, absl::Span<DeliveryReplay* const> set) {
  for (DeliveryReplay* replay : set) {
    const int32_t program = replay->envelope.program.number;
    replay->dead_.clear();
    replay->state_.reset();
    if (replay->delivery_) {
      ASSIGN_OR_RETURN(const auto found, ReadDelivery(tx, program, *replay->delivery_));
      if (found) replay->state_ = found->state;
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
