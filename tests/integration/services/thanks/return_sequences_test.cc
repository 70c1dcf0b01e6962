#include <rapidcheck.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "services/thanks/return_rules.h"
#include "tests/integration/services/thanks/returns_testing.h"

namespace gratis::thanks {
namespace {

using ::testing::IsEmpty;

constexpr int kSteps = 8;
constexpr int64_t kEarlierPoints = 100;
constexpr int64_t kBudgetPays = 50;
constexpr int64_t kVoucherMinor = 1'500;

// What pays for a purchase, and how much of what the member has after it is spent before it comes
// back.
struct Trial {
  int64_t points = 0;
  int64_t voucher_minor = 0;
  int64_t spent_permille = 0;
};

Trial AnyTrial() {
  return {.points = *rc::gen::inRange<int64_t>(1, 90),
          .voucher_minor = *rc::gen::inRange<int64_t>(1, kVoucherMinor + 1),
          .spent_permille = *rc::gen::inRange<int64_t>(0, 1'001)};
}

// Some of what is left, by pieces or by amount: about one part in `parts` at most.
Returning SomeOf(const Purchase& purchase, int64_t parts) {
  const int32_t line = *rc::gen::inRange(1, static_cast<int>(purchase.lines.size()) + 1);
  const size_t place = static_cast<size_t>(line) - 1;
  const int64_t pieces = purchase.lines[place].quantity - purchase.returned.lines[place].quantity;
  if (pieces > 0 && *rc::gen::arbitrary<bool>()) {
    return Pieces(line, *rc::gen::inRange<int64_t>(1, std::max<int64_t>(1, pieces / parts) + 1));
  }
  const std::vector<int64_t> minor = ReturnedMinor(purchase, purchase.returned);
  int64_t left = 0;
  for (size_t i = 0; i < minor.size(); ++i) left += purchase.traces[i].paid_minor - minor[i];
  return Amount(*rc::gen::inRange<int64_t>(1, std::max<int64_t>(1, left / parts) + 1));
}

class ReturnSequencesTest : public ReturnsTest {
 protected:
  void SetUp() override {
    ReturnsTest::SetUp();
    Post(std::make_unique<MakeBudget>(budget_, kBudgetPays), MemberId{});
    Policy policy = DefaultPolicy("USD");
    policy.earning.rules = {{"hats", {.categories = {"hats"}}, RateRule{3}},
                            {"double", {.categories = {"coats"}}, MultiplierRule{150}},
                            {"bonus", {}, BonusRule{.points = 37, .positions = {2}}},
                            {"campaign",
                             {.categories = {"coats"}},
                             BonusRule{.points = kBudgetPays, .budget = budget_}},
                            {"cap", {.categories = {"coats"}}, CapRule{101, CapAction::kClip}},
                            {"ever", {}, CapRule{230, CapAction::kClip, CapPeriod::kEver}}};
    Set(policy);
  }

  // After an earlier purchase, one that points, a voucher and money pay for and a budget gives to.
  void Buy(const std::string& order_id, const Trial& trial) {
    Parsed(Do(Purchase(order_id + " earlier", 100 * kEarlierPoints)));
    const TransactionId paid = NewTransaction(member_);
    Post(std::make_unique<SpendPoints>(trial.points, paid), member_);
    const VoucherId voucher = ledger::Beside(program_, member_, VoucherId{ids_.Next(kNow)});
    Post(std::make_unique<UseVoucher>(voucher, NewTransaction(member_), true, kVoucherMinor),
         member_);
    const TransactionId used = NewTransaction(member_);
    Post(std::make_unique<UseVoucher>(voucher, used, false, trial.voucher_minor), member_);
    PurchaseOrder order = Coats(order_id);
    order.payments = {{.kind = PaymentKind::kPoints,
                       .tender = "points",
                       .amount_minor = 10 * trial.points,
                       .transaction = paid},
                      {.kind = PaymentKind::kVoucher,
                       .tender = "voucher",
                       .amount_minor = trial.voucher_minor,
                       .transaction = used}};
    Parsed(Do(Order(order)));
    EXPECT_EQ(SpentOf(budget_), kBudgetPays);
    // What the budget gave is a lot of its own, spent last. It is left alone: which of a purchase's
    // lots a debt stands in goes by when they are taken back.
    const int64_t spent = (Available(member_) - kBudgetPays) * trial.spent_permille / 1'000;
    if (spent > 0) Post(std::make_unique<SpendPoints>(spent, NewTransaction(member_)), member_);
  }

  // Tells a return that was done once more, by the same request or by another.
  void TellAgain(const std::string& order_id, const std::string& return_id,
                 const Returning& returning) {
    auto again = Back(Web(order_id), return_id, returning);
    const bool renamed = *rc::gen::arbitrary<bool>();
    if (renamed) again->envelope.request_id += " again";
    const ledger::Outcome outcome = Do(std::move(again));
    const bool refused = ReasonOf(outcome.answer.status()) == Reason::kReturnExists;
    const bool expected = renamed ? refused : outcome.replayed;
    RC_ASSERT(expected);
  }

  // One after the other, until it is all back or the steps are done.
  void ReturnInTurn(const std::string& order_id) {
    int64_t before = Available(member_);
    for (int step = 0; step < kSteps; ++step) {
      const thanks::Purchase purchase = Find(order_id)->purchase;
      if (purchase.returned.whole) return;
      const std::string return_id = absl::StrCat("r", step);
      const Returning returning = SomeOf(purchase, /*parts=*/1);
      const auto response = Return(order_id, return_id, returning);
      // Points that had paid come back, and nothing else is ever given.
      RC_ASSERT(response.available_points() <= before + response.points_back());
      before = response.available_points();
      if (*rc::gen::arbitrary<bool>()) TellAgain(order_id, return_id, returning);
    }
  }

  // All at once, some of them twice: what no longer fits is refused.
  void ReturnTogether(const std::string& order_id) {
    const thanks::Purchase purchase = Find(order_id)->purchase;
    std::vector<std::unique_ptr<PurchaseChange>> told;
    for (int step = 0; step < kSteps; ++step) {
      const std::string return_id = absl::StrCat("r", step);
      const Returning returning = SomeOf(purchase, /*parts=*/3);
      told.push_back(Back(Web(order_id), return_id, returning));
      if (*rc::gen::arbitrary<bool>()) continue;
      auto again = Back(Web(order_id), return_id, returning);
      if (*rc::gen::arbitrary<bool>()) again->envelope.request_id += " again";
      told.push_back(std::move(again));
    }
    for (const ledger::Outcome& outcome : DoTogether(std::move(told))) {
      const auto reason = ReasonOf(outcome.answer.status());
      const bool expected = outcome.answer.ok() || reason == Reason::kReturnTooLarge ||
                            reason == Reason::kReturnExists;
      RC_ASSERT(expected);
    }
  }

  // Hands all of them in before it waits for any.
  std::vector<ledger::Outcome> DoTogether(std::vector<std::unique_ptr<PurchaseChange>> changes) {
    std::mutex mutex;
    std::condition_variable one_more;
    std::vector<ledger::Outcome> outcomes;
    const size_t all = changes.size();
    for (std::unique_ptr<PurchaseChange>& change : changes) {
      poster_.Submit(changes_, std::move(change), [&](ledger::Outcome outcome) {
        const std::lock_guard lock(mutex);
        outcomes.push_back(std::move(outcome));
        one_more.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    one_more.wait(lock, [&] { return outcomes.size() == all; });
    return outcomes;
  }

  // Everything that is kept of what a member has, in words, without what tells members apart: each
  // unit's wallet and lots, of which a voucher is one; what they are as a buyer; what caps counted;
  // and the facts that tiers are reckoned from, with what of each was taken back.
  std::string StateOf(const MemberId& member) {
    return Text(pg::Query{"testing/state", R"(
        SELECT concat_ws(' | ',
          (SELECT string_agg(concat_ws(',', unit, available, pending, held, debt), ';' ORDER BY unit)
           FROM ledger.wallet WHERE partition = $1 AND member = $2),
          (SELECT string_agg(concat_ws(',', unit, points, available, pending, held, debt, spent, expired,
                                       taken, lent - borrowed), ';' ORDER BY seq)
           FROM ledger.lot WHERE partition = $1 AND member = $2),
          (SELECT concat_ws(',', kept, highest_position)
           FROM gratis_thanks.buyer WHERE partition = $1 AND member = $2),
          (SELECT string_agg(concat_ws(',', rule, per, since, earned, taken), ';' ORDER BY rule, per, since)
           FROM gratis_thanks.cap_count WHERE partition = $1 AND member = $2),
          (SELECT string_agg(concat_ws(',', kind, unit, points,
                                       (SELECT sum(undoing.points) FROM ledger.journal AS undoing
                                        WHERE undoing.partition = $1 AND undoing.undoes = gave.seq)),
                             ';' ORDER BY seq)
           FROM ledger.journal AS gave
           WHERE partition = $1 AND member = $2 AND (kind = 30 OR origin = 1))))"},
                member);
  }

  // What of a member's purchases still counts under the cap over all of them, and towards tiers.
  std::string StillCounted(const MemberId& member) {
    return Text(pg::Query{"testing/still_counted", R"(
        SELECT concat_ws(' ',
          (SELECT sum(earned - taken)
           FROM gratis_thanks.cap_count WHERE partition = $1 AND member = $2),
          (SELECT sum(CASE WHEN origin = 1 THEN points WHEN kind = 26 THEN -points END)
           FROM ledger.journal WHERE partition = $1 AND member = $2)))"},
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

  const BudgetId budget_{ids_.Next(kNow)};
};

TEST_F(ReturnSequencesTest, AnySequenceOfReturnsEndsWhereOneFullReturnDoes) {
  int round = 0;
  EXPECT_TRUE(rc::check([&] {
    ++round;
    const Trial trial = AnyTrial();
    const bool together = *rc::gen::arbitrary<bool>();
    std::vector<std::string> states;
    for (const bool at_once : {true, false}) {
      member_ = NewMember();
      const std::string order_id = absl::StrCat(round, at_once ? " at once" : " in parts");
      Buy(order_id, trial);
      if (!at_once && together) ReturnTogether(order_id);
      if (!at_once && !together) ReturnInTurn(order_id);
      if (!Find(order_id)->purchase.returned.whole) Return(order_id, "the rest", Everything());
      RC_ASSERT(SpentOf(budget_) == 0);
      RC_ASSERT(StillCounted(member_) == absl::StrCat(kEarlierPoints, " ", kEarlierPoints));
      states.push_back(StateOf(member_));
    }
    RC_ASSERT(states[0] == states[1]);
  }));
  EXPECT_THAT(Damages(), IsEmpty());
}

}  // namespace
}  // namespace gratis::thanks
