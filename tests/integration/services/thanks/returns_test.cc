#include "services/thanks/returns.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "tests/integration/services/thanks/returns_testing.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(ReturnsTest, APieceTakesItsShareOfItsLine) {
  ASSERT_EQ(Parsed(Do(Order(Coats("1")))).points(), 89);  // 80 of coats, 9 of hats, none of parcels
  const auto response = Return("1", "r1", Pieces(1, 3));
  EXPECT_EQ(response.points_taken(), 30);
  EXPECT_THAT(response.line_points_taken(), ElementsAre(30, 0, 0));
  EXPECT_EQ(response.returned().minor_units(), 3'000);
  EXPECT_EQ(response.available_points(), 59);
  EXPECT_FALSE(response.whole());
  const auto hats = Return("1", "r2", Pieces(2, 1));
  EXPECT_EQ(hats.points_taken(), 3);
  const auto rest = Return("1", "r3", Everything());
  EXPECT_EQ(rest.points_taken(), 56);
  EXPECT_TRUE(rest.whole());
  EXPECT_EQ(Available(member_), 0);
  const auto found = Find("1");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->purchase.returned.points_taken, 89);
  EXPECT_EQ(found->returns.size(), 3u);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, WhatAReturnDoesIsSaidBeforeAndIsExactAfter) {
  Parsed(Do(Order(Coats("1"))));
  for (const Returning& returning : {Pieces(1, 1), Amount(1'234), Pieces(2, 2), Everything()}) {
    const std::string name = absl::StrCat("r", ++posts_);
    auto rehearsal = Back(Web("1"), name, returning);
    rehearsal->envelope.validate_only = true;
    auto said = Parsed<v1::RecordReturnResponse>(Do(std::move(rehearsal)));
    auto done = Return("1", name, returning);
    EXPECT_NE(done.transaction_id(), "");
    done.clear_transaction_id();
    EXPECT_EQ(said.SerializeAsString(), done.SerializeAsString());
  }
  EXPECT_EQ(Available(member_), 0);
}

TEST_F(ReturnsTest, TheSameReturnIsDoneOnceWhateverTheRequest) {
  Parsed(Do(Order(Coats("1"))));
  const ledger::Outcome first = Do(Back(Web("1"), "r1", Pieces(1, 1)));
  const ledger::Outcome replay = Do(Back(Web("1"), "r1", Pieces(1, 1)));
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(*replay.answer, *first.answer);
  auto another = Back(Web("1"), "r1", Pieces(1, 1));
  another->envelope.request_id = "another";
  EXPECT_EQ(ReasonOf(Do(std::move(another)).answer.status()), Reason::kReturnExists);
  EXPECT_EQ(Available(member_), 79);
}

TEST_F(ReturnsTest, RulesOfTodayChangeNothingAboutWhatWasBoughtBefore) {
  Parsed(Do(Order(Coats("1"))));
  Policy policy = DefaultPolicy("USD");
  policy.earning.rates = {{"USD", 7}};
  Set(policy);
  EXPECT_EQ(Return("1", "r1", Pieces(1, 8)).points_taken(), 80);
}

TEST_F(ReturnsTest, AGiftThatCameWithThePurchaseIsKept) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  Set(policy);
  Parsed(Do(Purchase("1", 1'000)));
  EXPECT_EQ(Available(member_), 35);
  EXPECT_EQ(Return("1", "r1", Amount(500)).points_taken(), 5);
  EXPECT_EQ(Return("1", "r2", Everything()).points_taken(), 5);
  EXPECT_EQ(Available(member_), 25);
}

TEST_F(ReturnsTest, PointsThatWereSpentAreOwedAndRepaidByTheNextPurchase) {
  Parsed(Do(Purchase("1", 10'000)));
  Post(std::make_unique<SpendPoints>(80, NewTransaction(member_)), member_);
  const auto response = Return("1", "r1", Everything());
  EXPECT_EQ(response.points_taken(), 100);
  EXPECT_EQ(response.points_owed(), 80);
  EXPECT_EQ(response.available_points(), 0);
  EXPECT_EQ(Parsed(Do(Purchase("2", 9'000))).available_points(), 10);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, PointsThatPaidComeBackAsTheyWere) {
  Parsed(Do(Purchase("earlier", 50'000)));
  const HoldId hold = ledger::Beside(program_, member_, HoldId{ids_.Next(kNow)});
  Post(std::make_unique<SpendPoints>(300, NewTransaction(member_), hold), member_);
  PurchaseOrder order = Coats("1");
  order.payments = {
      {.kind = PaymentKind::kPoints, .tender = "points", .amount_minor = 3'000, .hold = hold}};
  const auto bought = Parsed(Do(Order(order)));
  // 30 of 94.00 paid by points; what is left of coats and hats earns.
  EXPECT_EQ(bought.lines(0).lowered_minor() + bought.lines(1).lowered_minor() +
                bought.lines(2).lowered_minor(),
            3'000);
  const int64_t earned = bought.points();
  EXPECT_EQ(bought.available_points(), 200 + earned);
  const auto part = Return("1", "r1", Pieces(1, 4));
  EXPECT_EQ(part.points_back(), 300 * (bought.lines(0).lowered_minor() / 2) / 3'000);
  Return("1", "r2", Amount(999));
  const auto rest = Return("1", "r3", Everything());
  EXPECT_TRUE(rest.whole());
  EXPECT_EQ(rest.available_points(), 500);
  EXPECT_EQ(Find("1")->purchase.returned.brought_back[0], 300);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, AVoucherComesBackWithTheWholeOrderUnlessANewerOneLives) {
  const VoucherId voucher = ledger::Beside(program_, member_, VoucherId{ids_.Next(kNow)});
  const auto buy_with = [&](const VoucherId& with, const std::string& order_id) {
    Post(std::make_unique<UseVoucher>(with, NewTransaction(member_), true), member_);
    const TransactionId used = NewTransaction(member_);
    Post(std::make_unique<UseVoucher>(with, used, false), member_);
    PurchaseOrder order = Coats(order_id);
    order.payments = {{.kind = PaymentKind::kVoucher,
                       .tender = "voucher",
                       .amount_minor = 1'899,
                       .transaction = used}};
    return Parsed(Do(Order(order)));
  };
  buy_with(voucher, "1");
  EXPECT_EQ(Return("1", "r1", Pieces(1, 8)).vouchers_back_size(), 0);
  const auto rest = Return("1", "r2", Everything());
  ASSERT_EQ(rest.vouchers_back_size(), 1);
  EXPECT_EQ(rest.vouchers_back(0).worth(), 1);
  Post(std::make_unique<UseVoucher>(voucher, NewTransaction(member_), false), member_);

  const VoucherId another = ledger::Beside(program_, member_, VoucherId{ids_.Next(kNow)});
  buy_with(another, "2");
  const VoucherId newest = ledger::Beside(program_, member_, VoucherId{ids_.Next(kNow)});
  Post(std::make_unique<UseVoucher>(newest, NewTransaction(member_), true), member_);
  const auto back = Return("2", "r1", Everything());
  EXPECT_EQ(back.vouchers_back_size(), 0);
  EXPECT_TRUE(back.whole());
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, AVoucherThatIsOverByTheReturnCanBeUsedAgainAsTheAnswerSays) {
  const VoucherId voucher = ledger::Beside(program_, member_, VoucherId{ids_.Next(kNow)});
  Post(std::make_unique<UseVoucher>(voucher, NewTransaction(member_), true, 500,
                                    kNow + absl::Hours(1)),
       member_);
  const TransactionId used = NewTransaction(member_);
  Post(std::make_unique<UseVoucher>(voucher, used, false, 500), member_);
  PurchaseOrder order = Coats("1");
  order.payments = {{.kind = PaymentKind::kVoucher,
                     .tender = "voucher",
                     .amount_minor = 500,
                     .transaction = used}};
  Parsed(Do(Order(order)));
  auto return_of = Back(Web("1"), "r1", Everything());
  return_of->envelope.now = kNow + absl::Hours(24 * 7);
  const auto back = Parsed<v1::RecordReturnResponse>(Do(std::move(return_of)));
  ASSERT_EQ(back.vouchers_back_size(), 1);
  EXPECT_EQ(back.vouchers_back(0).worth(), 500);
  auto again = std::make_unique<UseVoucher>(voucher, NewTransaction(member_), false, 500);
  again->envelope = EnvelopeFor("again", member_);
  again->envelope.now = kNow + absl::Hours(24 * 36);
  const ledger::Outcome outcome = poster_.Post(plain_, std::move(again));
  EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, WhatSomebodyElseSpentPaysNothing) {
  Parsed(Do(Purchase("earlier", 50'000)));
  const TransactionId spent = NewTransaction(member_);
  Post(std::make_unique<SpendPoints>(300, spent), member_);
  const MemberId payer = member_;
  for (int i = 0; i < 8; ++i) {
    member_ = NewMember();
    PurchaseOrder order = Coats("1");
    order.payments = {{.kind = PaymentKind::kPoints,
                       .tender = "points",
                       .amount_minor = 3'000,
                       .transaction = spent}};
    EXPECT_EQ(ReasonOf(Do(Order(order)).answer.status()), Reason::kTransactionNotFound);
  }
  EXPECT_EQ(Available(payer), 200);
}

TEST_F(ReturnsTest, OneThatComesBeforeItsPurchaseWaitsForIt) {
  const auto early = Return("1", "r1", Pieces(1, 3));
  EXPECT_TRUE(early.parked());
  EXPECT_TRUE(Return("1", "r2", Pieces(1, 99)).parked());
  auto again = Back(Web("1"), "r1", Pieces(1, 3));
  again->envelope.request_id = "another";
  EXPECT_EQ(ReasonOf(Do(std::move(again)).answer.status()), Reason::kReturnExists);
  EXPECT_EQ(ReasonOf(Find("1").status()), Reason::kPurchaseNotFound);

  const auto bought = Parsed(Do(Order(Coats("1"))));
  EXPECT_EQ(bought.points(), 89);
  EXPECT_EQ(bought.returned_points(), 30);
  EXPECT_EQ(bought.available_points(), 59);
  const auto found = Find("1");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->returns.size(), 2u);
  EXPECT_EQ(found->returns[0].points_taken, 30);
  EXPECT_EQ(found->returns[1].refused, "RETURN_TOO_LARGE");
  // It is one order now, by its name, for returns and for whoever records it again.
  EXPECT_EQ(Return("1", "r3", Pieces(1, 5)).points_taken(), 50);
  auto twice = Order(Coats("1"));
  twice->envelope.request_id = "another";
  EXPECT_EQ(ReasonOf(Do(std::move(twice)).answer.status()), Reason::kPurchaseExists);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, WhatIsWhollyBackBeforeItIsRecordedIsNotThankedFor) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  Set(policy);
  EXPECT_TRUE(Return("whole", "r1", Everything()).parked());
  const auto whole = Parsed(Do(Order(Coats("whole"))));
  EXPECT_EQ(whole.returned_points(), 89);
  EXPECT_EQ(whole.thank_you().outcome(), v1::THANK_YOU_OUTCOME_WITHHELD);
  EXPECT_EQ(whole.thank_you().why(), v1::WITHHELD_REASON_RETURNED);
  EXPECT_EQ(whole.available_points(), 0);
  EXPECT_EQ(Find("whole")->purchase.thank_you.why, Withheld::kReturned);

  // A part, or what turns out not to be possible, takes no thank-you away; what comes after it
  // neither.
  EXPECT_TRUE(Return("part", "r1", Pieces(1, 3)).parked());
  EXPECT_EQ(Parsed(Do(Order(Coats("part")))).available_points(), 59 + 25);
  EXPECT_TRUE(Return("refused", "r1", Pieces(1, 99)).parked());
  EXPECT_EQ(Parsed(Do(Order(Coats("refused")))).thank_you().bonus_points(), 25);
  Return("part", "r2", Everything());
  Return("refused", "r2", Everything());
  EXPECT_EQ(Available(member_), 25 + 25);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, OfManyAtOnceNoMoreComesBackThanWasSold) {
  Parsed(Do(Order(Coats("1"))));
  constexpr int kTills = 16;
  std::mutex mutex;
  std::condition_variable all;
  int done = 0;
  int refused = 0;
  for (int i = 0; i < kTills; ++i) {
    poster_.Submit(changes_, Back(Web("1"), absl::StrCat("till ", i), Pieces(1, 1)),
                   [&](ledger::Outcome outcome) {
                     const std::lock_guard lock(mutex);
                     if (outcome.answer.ok()) ++done;
                     if (ReasonOf(outcome.answer.status()) == Reason::kReturnTooLarge) ++refused;
                     all.notify_one();
                   });
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(
      all.wait_for(lock, std::chrono::seconds(30), [&] { return done + refused == kTills; }));
  EXPECT_EQ(done, 8);
  EXPECT_EQ(Available(member_), 9);
}

TEST_F(ReturnsTest, AnOrganizationGivesBackItsPart) {
  const MemberId firm = NewMember();
  Parsed(Do(PurchaseFor(firm, 30, "1", 10'000)));
  EXPECT_EQ(Available(firm), 30);
  const auto half = Return("1", "r1", Amount(5'000));
  EXPECT_EQ(half.points_taken(), 35);
  EXPECT_EQ(half.organization_points_taken(), 15);
  Return("1", "r2", Everything());
  EXPECT_EQ(Available(firm), 0);
  EXPECT_EQ(Available(member_), 0);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, AWholeReturnLowersThePositionAndNoneIsRewardedTwice) {
  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = {{"second", {}, BonusRule{.points = 500, .positions = {2}}}};
  Set(policy);
  EXPECT_EQ(Parsed(Do(Purchase("1", 1'000))).position(), 1);
  const auto second = Parsed(Do(Purchase("2", 1'000)));
  EXPECT_EQ(second.position(), 2);
  EXPECT_EQ(second.points(), 510);
  EXPECT_EQ(Return("2", "r1", Amount(500)).points_taken(), 255);
  EXPECT_EQ(Return("2", "r2", Amount(500)).points_taken(), 255);
  const auto again = Parsed(Do(Purchase("3", 1'000)));
  EXPECT_EQ(again.position(), 2);
  EXPECT_EQ(again.points(), 10);
  EXPECT_EQ(Parsed(Do(Purchase("4", 1'000))).position(), 3);
}

TEST_F(ReturnsTest, WhatABudgetPaidComesBackToIt) {
  const BudgetId budget{ids_.Next(kNow)};
  Post(std::make_unique<MakeBudget>(budget, 149), MemberId{});
  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = {{"campaign", {}, BonusRule{.points = 50, .budget = budget}}};
  Set(policy);
  EXPECT_EQ(Parsed(Do(Purchase("1", 10'000))).points(), 150);
  EXPECT_EQ(Parsed(Do(Purchase("2", 10'000))).points(), 150);
  // The third does not fit; what is earned by rule is.
  EXPECT_EQ(Parsed(Do(Purchase("3", 10'000))).points(), 100);
  EXPECT_EQ(SpentOf(budget), 100);
  EXPECT_EQ(Return("1", "r1", Amount(2'000)).points_taken(), 30);
  EXPECT_EQ(SpentOf(budget), 70);
  EXPECT_EQ(Return("1", "r2", Amount(3'000)).points_taken(), 45);
  EXPECT_EQ(SpentOf(budget), 50);
  EXPECT_EQ(Return("1", "r3", Everything()).points_taken(), 75);
  EXPECT_EQ(SpentOf(budget), 50);
  EXPECT_EQ(Return("2", "r1", Everything()).points_taken(), 150);
  EXPECT_EQ(SpentOf(budget), 0);
  EXPECT_EQ(Available(member_), 100);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(ReturnsTest, ADeliveryIsToldOnce) {
  Parsed(Do(Purchase("1", 1'000)));
  const auto first = Parsed<v1::RecordDeliveryResponse>(Do(Delivered(Web("1"), "d1")));
  EXPECT_FALSE(first.known());
  const auto again = Parsed<v1::RecordDeliveryResponse>(Do(Delivered(Web("1"), "d2")));
  EXPECT_TRUE(again.known());
  EXPECT_EQ(again.delivered_at().seconds(), first.delivered_at().seconds());
  EXPECT_EQ(Find("1")->purchase.delivered_at, kNow);
  EXPECT_EQ(Books().entries, 4);  // enrolled, bought, thanked, delivered
}

}  // namespace
}  // namespace gratis::thanks
