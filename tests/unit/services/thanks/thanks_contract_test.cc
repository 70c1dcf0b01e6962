#include "services/thanks/thanks_contract.h"

#include <gtest/gtest.h>

#include <functional>

#include "common/base/ids.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

v1::RecordPurchaseRequest GoodRequest() {
  v1::RecordPurchaseRequest request;
  request.mutable_order()->set_source("webshop");
  request.mutable_order()->set_order_id("1001");
  request.set_member_id(MemberId{Uuid{{1}}}.ToString());
  request.mutable_total()->set_currency_code("USD");
  request.mutable_total()->set_minor_units(1177);
  return request;
}

TEST(ParsePurchase, WhatIsLeftOutIsNow) {
  const absl::StatusOr<PurchaseOrder> order = ParsePurchase(GoodRequest(), kNow);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->purchased_at, kNow);
  EXPECT_EQ(order->total, (base::Money{"USD", 1177}));
}

TEST(ParsePurchase, NamesTheFieldThatIsWrong) {
  struct Case {
    std::string field;
    Reason reason;
    std::function<void(v1::RecordPurchaseRequest&)> spoil;
  };
  const std::vector<Case> cases = {
      {"order.source", Reason::kFieldMissing, [](auto& r) { r.clear_order(); }},
      {"order.source", Reason::kFieldInvalid,
       [](auto& r) { r.mutable_order()->set_source("Web Shop"); }},
      {"order.order_id", Reason::kFieldMissing,
       [](auto& r) { r.mutable_order()->clear_order_id(); }},
      {"order.order_id", Reason::kFieldTooLong,
       [](auto& r) { r.mutable_order()->set_order_id(std::string(129, '1')); }},
      {"member_id", Reason::kFieldMissing, [](auto& r) { r.clear_member_id(); }},
      {"member_id", Reason::kInvalidId, [](auto& r) { r.set_member_id("mem_1"); }},
      {"total", Reason::kFieldMissing, [](auto& r) { r.clear_total(); }},
      {"total.currency_code", Reason::kInvalidCurrency,
       [](auto& r) { r.mutable_total()->set_currency_code("usd"); }},
      {"total.minor_units", Reason::kInvalidAmount,
       [](auto& r) { r.mutable_total()->set_minor_units(-1); }},
      {"item_count", Reason::kFieldInvalid, [](auto& r) { r.set_item_count(-1); }},
      {"purchased_at", Reason::kFieldInvalid,
       [](auto& r) { r.mutable_purchased_at()->set_nanos(-1); }},
  };
  for (const Case& bad : cases) {
    v1::RecordPurchaseRequest request = GoodRequest();
    bad.spoil(request);
    const absl::Status status = ParsePurchase(request, kNow).status();
    EXPECT_EQ(ReasonOf(status), bad.reason) << bad.field << ": " << status;
    EXPECT_EQ(FieldOf(status), bad.field);
  }
}

TEST(ThanksPolicy, ComesBackAsItWasGiven) {
  v1::ThanksPolicy message;
  v1::EarningRate& rate = *message.mutable_earning()->add_rates();
  rate.set_currency_code("CHF");
  rate.set_points_per_unit(2);
  message.mutable_earning()->set_rounding(v1::ROUNDING_HALF_UP);
  message.mutable_thank_you()->set_enabled(true);
  message.mutable_thank_you()->set_sender("Anna Keller, founder");
  message.mutable_thank_you()->set_note("How was it?");
  message.mutable_thank_you()->set_bonus_points(10);
  message.mutable_thank_you()->set_max_age_days(3);
  const absl::StatusOr<Policy> policy = ParsePolicy(message);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(ToContract(*policy).SerializeAsString(), message.SerializeAsString());
}

}  // namespace
}  // namespace gratis::thanks
