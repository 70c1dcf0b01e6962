#include "services/thanks/thanks_contract.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <vector>

#include "common/base/ids.h"
#include "common/status/reasons.h"
#include "services/thanks/policy_contract.h"
#include "services/thanks/purchase_contract.h"
#include "services/thanks/return_contract.h"

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
      {"order.order_id", Reason::kFieldMissing,
       [](auto& r) {
         r.mutable_order()->set_store("z");
         r.mutable_order()->clear_order_id();
       }},
      {"order.receipt", Reason::kFieldInvalid,
       [](auto& r) { r.mutable_order()->set_receipt("17"); }},
      {"lines.quantity", Reason::kFieldInvalid, [](auto& r) { r.add_lines(); }},
      {"lines.tax_minor", Reason::kFieldInvalid,
       [](auto& r) {
         r.add_lines()->set_quantity(1);
         r.mutable_lines(0)->set_tax_minor(-1);
       }},
      {"lines", Reason::kFieldInvalid,
       [](auto& r) {
         for (int i = 0; i <= 500; ++i) r.add_lines();
       }},
      {"payments.tender", Reason::kFieldMissing, [](auto& r) { r.add_payments(); }},
      {"payments.amount_minor", Reason::kFieldInvalid,
       [](auto& r) {
         r.add_payments()->set_tender("card");
         r.mutable_payments(0)->set_amount_minor(-1);
       }},
      {"payments.hold_id", Reason::kInvalidId,
       [](auto& r) {
         r.add_payments()->set_tender("points");
         r.mutable_payments(0)->set_hold_id("hld_1");
       }},
      {"channel", Reason::kFieldInvalid, [](auto& r) { r.set_channel("The Web"); }},
      {"staff_member_id", Reason::kInvalidId, [](auto& r) { r.set_staff_member_id("Anna"); }},
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

TEST(ParsePurchase, AReceiptIsKnownByStoreTillAndDay) {
  v1::RecordPurchaseRequest request = GoodRequest();
  v1::OrderKey& order = *request.mutable_order();
  order.clear_order_id();
  order.set_receipt("17");
  EXPECT_EQ(FieldOf(ParsePurchase(request, kNow).status()), "order.store");
  order.set_store("zurich");
  EXPECT_EQ(FieldOf(ParsePurchase(request, kNow).status()), "order.till");
  order.set_till("3");
  EXPECT_EQ(FieldOf(ParsePurchase(request, kNow).status()), "order.business_date");
  order.mutable_business_date()->set_year(2026);
  order.mutable_business_date()->set_month(11);
  order.mutable_business_date()->set_day(28);
  const absl::StatusOr<PurchaseOrder> parsed = ParsePurchase(request, kNow);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  v1::OrderKey again;
  ToContract(parsed->order, again);
  EXPECT_EQ(again.SerializeAsString(), order.SerializeAsString());
}

TEST(OrderKey, NoTwoOrdersHaveTheSameName) {
  const OrderKey order{.source = "pos", .order_id = "a"};
  const OrderKey receipt{.source = "pos",
                         .store = "a",
                         .till = "b",
                         .business_date = absl::CivilDay(2026, 11, 28),
                         .receipt = "c"};
  OrderKey shifted = receipt;
  shifted.store = "a1:";
  shifted.till = "";
  OrderKey next_day = receipt;
  ++next_day.business_date;
  EXPECT_EQ(NameOf(order), "pos/a");
  const std::set<std::string> names = {NameOf(order), NameOf(receipt), NameOf(shifted),
                                       NameOf(next_day)};
  EXPECT_EQ(names.size(), 4u);
}

TEST(ParsePurchase, WhoeverHasNoCardHasNoPointsToPayWith) {
  v1::RecordPurchaseRequest request = GoodRequest();
  request.clear_member_id();
  ASSERT_TRUE(ParsePurchase(request, kNow).ok());
  v1::PurchasePayment& payment = *request.add_payments();
  payment.set_tender("points");
  payment.set_transaction_id(TransactionId{Uuid{{1}}}.ToString());
  EXPECT_EQ(FieldOf(ParsePurchase(request, kNow).status()), "payments");
}

TEST(KeepForMember, LeavesOutWhoRangIt) {
  Purchase rung;
  rung.member = MemberId{Uuid{{1}}};
  rung.staff = "till-7";
  rung.staff_member = MemberId{Uuid{{2}}};
  v1::Purchase purchase = ToContract(rung, ThankYouTrigger());
  ASSERT_EQ(purchase.staff_id(), "till-7");
  ASSERT_NE(purchase.staff_member_id(), "");
  KeepForMember(purchase);
  EXPECT_EQ(purchase.staff_id(), "");
  EXPECT_EQ(purchase.staff_member_id(), "");
  EXPECT_EQ(purchase.member_id(), MemberId{Uuid{{1}}}.ToString());
}

TEST(ParseReturn, SaysInOneWayWhatCameBack) {
  v1::RecordReturnRequest request;
  *request.mutable_order() = GoodRequest().order();
  EXPECT_EQ(FieldOf(ParseReturn(request, kNow).status()), "return_id");
  request.set_return_id("r1");
  EXPECT_EQ(ReasonOf(ParseReturn(request, kNow).status()), Reason::kFieldMissing);
  request.set_everything(true);
  EXPECT_TRUE(ParseReturn(request, kNow).ok());
  v1::ReturnedLine& line = *request.add_lines();
  EXPECT_EQ(ReasonOf(ParseReturn(request, kNow).status()), Reason::kFieldInvalid);
  request.clear_everything();
  line.set_line(1);
  EXPECT_EQ(FieldOf(ParseReturn(request, kNow).status()), "lines.quantity");
  line.set_quantity(1);
  EXPECT_TRUE(ParseReturn(request, kNow).ok());
  line.set_amount_minor(1);
  EXPECT_EQ(FieldOf(ParseReturn(request, kNow).status()), "lines.quantity");
  request.clear_lines();
  request.mutable_amount()->set_currency_code("USD");
  EXPECT_EQ(ReasonOf(ParseReturn(request, kNow).status()), Reason::kInvalidAmount);
  request.mutable_amount()->set_minor_units(1);
  EXPECT_TRUE(ParseReturn(request, kNow).ok());
}

