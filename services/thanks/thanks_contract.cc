#include "services/thanks/thanks_contract.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxSourceLength = 40;
constexpr size_t kMaxOrderIdLength = 128;

bool IsSourceName(const std::string& text) {
  return !text.empty() && text.size() <= kMaxSourceLength &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

}  // namespace

absl::Status CheckOrderKey(const v1::OrderKey& order) {
  if (!IsSourceName(order.source())) {
    return FieldError(order.source().empty() ? Reason::kFieldMissing : Reason::kFieldInvalid,
                      "order.source",
                      "the order's source is 1 to 40 of a-z, 0-9, - and _, such as \"webshop\"");
  }
  if (order.order_id().empty()) {
    return FieldError(Reason::kFieldMissing, "order.order_id",
                      "the order needs its id in the shop");
  }
  if (base::CodePoints(order.order_id()) > kMaxOrderIdLength) {
    return FieldError(Reason::kFieldTooLong, "order.order_id",
                      absl::StrCat("an order id may have ", kMaxOrderIdLength, " characters"));
  }
  return absl::OkStatus();
}

absl::StatusOr<MemberId> ParseMember(const v1::ListPurchasesRequest& request) {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "say whose purchases are asked for");
  }
  absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

absl::StatusOr<PurchaseOrder> ParsePurchase(const v1::RecordPurchaseRequest& request,
                                            absl::Time now) {
  RETURN_IF_ERROR(CheckOrderKey(request.order()));
  PurchaseOrder order{.source = request.order().source(),
                      .order_id = request.order().order_id(),
                      .item_count = request.item_count(),
                      .purchased_at = now};
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "a purchase needs the member who bought");
  }
  absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  order.member = *member;
  if (!request.has_total()) {
    return FieldError(Reason::kFieldMissing, "total", "a purchase needs the amount paid");
  }
  ASSIGN_OR_RETURN(order.total, rpc::ParseMoney(request.total(), "total"));
  if (order.total.minor_units < 0) {
    return FieldError(Reason::kInvalidAmount, "total.minor_units",
                      "the amount paid is 0 or more; a return is no purchase");
  }
  if (order.item_count < 0) {
    return FieldError(Reason::kFieldInvalid, "item_count", "a number of items is 0 or more");
  }
  if (request.has_purchased_at()) {
    ASSIGN_OR_RETURN(order.purchased_at, rpc::ParseTime(request.purchased_at(), "purchased_at"));
  }
  if (!request.organization_id().empty()) {
    absl::StatusOr<MemberId> organization = MemberId::Parse(request.organization_id());
    if (!organization.ok()) return InField(organization.status(), "organization_id");
    order.organization = *organization;
  }
  return order;
}

absl::StatusOr<Policy> ParsePolicy(const v1::ThanksPolicy& message) {
  if (!message.has_earning() || !message.has_thank_you()) {
    return FieldError(Reason::kFieldMissing,
                      message.has_earning() ? "policy.thank_you" : "policy.earning",
                      "a policy says both how purchases earn and how they are thanked for");
  }
  Policy policy;
  policy.earning.rounding = static_cast<Rounding>(message.earning().rounding());
  for (const v1::EarningRate& rate : message.earning().rates()) {
    policy.earning.rates.push_back({rate.currency_code(), rate.points_per_unit()});
  }
  const v1::ThankYouTrigger& trigger = message.thank_you();
  policy.thank_you = {.enabled = trigger.enabled(),
                      .sender = trigger.sender(),
                      .note = trigger.note(),
                      .bonus_points = trigger.bonus_points(),
                      .max_age_days = trigger.max_age_days()};
  RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

v1::ThankYou ToContract(const ThankYou& thank_you, const ThankYouTrigger& trigger) {
  v1::ThankYou message;
  message.set_outcome(static_cast<v1::ThankYouOutcome>(thank_you.outcome));
  message.set_why(static_cast<v1::WithheldReason>(thank_you.why));
  message.set_bonus_points(thank_you.bonus_points);
  if (thank_you.outcome == ThanksOutcome::kGiven) message.set_sender(trigger.sender);
  return message;
}

v1::ThanksPolicy ToContract(const Policy& policy) {
  v1::ThanksPolicy message;
  message.set_version(policy.version);
  message.mutable_earning()->set_rounding(static_cast<v1::Rounding>(policy.earning.rounding));
  for (const EarningRate& rate : policy.earning.rates) {
    v1::EarningRate& out = *message.mutable_earning()->add_rates();
    out.set_currency_code(rate.currency_code);
    out.set_points_per_unit(rate.points_per_unit);
  }
  v1::ThankYouTrigger& trigger = *message.mutable_thank_you();
  trigger.set_enabled(policy.thank_you.enabled);
  trigger.set_sender(policy.thank_you.sender);
  trigger.set_note(policy.thank_you.note);
  trigger.set_bonus_points(policy.thank_you.bonus_points);
  trigger.set_max_age_days(policy.thank_you.max_age_days);
  return message;
}

v1::Purchase ToContract(const Purchase& purchase, const ThankYouTrigger& trigger) {
  v1::Purchase message;
  message.set_purchase_id(purchase.id.ToString());
  message.mutable_order()->set_source(purchase.source);
  message.mutable_order()->set_order_id(purchase.order_id);
  message.set_member_id(purchase.member.ToString());
  rpc::SetMoney(purchase.total, *message.mutable_total());
  message.set_item_count(purchase.item_count);
  rpc::SetTime(purchase.purchased_at, *message.mutable_purchased_at());
  rpc::SetTime(purchase.recorded_at, *message.mutable_recorded_at());
  v1::EarningTrace& earning = *message.mutable_earning();
  earning.set_points(purchase.earning.points);
  earning.set_policy_version(purchase.earning.policy_version);
  rpc::SetMoney(purchase.total, *earning.mutable_base());
  earning.set_points_per_unit(purchase.earning.points_per_unit);
  earning.set_rounding(static_cast<v1::Rounding>(purchase.earning.rounding));
  earning.set_note(purchase.earning.note);
  *message.mutable_thank_you() = ToContract(purchase.thank_you, trigger);
  message.set_transaction_id(purchase.transaction.ToString());
  return message;
}

std::string PurchaseAnswer(const Purchase& purchase, const ThankYouTrigger& trigger,
                           std::optional<int64_t> available_points, int64_t organization_points,
                           bool validate_only) {
  v1::RecordPurchaseResponse response;
  if (!validate_only) response.set_purchase_id(purchase.id.ToString());
  response.set_points(purchase.earning.points);
  if (available_points) response.set_available_points(*available_points);
  *response.mutable_thank_you() = ToContract(purchase.thank_you, trigger);
  response.set_organization_points(organization_points);
  return response.SerializeAsString();
}

std::string PolicyAnswer(const Policy& policy) {
  v1::SetThanksPolicyResponse response;
  *response.mutable_policy() = ToContract(policy);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
