#include "services/thanks/returns.h"

#include <rapidcheck.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "common/ledger/budgets.h"
#include "tests/integration/services/thanks/thanks_house.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Spends points, or puts them on hold, as the ledger's service does at a checkout.
class SpendPoints final : public ledger::Mutation {
 public:
  SpendPoints(int64_t points, TransactionId transaction, HoldId hold = {})
      : points_(points), transaction_(transaction), hold_(hold) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    const ledger::Posting posting{.kind = ledger::FactKind::kSpend,
                                  .transaction = transaction_,
                                  .member = envelope.member,
                                  .effective_at = envelope.now};
    if (hold_.IsNil()) {
      RETURN_IF_ERROR(ledger::Spend(books, posting, points_));
    } else {
      ledger::Posting holding = posting;
      holding.kind = ledger::FactKind::kHoldPlaced;
      RETURN_IF_ERROR(
          ledger::PlaceHold(
              books, {.posting = holding, .hold = hold_, .points = points_, .life = absl::Hours(1)})
              .status());
    }
    return std::string("spent");
  }

 private:
  const int64_t points_;
  const TransactionId transaction_;
  const HoldId hold_;
};

// Gives a voucher, or uses one, as the ledger's service does.
class UseVoucher final : public ledger::Mutation {
 public:
  UseVoucher(VoucherId voucher, TransactionId transaction, bool issue)
      : voucher_(voucher), transaction_(transaction), issue_(issue) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    const ledger::Posting posting{.kind = ledger::FactKind::kVoucherIssued,
                                  .transaction = transaction_,
                                  .member = envelope.member,
                                  .effective_at = envelope.now};
    if (issue_) {
      RETURN_IF_ERROR(
          ledger::IssueVoucher(books, {.posting = posting,
                                       .voucher = voucher_,
                                       .terms = {.kind = ledger::VoucherKind::kPercentage,
                                                 .basis_points = 2'000,
                                                 .origin = "thank-you",
                                                 .one_live = true},
                                       .worth = 1}));
    } else {
      ledger::Posting redeeming = posting;
      redeeming.kind = ledger::FactKind::kVoucherRedeemed;
      RETURN_IF_ERROR(ledger::RedeemVoucher(books, redeeming, voucher_, 1));
    }
    return std::string("done");
  }

 private:
  const VoucherId voucher_;
  const TransactionId transaction_;
  const bool issue_;
};

// Sets a budget of points, as the ledger's service does.
class MakeBudget final : public ledger::Mutation {
 public:
  MakeBudget(BudgetId budget, int64_t limit) : budget_(budget), limit_(limit) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::SetBudget(
        books,
        {.kind = ledger::FactKind::kBudgetSet,
         .transaction = ledger::TransactionOfProgram(books.program(), budget_.uuid),
         .effective_at = envelope.now},
        {.budget = {.id = budget_, .unit = ledger::kPointsUnit, .limit = limit_},
         .code = budget_.ToString()}));
    return std::string("set");
  }

 private:
  const BudgetId budget_;
  const int64_t limit_;
};

OrderKey Web(const std::string& order_id) { return {.source = "webshop", .order_id = order_id}; }
Returning Pieces(int32_t line, int64_t quantity) { return {.lines = {{line, quantity, 0}}}; }
Returning Amount(int64_t minor) { return {.amount_minor = minor, .currency_code = "USD"}; }
Returning Everything() { return {.everything = true}; }