v1::PurchaseRule& AddRule(v1::ThanksPolicy& policy, const std::string& code) {
  v1::PurchaseRule& rule = *policy.mutable_earning()->add_rules();
  rule.set_code(code);
  rule.mutable_scope();
  return rule;
}

TEST(ThanksPolicy, ComesBackAsItWasGiven) {
  v1::ThanksPolicy message;
  v1::EarningRate& rate = *message.mutable_earning()->add_rates();
  rate.set_currency_code("CHF");
  rate.set_points_per_unit(2);
  message.mutable_earning()->set_rounding(v1::ROUNDING_HALF_UP);
  message.mutable_earning()->set_claim_days(14);
  message.mutable_earning()->set_claims_per_day(2);
  message.mutable_earning()->set_without_tax(true);
  v1::StoreZone& zone = *message.mutable_earning()->add_store_zones();
  zone.set_store("zurich");
  zone.set_time_zone("Europe/Zurich");
  v1::PurchaseRule& wine = AddRule(message, "wine");
  wine.mutable_scope()->add_categories("wine");
  wine.mutable_scope()->mutable_starts_at()->set_seconds(1'700'000'000);
  wine.mutable_scope()->mutable_ends_at()->set_seconds(1'800'000'000);
  wine.mutable_scope()->add_weekdays(5);
  wine.mutable_scope()->set_from_minute(17 * 60);
  wine.mutable_rate()->set_points_per_unit(3);
  AddRule(message, "vouchers").mutable_exclusion();
  AddRule(message, "double").mutable_multiplier()->set_percent(200);
  AddRule(message, "fifth").mutable_bonus()->add_positions(5);
  message.mutable_earning()->mutable_rules(3)->mutable_bonus()->set_points(500);
  AddRule(message, "cap").mutable_cap()->set_action(v1::CAP_ACTION_REFUSE);
  message.mutable_earning()->mutable_rules(4)->mutable_cap()->set_per(v1::CAP_PERIOD_WEEK);
  message.mutable_earning()->mutable_rules(2)->mutable_scope()->add_tiers("gold");
  message.mutable_effective_from()->set_seconds(1'900'000'000);
  message.mutable_thank_you()->set_enabled(true);
  message.mutable_thank_you()->set_sender("Anna Keller, founder");
  message.mutable_thank_you()->set_note("How was it?");
  message.mutable_thank_you()->set_bonus_points(10);
  message.mutable_thank_you()->set_max_age_days(3);
  const absl::StatusOr<Policy> policy = ParsePolicy(message);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(ToContract(*policy).SerializeAsString(), message.SerializeAsString());
}

TEST(ParseQuote, AnOrderMayHaveNoNameYetAndANameIsWhole) {
  v1::QuoteRequest request;
  *request.mutable_purchase() = GoodRequest();
  v1::OrderKey& key = *request.mutable_purchase()->mutable_order();
  const absl::StatusOr<PurchaseOrder> named = ParseQuote(request, kNow);
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->order.order_id, "1001");
  key.clear_order_id();
  const absl::StatusOr<PurchaseOrder> unnamed = ParseQuote(request, kNow);
  ASSERT_TRUE(unnamed.ok()) << unnamed.status();
  EXPECT_FALSE(unnamed->order.is_named());
  EXPECT_EQ(unnamed->order.source, "webshop");
  key.set_receipt("17");
  EXPECT_EQ(FieldOf(ParseQuote(request, kNow).status()), "order.store");
}

TEST(ParseSameAs, IsTheOrdersOtherName) {
  v1::RecordPurchaseRequest request = GoodRequest();
  const OrderKey own = ParsePurchase(request, kNow)->order;
  EXPECT_FALSE(ParseSameAs(request, own)->has_value());
  *request.mutable_same_as() = request.order();
  EXPECT_EQ(FieldOf(ParseSameAs(request, own).status()), "same_as");
  request.mutable_same_as()->set_order_id("1002");
  const absl::StatusOr<std::optional<OrderKey>> other = ParseSameAs(request, own);
  ASSERT_TRUE(other.ok() && other->has_value()) << other.status();
  EXPECT_EQ((*other)->order_id, "1002");
}

TEST(ThanksPolicy, ACapThatSaysNoPeriodIsOfOnePurchaseAndOneMustBeKnown) {
  v1::ThanksPolicy message = ToContract(DefaultPolicy("USD"));
  v1::CapRule& cap = *AddRule(message, "cap").mutable_cap();
  cap.set_action(v1::CAP_ACTION_CLIP);
  const absl::StatusOr<Policy> policy = ParsePolicy(message);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(ToContract(*policy).earning().rules(0).cap().per(), v1::CAP_PERIOD_PURCHASE);
  for (const int per : {6, -1}) {
    cap.set_per(static_cast<v1::CapPeriod>(per));
    EXPECT_EQ(FieldOf(ParsePolicy(message).status()), "policy.earning.rules.cap.per");
  }
  cap.clear_per();
  message.mutable_earning()->mutable_rules(0)->mutable_scope()->add_tiers("");
  EXPECT_EQ(FieldOf(ParsePolicy(message).status()), "policy.earning.rules.scope.tiers");
}

}  // namespace
}  // namespace gratis::thanks
