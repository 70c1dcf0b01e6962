#include "services/thanks/claims.h"

#include <string>
#include <vector>

#include "common/ledger/voucher_code.h"
#include "tests/integration/services/thanks/thanks_house.h"

namespace gratis::thanks {
namespace {

OrderKey Receipt(const std::string& receipt) {
  return {.source = "pos",
          .store = "zurich",
          .till = "3",
          .business_date = absl::CivilDay(2027, 1, 15),
          .receipt = receipt};
}

class ClaimsTest : public ThanksHouse {
 protected:
  // Somebody without a card buys eight pieces for 80 dollars.
  PurchaseOrder Anonymous(const std::string& receipt, absl::Time purchased_at = kNow) {
    return {
        .order = Receipt(receipt),
        .total = {"USD", 0},
        .purchased_at = purchased_at,
        .lines = {{.sku = "coat", .category = "coats", .quantity = 8, .unit_price_minor = 1'000}}};
  }
  std::string CodeOf(const std::string& receipt, absl::Time purchased_at = kNow) {
    const auto response = Parsed(Do(Order(Anonymous(receipt, purchased_at))));
    EXPECT_EQ(response.points(), 0);
    const auto code = ledger::ParseVoucherCode(response.receipt_code());
    EXPECT_TRUE(code.ok()) << response.receipt_code();
    return code.value_or("");
  }
  v1::ClaimPurchaseResponse Claimed(const std::string& code) {
    return Parsed<v1::ClaimPurchaseResponse>(Do(Claim(member_, code)));
  }
  absl::Status Refused(const std::string& code) { return Do(Claim(member_, code)).answer.status(); }
};

TEST_F(ClaimsTest, WhatWasBoughtWithoutACardIsGivenToWhoHasTheReceipt) {
  const std::string code = CodeOf("1");
  const auto nobodys = thanks_.FindPurchase(program_, Receipt("1"), Soon());
  ASSERT_TRUE(nobodys.ok()) << nobodys.status();
  EXPECT_TRUE(nobodys->purchase.member.IsNil());
  EXPECT_EQ(Books().entries, 1);  // enrolled; nobody's purchase changes nobody's books

  const auto claimed = Claimed(code);
  EXPECT_EQ(claimed.points(), 80);
  EXPECT_EQ(claimed.available_points(), 80);
  EXPECT_EQ(claimed.order().receipt(), "1");
  const auto found = thanks_.FindPurchase(program_, Receipt("1"), Soon());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->purchase.member, member_);
  EXPECT_EQ(found->purchase.id, nobodys->purchase.id);

  const MemberId first = member_;
  for (int i = 0; i < 8; ++i) {  // whatever their partition
    member_ = NewMember();
    EXPECT_EQ(ReasonOf(Refused(code)), Reason::kPurchaseClaimed);
  }
  EXPECT_EQ(Available(first), 80);
  EXPECT_EQ(Books().total_points, 0);
}

TEST_F(ClaimsTest, WhatCameBackBeforeIsTakenAtOnceAndTheRestLater) {
  for (int i = 0; i < 6; ++i) {  // of whatever partitions
    member_ = NewMember();
    const std::string receipt = absl::StrCat(i);
    const std::string code = CodeOf(receipt);
    const auto back =
        Parsed<v1::RecordReturnResponse>(Do(Back(Receipt(receipt), "r1", {.lines = {{1, 3, 0}}})));
    EXPECT_EQ(back.points_taken(), 0);
    EXPECT_EQ(back.returned().minor_units(), 3'000);
    const auto claimed = Claimed(code);
    EXPECT_EQ(claimed.points(), 80);
    EXPECT_EQ(claimed.returned_points(), 30);
    EXPECT_EQ(claimed.available_points(), 50);
    const auto rest =
        Parsed<v1::RecordReturnResponse>(Do(Back(Receipt(receipt), "r2", {.everything = true})));
    EXPECT_EQ(rest.points_taken(), 50);
    EXPECT_TRUE(rest.whole());
    EXPECT_EQ(Available(member_), 0);
    EXPECT_EQ(ReasonOf(Do(Back(Receipt(receipt), "r3", {.everything = true})).answer.status()),
              Reason::kReturnTooLarge);
  }
}

TEST_F(ClaimsTest, WhatIsWhollyBackIsClaimedWithoutAThankYou) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  for (int i = 0; i < 6; ++i) {  // of whatever partitions
    member_ = NewMember();
    const std::string receipt = absl::StrCat(i);
    const std::string code = CodeOf(receipt);
    Parsed<v1::RecordReturnResponse>(Do(Back(Receipt(receipt), "r1", {.everything = true})));
    const auto claimed = Claimed(code);
    EXPECT_EQ(claimed.returned_points(), 80);
    EXPECT_EQ(claimed.thank_you().outcome(), v1::THANK_YOU_OUTCOME_WITHHELD);
    EXPECT_EQ(claimed.thank_you().why(), v1::WITHHELD_REASON_RETURNED);
    EXPECT_EQ(Available(member_), 0);
    const auto found = thanks_.FindPurchase(program_, Receipt(receipt), Soon());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_THAT(ExplainThankYou(found->purchase, found->policy.thank_you),
                ::testing::HasSubstr("all of the purchase had come back"));
  }
  const std::string code = CodeOf("kept in part");
  Parsed<v1::RecordReturnResponse>(Do(Back(Receipt("kept in part"), "r1", {.lines = {{1, 7, 0}}})));
  EXPECT_EQ(Claimed(code).thank_you().bonus_points(), 25);
  EXPECT_EQ(Available(member_), 10 + 25);
}

TEST_F(ClaimsTest, ADayHasSoManyClaimsAndAReceiptSoManyDays) {
  std::vector<std::string> codes;
  for (int i = 0; i < 4; ++i) codes.push_back(CodeOf(absl::StrCat(i)));
  for (int i = 0; i < 3; ++i) Claimed(codes[static_cast<size_t>(i)]);
  EXPECT_EQ(ReasonOf(Refused(codes[3])), Reason::kClaimLimitReached);
  auto tomorrow = Claim(member_, codes[3]);
  tomorrow->envelope.now = kNow + absl::Hours(24);
  EXPECT_TRUE(Do(std::move(tomorrow)).answer.ok());

  member_ = NewMember();
  const absl::Duration month = absl::Hours(24 * 30);
  EXPECT_EQ(ReasonOf(Refused(CodeOf("old", kNow - month - absl::Seconds(1)))),
            Reason::kClaimTooLate);
  Claimed(CodeOf("last day", kNow - month));
}

TEST_F(ClaimsTest, OneOrderUnderTwoNamesIsOnePurchase) {
  const OrderKey web{.source = "webshop", .order_id = "A17"};
  PurchaseOrder at_till = Anonymous("1");
  at_till.member = member_;
  PurchaseOrder online = at_till;
  online.order = web;
  const auto first = Parsed(Do(Order(online, Receipt("1"))));
  EXPECT_EQ(first.points(), 80);
  // The till tells it again, with the twin or without.
  const auto second = Do(Order(at_till, web));
  EXPECT_EQ(ReasonOf(second.answer.status()), Reason::kPurchaseExists);
  EXPECT_EQ(MetadataOf(second.answer.status()), (Metadata{{"purchase_id", first.purchase_id()}}));
  EXPECT_EQ(Available(member_), 80);
  // It comes back by either name.
  EXPECT_EQ(Parsed<v1::RecordReturnResponse>(Do(Back(Receipt("1"), "r1", {.lines = {{1, 1, 0}}})))
                .points_taken(),
            10);
  EXPECT_EQ(
      Parsed<v1::RecordReturnResponse>(Do(Back(web, "r2", {.everything = true}))).points_taken(),
      70);
}

TEST_F(ClaimsTest, ATwinThatComesSecondIsAnsweredWithTheFirst) {
  const OrderKey web{.source = "webshop", .order_id = "A17"};
  PurchaseOrder at_till = Anonymous("1");
  at_till.member = member_;
  PurchaseOrder online = at_till;
  online.order = web;
  // Neither was there when the other was looked for.
  const std::vector<ledger::Outcome> both = DoInOneSet(Order(online), Order(at_till, web));
  const auto first = Parsed(both[0]);
  const auto second = Parsed(both[1]);
  EXPECT_TRUE(second.same_as_recorded());
  EXPECT_EQ(second.purchase_id(), first.purchase_id());
  EXPECT_EQ(second.points(), 0);
  EXPECT_EQ(Available(member_), 80);
  EXPECT_EQ(thanks_.FindPurchase(program_, Receipt("1"), Soon())->purchase.order, web);
}

TEST_F(ClaimsTest, APolicyHoldsFromItsInstantForWhateverWasBoughtThen) {
  Policy policy = DefaultPolicy("USD");
  policy.earning.rates = {{"USD", 2}};
  policy.effective_from = kNow + absl::Hours(1);
  const auto set = Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  EXPECT_EQ(set.policy().version(), 1);
  const auto quoted_at = [&](absl::Time at) {
    PurchaseOrder order = Anonymous("q", at);
    order.member = member_;
    const auto quoted = thanks_.Quote(program_, order, {}, kNow, Soon());
    EXPECT_TRUE(quoted.ok()) << quoted.status();
    return quoted->split.member_points;
  };
  EXPECT_EQ(quoted_at(kNow), 80);
  EXPECT_EQ(quoted_at(kNow + absl::Hours(1)), 160);
  EXPECT_EQ(thanks_.PolicyAt(program_, kNow, Soon())->version, 0);
  EXPECT_EQ(thanks_.PolicyAt(program_, kNow + absl::Hours(1), Soon())->version, 1);
  EXPECT_EQ(thanks_.PolicyVersion(program_, 1, Soon())->effective_from, kNow + absl::Hours(1));
  EXPECT_EQ(FieldOf(thanks_.PolicyVersion(program_, 2, Soon()).status()), "version");
  policy.effective_from = kNow - absl::Hours(1);
  EXPECT_EQ(FieldOf(Set(policy).answer.status()), "policy.effective_from");
}

TEST_F(ClaimsTest, AQuoteIsWhatRecordingWouldAnswer) {
  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = {{"coats", {.categories = {"coats"}}, RateRule{3}},
                          {"first", {}, BonusRule{.points = 100, .positions = {1}}}};
  Set(policy);
  PurchaseOrder order = Anonymous("1");
  order.member = member_;
  order.payments = {{.kind = PaymentKind::kVoucher, .tender = "voucher", .amount_minor = 999}};
  const auto quoted = thanks_.Quote(program_, order, {}, kNow, Soon());
  ASSERT_TRUE(quoted.ok()) << quoted.status();
  const auto recorded = Parsed(Do(Order(order)));
  EXPECT_EQ(recorded.points(), quoted->split.member_points);
  EXPECT_EQ(recorded.points(), 210 + 100);  // 70.01 x 3, and the first
  EXPECT_EQ(recorded.lines(0).points(), quoted->earned.traces[0].points);
  EXPECT_EQ(recorded.lines(0).lowered_minor(), 999);
  EXPECT_EQ(recorded.position(), quoted->position);
}

TEST_F(ClaimsTest, WhoeverBoughtBeforeBuyersWereCountedIsCounted) {
  // As a database of before: the rows of purchases alone.
  Parsed(Do(Purchase("1", 1'000)));
  Parsed(Do(Purchase("2", 1'000)));
  database_.Execute("DELETE FROM gratis_thanks.buyer");
  for (const pg::Migration& migration : Migrations()) {
    if (migration.name.find("buyers_of_before") == std::string::npos) continue;
    database_.Execute(std::string(migration.text));
  }
  EXPECT_EQ(Parsed(Do(Purchase("3", 1'000))).position(), 3);
}

}  // namespace
}  // namespace gratis::thanks
