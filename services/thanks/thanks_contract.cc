#include "services/thanks/thanks_contract.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/field_checks.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxSourceLength = 40;
constexpr size_t kMaxOrderIdLength = 128;
constexpr size_t kMaxPartLength = 64;

bool IsSourceName(const std::string& text) {
  return !text.empty() && text.size() <= kMaxSourceLength &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

absl::Status ParseReceipt(const v1::OrderKey& message, std::string_view field, OrderKey& order) {
  const auto part = [&](std::string_view name) {
    return absl::StrCat(base::Abs(field), ".", base::Abs(name));
  };
  if (order.store.empty() || order.till.empty()) {
    return FieldError(Reason::kFieldMissing, part(order.store.empty() ? "store" : "till"),
                      "a receipt is known by its store, its till and its business day");
  }
  if (!message.has_business_date()) {
    return FieldError(Reason::kFieldMissing, part("business_date"),
                      "a receipt is known by its store, its till and its business day");
  }
  ASSIGN_OR_RETURN(order.business_date,
                   rpc::ParseDay(message.business_date(), part("business_date")));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OrderKey> ParseOrderKey(const v1::OrderKey& message, std::string_view field) {
  const auto part = [&](std::string_view name) {
    return absl::StrCat(base::Abs(field), ".", base::Abs(name));
  };
  OrderKey order{.source = message.source(),
                 .order_id = message.order_id(),
                 .store = message.store(),
                 .till = message.till(),
                 .receipt = message.receipt()};
  if (!IsSourceName(order.source)) {
    return FieldError(order.source.empty() ? Reason::kFieldMissing : Reason::kFieldInvalid,
                      part("source"),
                      "the order's source is 1 to 40 of a-z, 0-9, - and _, such as \"webshop\"");
  }
  if (order.order_id.empty() && order.receipt.empty()) {
    return FieldError(Reason::kFieldMissing, part("order_id"),
                      "the order needs its id in the shop, or its receipt");
  }
  if (!order.order_id.empty() && !order.receipt.empty()) {
    return FieldError(Reason::kFieldInvalid, part("receipt"),
                      "an order has one name: its id, or its receipt; say same_as for another");
  }
  RETURN_IF_ERROR(CheckLength(part("order_id"), order.order_id, kMaxOrderIdLength));
  RETURN_IF_ERROR(CheckLength(part("store"), order.store, kMaxPartLength));
  RETURN_IF_ERROR(CheckLength(part("till"), order.till, kMaxPartLength));
  RETURN_IF_ERROR(CheckLength(part("receipt"), order.receipt, kMaxPartLength));
  if (order.is_receipt()) RETURN_IF_ERROR(ParseReceipt(message, field, order));
  return order;
}

void ToContract(const OrderKey& order, v1::OrderKey& message) {
  message.set_source(order.source);
  message.set_order_id(order.order_id);
  message.set_store(order.store);
  message.set_till(order.till);
  if (!order.is_receipt()) return;
  message.set_receipt(order.receipt);
  rpc::SetDay(order.business_date, *message.mutable_business_date());
}

absl::StatusOr<MemberId> ParseMember(const std::string& text, std::string_view field) {
  if (text.empty()) {
    return FieldError(Reason::kFieldMissing, field, "say which member, by their id");
  }
  absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return InField(member.status(), field);
  return member;
}

v1::ThankYou ToContract(const ThankYou& thank_you, const ThankYouTrigger& trigger) {
  v1::ThankYou message;
  message.set_outcome(static_cast<v1::ThankYouOutcome>(thank_you.outcome));
  message.set_why(static_cast<v1::WithheldReason>(thank_you.why));
  message.set_bonus_points(thank_you.bonus_points);
  if (thank_you.outcome == ThanksOutcome::kGiven) message.set_sender(trigger.sender);
  return message;
}

v1::FollowedTrigger ToContract(const Followed& followed) {
  v1::FollowedTrigger message;
  message.set_trigger(followed.trigger);
  message.set_outcome(followed.outcome);
  message.set_sentence(followed.sentence);
  message.set_receipt_line(followed.receipt_line);
  message.set_points(followed.points);
  if (!followed.voucher.IsNil()) message.set_voucher_id(followed.voucher.ToString());
  if (followed.due_at != absl::InfinitePast()) {
    rpc::SetTime(followed.due_at, *message.mutable_due_at());
  }
  return message;
}

}  // namespace gratis::thanks