class ReturnsTest : public ThanksHouse {
 protected:
  // Three lines: 10 points each piece, 8 pieces of the first.
  PurchaseOrder Coats(const std::string& order_id) {
    return {
        .member = member_,
        .order = Web(order_id),
        .total = {"USD", 0},
        .purchased_at = kNow,
        .lines = {{.sku = "coat", .category = "coats", .quantity = 8, .unit_price_minor = 1'000},
                  {.sku = "hat", .category = "hats", .quantity = 3, .unit_price_minor = 300},
                  {.sku = "parcel",
                   .kind = LineKind::kShipping,
                   .quantity = 1,
                   .unit_price_minor = 500}}};
  }

  v1::RecordReturnResponse Return(const std::string& order_id, const std::string& return_id,
                                  Returning returning) {
    return Parsed<v1::RecordReturnResponse>(
        Do(Back(Web(order_id), return_id, std::move(returning))));
  }

  void Post(std::unique_ptr<ledger::Mutation> mutation, const MemberId& member) {
    mutation->envelope = EnvelopeFor(absl::StrCat("post ", ++posts_), member);
    const ledger::Outcome outcome = poster_.Post(plain_, std::move(mutation));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }

  TransactionId NewTransaction(const MemberId& member) {
    return ledger::Beside(program_, member, TransactionId{ids_.Next(kNow)});
  }

  // How much of a budget of points is spent.
  int64_t SpentOf(const BudgetId& budget) {
    int64_t spent = -1;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto named, ledger::ReadBudget(tx, program_, budget));
                  if (named.has_value()) spent = named->budget.spent;
                  return absl::OkStatus();
                }).ok());
    return spent;
  }

  // Everything that is kept of what a member has, in words, without what tells members apart.
  std::string StateOf(const MemberId& member) {
    return Text(pg::Query{"testing/state", R"(
        SELECT concat_ws(' | ',
          (SELECT string_agg(concat_ws(',', unit, available, pending, held, debt), ';' ORDER BY unit)
           FROM ledger.wallet WHERE partition = $1 AND member = $2),
          (SELECT string_agg(concat_ws(',', unit, points, available, pending, held, debt, spent, expired,
                                       taken, lent - borrowed), ';' ORDER BY seq)
           FROM ledger.lot WHERE partition = $1 AND member = $2),
          (SELECT concat_ws(',', kept, highest_position)
           FROM gratis_thanks.buyer WHERE partition = $1 AND member = $2)))"},
                member);
  }
  std::string Text(const pg::Query& query, const MemberId& member) {
    pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
    std::string text;
    EXPECT_TRUE(pg::RunTx(admin, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const pg::Rows rows,
                                   tx.Run(query, ledger::PartitionOf(program_, member), member));
                  text = rows[0].Get<std::string>(0);
                  return absl::OkStatus();
                }).ok());
    return text;
  }

  int posts_ = 0;
};

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

TEST_F(ReturnsTest, AnySequenceOfReturnsEndsWhereOneFullReturnDoes) {
  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = {{"hats", {.categories = {"hats"}}, RateRule{3}},
                          {"double", {.categories = {"coats"}}, MultiplierRule{150}},
                          {"bonus", {}, BonusRule{.points = 37, .positions = {2}}},
                          {"cap", {.categories = {"coats"}}, CapRule{101, CapAction::kClip}}};
  Set(policy);
  int round = 0;
  EXPECT_TRUE(rc::check([&] {
    ++round;
    const int64_t paid_in_points = *rc::gen::inRange<int64_t>(1, 90);
    const int64_t spent_before = *rc::gen::inRange<int64_t>(0, 100);
    std::vector<std::string> states;
    for (const bool at_once : {true, false}) {
      member_ = NewMember();
      const std::string order_id = absl::StrCat(round, at_once ? " at once" : " in parts");
      Parsed(Do(Purchase(order_id + " earlier", 10'000)));
      const TransactionId paid = NewTransaction(member_);
      Post(std::make_unique<SpendPoints>(paid_in_points, paid), member_);
      PurchaseOrder order = Coats(order_id);
      order.payments = {{.kind = PaymentKind::kPoints,
                         .tender = "points",
                         .amount_minor = 10 * paid_in_points,
                         .transaction = paid}};
      Parsed(Do(Order(order)));
      if (spent_before > 0) {
        Post(std::make_unique<SpendPoints>(spent_before, NewTransaction(member_)), member_);
      }
      int64_t before = Available(member_);
      for (int step = 0; !at_once && step < 8; ++step) {
        const thanks::Purchase purchase = Find(order_id)->purchase;
        if (purchase.returned.whole) break;
        const std::vector<int64_t> minor = ReturnedMinor(purchase, purchase.returned);
        const int32_t line = *rc::gen::inRange(1, 4);
        const size_t place = static_cast<size_t>(line) - 1;
        const int64_t pieces =
            purchase.lines[place].quantity - purchase.returned.lines[place].quantity;
        int64_t left = 0;
        for (size_t i = 0; i < minor.size(); ++i) left += purchase.traces[i].paid_minor - minor[i];
        const bool by_piece = *rc::gen::arbitrary<bool>();
        const Returning returning = by_piece && pieces > 0
                                        ? Pieces(line, *rc::gen::inRange<int64_t>(1, pieces + 1))
                                        : Amount(*rc::gen::inRange<int64_t>(1, left + 1));
        const auto response = Return(order_id, absl::StrCat("r", step), returning);
        // Points that had paid come back, and nothing else is ever given.
        RC_ASSERT(response.available_points() <= before + response.points_back());
        before = response.available_points();
      }
      if (!Find(order_id)->purchase.returned.whole) Return(order_id, "the rest", Everything());
      states.push_back(StateOf(member_));
    }
    RC_ASSERT(states[0] == states[1]);
  }));
  EXPECT_THAT(Damages(), IsEmpty());
}

}  // namespace
}  // namespace gratis::thanks
