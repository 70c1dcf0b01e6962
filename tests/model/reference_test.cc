#include "tests/model/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "tests/model/script.h"

// The reference against cases worked out by hand, so that a disagreement with the kernel is worth
// looking at.
namespace gratis::model {
namespace {

using ledger::Clawback;
using ledger::ExpiryKind;
using ledger::FactKind;
using ledger::Unit;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr absl::Duration kDay = absl::Hours(24);

class ReferenceTest : public ::testing::Test {
 protected:
  ReferenceTest() {
    reference_.Enroll(ada_);
    reference_.Enroll(bob_);
  }

  template <class Id>
  Id New() {
    return {ids_.Next(now_)};
  }

  // Fills in what every operation has, does it, and sees that everything adds up.
  std::string Do(Operation operation) {
    if (operation.transaction.IsNil()) operation.transaction = New<TransactionId>();
    if (operation.member.IsNil()) operation.member = ada_;
    if (operation.effective_at == absl::Time()) operation.effective_at = now_;
    last_ = operation.transaction;
    const Answer answer = reference_.Do({.id = absl::StrCat("request-", ++requests_),
                                         .operations = {operation},
                                         .now = now_,
                                         .partitions = {1}});
    EXPECT_THAT(reference_.Faults(), IsEmpty());
    if (!answer.ok) return answer.text;
    return answer.text.substr(answer.text.find("; ") + 2);
  }
  TransactionId Earn(int64_t points, absl::Duration life = absl::InfiniteDuration()) {
    EXPECT_THAT(Do({.act = Act::kEarn, .points = points, .expires_at = now_ + life}),
                StartsWith("available="));
    return last_;
  }
  TransactionId Spend(int64_t points) {
    EXPECT_THAT(Do({.act = Act::kSpend, .kind = FactKind::kSpend, .points = points}),
                StartsWith("available="));
    return last_;
  }
  HoldId Hold(int64_t points, absl::Duration life) {
    const auto hold = New<HoldId>();
    EXPECT_THAT(Do({.act = Act::kHold, .points = points, .hold = hold, .life = life}),
                StartsWith("until="));
    return hold;
  }
  std::string Reverse(TransactionId what, int64_t points = 0,
                      std::optional<Clawback> clawback = {}) {
    return Do({.act = Act::kReverse, .points = points, .earlier = what, .clawback = clawback});
  }
  void Rules(const Unit& unit) { reference_.SetUnit(unit); }
  Balances Of(const MemberId& member) { return reference_.BalancesOf(member, 1); }
  const ledger::Lot& Lot(int64_t number) { return reference_.books().lots.at(number); }

  Reference reference_{absl::UTCTimeZone()};
  base::SequentialIds ids_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  const MemberId ada_ = New<MemberId>();
  const MemberId bob_ = New<MemberId>();
  TransactionId last_;
  int requests_ = 0;
};

TEST_F(ReferenceTest, LotsAreSpentByExpiryThenAge) {
  Earn(10);
  Earn(10, 2 * kDay);
  Earn(10, kDay);
  Spend(15);
  EXPECT_EQ(Lot(1).available, 10);
  EXPECT_EQ(Lot(2).available, 5);
  EXPECT_EQ(Lot(3).available, 0);
  EXPECT_EQ(Do({.act = Act::kSpend, .kind = FactKind::kSpend, .points = 16}),
            "INSUFFICIENT_POINTS available_points=15");
}

TEST_F(ReferenceTest, PointsEndAtTheInstantAndNotBefore) {
  Earn(10, kDay);
  now_ += kDay - absl::Microseconds(1);
  Spend(1);
  now_ += absl::Microseconds(1);
  EXPECT_EQ(Do({.act = Act::kSpend, .kind = FactKind::kSpend, .points = 1}),
            "INSUFFICIENT_POINTS available_points=0");
  EXPECT_EQ(Of(ada_).available, 9) << "a refused request leaves everything alone";
  Earn(1);
  EXPECT_EQ(Lot(1).expired, 9);
}

TEST_F(ReferenceTest, PendingPointsRepayADebtWhenTheyBecomeAvailable) {
  const TransactionId earned = Earn(10);
  Spend(10);
  EXPECT_THAT(Reverse(earned), StartsWith("taken=10 expired=0 debt=10"));
  EXPECT_EQ(Of(ada_), (Balances{.debt = -10}));
  Do({.act = Act::kEarn, .points = 15, .available_at = now_ + kDay});
  EXPECT_EQ(Of(ada_), (Balances{.pending = 15, .debt = -10}));
  now_ += kDay;
  Spend(5);
  EXPECT_EQ(Of(ada_), Balances{});
  EXPECT_EQ(Lot(2).lent, 10);
  EXPECT_EQ(Lot(1).borrowed, 10);
}

TEST_F(ReferenceTest, WhatWasLentIsGivenBackWhenTheSpendComesBack) {
  const TransactionId earned = Earn(10);
  const TransactionId spent = Spend(10);
  Earn(4);
  Earn(3);
  EXPECT_THAT(Reverse(earned), StartsWith("taken=10 expired=0 debt=3 "));
  EXPECT_THAT(Reverse(spent),
              StartsWith("taken=0 expired=0 debt=0 forgiven=0 restored=10 repaid=3"));
  EXPECT_EQ(Of(ada_).available, 7);
  EXPECT_EQ(Lot(2).available, 4);
  EXPECT_EQ(Lot(3).available, 3);
  EXPECT_THAT(reference_.books().covers, IsEmpty());
}

TEST_F(ReferenceTest, PoliciesOfClawback) {
  const TransactionId earned = Earn(10);
  Spend(6);
  EXPECT_EQ(Reverse(earned, 0, Clawback::kRefuse), "CLAWBACK_REFUSED available_points=4");
  EXPECT_EQ(Of(ada_).available, 4);
  EXPECT_THAT(Reverse(earned, 0, Clawback::kClamp),
              StartsWith("taken=10 expired=0 debt=0 forgiven=6"));
  EXPECT_EQ(Of(ada_), Balances{});
  EXPECT_EQ(Reverse(earned), "NOTHING_TO_REVERSE");
}

TEST_F(ReferenceTest, ReversalsNeverExceedWhatTheyUndo) {
  const TransactionId earned = Earn(10);
  EXPECT_THAT(Reverse(earned, 4), StartsWith("taken=4"));
  EXPECT_EQ(Reverse(earned, 7), "REVERSAL_TOO_LARGE left=6");
  EXPECT_THAT(Reverse(earned), StartsWith("taken=6"));
  EXPECT_EQ(Reverse(New<TransactionId>()), "TRANSACTION_NOT_FOUND");
}

TEST_F(ReferenceTest, WhatExpiredCountsAsTaken) {
  const TransactionId earned = Earn(10, kDay);
  Spend(3);
  now_ += kDay;
  EXPECT_THAT(Reverse(earned), StartsWith("taken=10 expired=7 debt=3"));
  EXPECT_EQ(Lot(1).taken, 10);
}

TEST_F(ReferenceTest, AHoldIsCapturedInPartAndTheRestReleased) {
  Earn(10, 10 * kDay);
  Earn(10, 5 * kDay);
  const HoldId hold = Hold(15, kDay);
  EXPECT_EQ(Lot(2).held, 10);
  EXPECT_EQ(Do({.act = Act::kCapture, .points = 16, .hold = hold}),
            "INSUFFICIENT_POINTS available_points=15");
  EXPECT_THAT(Do({.act = Act::kCapture, .points = 12, .hold = hold}), StartsWith("captured=12"));
  EXPECT_EQ(Lot(2).spent, 10);
  EXPECT_EQ(Lot(1).spent, 2);
  EXPECT_EQ(Of(ada_), (Balances{.available = 8}));
  EXPECT_EQ(Do({.act = Act::kRelease, .hold = hold}), "HOLD_RESOLVED");
  EXPECT_EQ(Do({.act = Act::kRelease, .hold = New<HoldId>()}), "HOLD_NOT_FOUND");
}

TEST_F(ReferenceTest, HeldPointsOutliveTheirExpiryAndEndWhenReleased) {
  Earn(10, kDay);
  const HoldId hold = Hold(6, 3 * kDay);
  now_ += 2 * kDay;
  EXPECT_THAT(Do({.act = Act::kRelease, .hold = hold}), StartsWith("released=6 available=0"));
  EXPECT_EQ(Lot(1).expired, 10);
}

TEST_F(ReferenceTest, AHoldEndsByItself) {
  Earn(10);
  const HoldId hold = Hold(6, kDay);
  now_ += kDay;
  EXPECT_EQ(Do({.act = Act::kCapture, .hold = hold}), "HOLD_RESOLVED");
  Spend(10);
}

TEST_F(ReferenceTest, ReturnedAfterExpiryPointsLastAsLongAsTheGrace) {
  Rules({.return_grace_days = 14});
  Earn(10, kDay);
  const TransactionId spent = Spend(10);
  now_ += 2 * kDay;
  EXPECT_THAT(Reverse(spent, 4), HasSubstr("restored=4"));
  EXPECT_EQ(Of(ada_).available, 4);
  EXPECT_EQ(Lot(2).expires_at, now_ + 14 * kDay);
  EXPECT_EQ(Lot(2).earned_at, Lot(1).earned_at);
  Rules({});
  EXPECT_THAT(Reverse(spent), HasSubstr("restored=6"));
  EXPECT_EQ(Of(ada_).available, 4);
  EXPECT_EQ(Lot(1).expired, 6);
}

TEST_F(ReferenceTest, AnIdleWalletEndsAsAWhole) {
  Rules({.expiry = ExpiryKind::kInactivity, .expiry_months = 1});
  Earn(10);
  Do({.act = Act::kEarn, .points = 5, .available_at = absl::InfiniteFuture()});
  now_ = Reference::EndOf(reference_.books().units.at(1), now_, absl::UTCTimeZone());
  EXPECT_EQ(Do({.act = Act::kSpend, .kind = FactKind::kSpend, .points = 1}),
            "INSUFFICIENT_POINTS available_points=0");
  Earn(1);
  EXPECT_EQ(Of(ada_), (Balances{.available = 1, .pending = 5}));
}

TEST_F(ReferenceTest, TransferredPointsKeepTheirAgeAndExpiry) {
  EXPECT_EQ(Do({.act = Act::kTransfer, .points = 1, .to = bob_}), "TRANSFER_NOT_ALLOWED");
  Rules({.transferable = true});
  Earn(10, kDay);
  Earn(10, 2 * kDay);
  now_ += absl::Hours(1);
  EXPECT_THAT(Do({.act = Act::kTransfer, .points = 15, .to = bob_}), StartsWith("available=5"));
  const TransactionId transferred = last_;
  EXPECT_EQ(Lot(3).points, 10);
  EXPECT_EQ(Lot(3).expires_at, Lot(1).expires_at);
  EXPECT_EQ(Lot(4).points, 5);
  EXPECT_EQ(Lot(4).earned_at, Lot(2).earned_at);
  EXPECT_EQ(Reverse(last_), "NOTHING_TO_REVERSE");
  EXPECT_EQ(Do({.act = Act::kReverse, .member = bob_, .earlier = transferred}),
            "TRANSACTION_NOT_FOUND");
  EXPECT_EQ(Do({.act = Act::kTransfer, .points = 1, .to = ada_}), "TRANSFER_NOT_ALLOWED");
}

TEST_F(ReferenceTest, TheLastGiftThatFitsABudgetIsGivenAndReversalsGiveBack) {
  const auto budget = New<BudgetId>();
  reference_.SetBudget({.id = budget, .limit = 10});
  Do({.act = Act::kEarn, .points = 7, .budget = budget});
  const TransactionId gift = last_;
  EXPECT_EQ(Do({.act = Act::kEarn, .points = 4, .budget = budget}), "BUDGET_EXHAUSTED remaining=3");
  EXPECT_THAT(Reverse(gift, 1), StartsWith("taken=1"));
  EXPECT_THAT(Do({.act = Act::kEarn, .points = 4, .budget = budget}), StartsWith("available=10"));
  EXPECT_EQ(reference_.books().budgets.at(budget).spent, 10);
}

TEST_F(ReferenceTest, AVoucherIsUsedInPartsHeldVoidedAndReinstated) {
  const auto voucher = New<VoucherId>();
  const ledger::VoucherTerms birthday{.origin = "birthday", .one_live = true};
  const auto issue = [&](VoucherId id) {
    return Do(
        {.act = Act::kIssueVoucher, .unit = 100, .points = 20, .voucher = id, .terms = birthday});
  };
  issue(voucher);
  EXPECT_THAT(issue(New<VoucherId>()), StartsWith("VOUCHER_LIVE"));
  EXPECT_THAT(Do({.act = Act::kRedeemVoucher, .points = 5, .voucher = voucher}),
              StartsWith("worth=5 available=15"));
  const TransactionId redeemed = last_;
  EXPECT_EQ(Do({.act = Act::kRedeemVoucher, .points = 16, .voucher = voucher}),
            "INSUFFICIENT_WORTH remaining=15");
  const auto hold = New<HoldId>();
  Do({.act = Act::kHoldVoucher, .points = 15, .hold = hold, .life = kDay, .voucher = voucher});
  EXPECT_EQ(Do({.act = Act::kVoidVoucher, .voucher = voucher}), "VOUCHER_NOT_LIVE");
  EXPECT_THAT(Do({.act = Act::kRelease, .hold = hold}), StartsWith("released=15"));
  EXPECT_THAT(Do({.act = Act::kVoidVoucher, .voucher = voucher}), StartsWith("worth=15"));
  const auto next = New<VoucherId>();
  EXPECT_THAT(issue(next), StartsWith("available=20"));
  // Two of an origin do not live: not even when one comes back.
  EXPECT_EQ(Reverse(redeemed), absl::StrCat("VOUCHER_LIVE voucher_id=", next.ToString()));
  EXPECT_EQ(Lot(1).available, 0);
  Do({.act = Act::kVoidVoucher, .voucher = next});
  EXPECT_THAT(Reverse(redeemed), HasSubstr("restored=5"));
  EXPECT_EQ(Lot(1).available, 5);
}

TEST_F(ReferenceTest, ARetryGetsTheFirstAnswerAndOtherContentNone) {
  Request request{.id = "r", .now = now_, .partitions = {1}};
  request.operations = {{.act = Act::kEarn, .member = ada_, .effective_at = now_, .points = 10}};
  const Answer first = reference_.Do(request);
  const Answer again = reference_.Do(request);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.text, first.text);
  request.operations.front().points = 11;
  EXPECT_EQ(reference_.Do(request).text, "REQUEST_ID_REUSED");
  EXPECT_EQ(Of(ada_).available, 10);
}

TEST_F(ReferenceTest, ABatchTogetherIsDoneAsAWholeOrNotAtAll) {
  const auto request = [&](const std::string& id, Act act, int64_t points) {
    return Request{.id = id,
                   .operations = {{.act = act,
                                   .kind = FactKind::kSpend,
                                   .member = ada_,
                                   .effective_at = now_,
                                   .points = points}},
                   .now = now_,
                   .partitions = {1}};
  };
  auto answers = reference_.DoTogether(
      {request("a", Act::kEarn, 10), request("b", Act::kSpend, 11), request("c", Act::kEarn, 1)});
  EXPECT_EQ(answers[0].text, "BATCH_ABORTED failed_item=1");
  EXPECT_EQ(answers[1].text, "INSUFFICIENT_POINTS available_points=10");
  EXPECT_EQ(Of(ada_), Balances{});
  answers = reference_.DoTogether({request("a", Act::kEarn, 10), request("b", Act::kSpend, 9)});
  EXPECT_TRUE(answers[0].ok && answers[1].ok);
  EXPECT_EQ(Of(ada_).available, 1);
}

TEST(ReferenceRules, WhatWasEarnedEndsWithTheLastDayThatTheRuleNames) {
  const auto zone = absl::UTCTimeZone();
  const auto at = [&](int year, int month, int day, int hour = 0) {
    return absl::FromCivil(absl::CivilHour(year, month, day, hour), zone);
  };
  const Unit rolling{.expiry = ExpiryKind::kRollingMonths, .expiry_months = 1};
  EXPECT_EQ(Reference::EndOf(rolling, at(2027, 1, 31, 9), zone), at(2027, 3, 1));
  EXPECT_EQ(Reference::EndOf(rolling, at(2028, 1, 30), zone), at(2028, 3, 1));
  const Unit calendar{
      .expiry = ExpiryKind::kCalendarDay, .expiry_months = 3, .expiry_month = 12, .expiry_day = 31};
  EXPECT_EQ(Reference::EndOf(calendar, at(2027, 9, 30), zone), at(2028, 1, 1));
  EXPECT_EQ(Reference::EndOf(calendar, at(2027, 10, 2), zone), at(2029, 1, 1));
  const Unit february{.expiry = ExpiryKind::kCalendarDay, .expiry_month = 2, .expiry_day = 30};
  EXPECT_EQ(Reference::EndOf(february, at(2028, 2, 29, 23), zone), at(2028, 3, 1));
  EXPECT_EQ(Reference::EndOf(Unit{}, at(2028, 2, 29), zone), absl::InfiniteFuture());
}

// The reference alone, through many scripts: whatever is asked for, its books add up.
TEST(ReferenceScripts, NothingThatCanBeAskedForUnbalancesTheBooks) {
  const Weights everything = Everything();
  const ledger::Program program{
      .number = 2, .time_zone = "UTC", .first_partition = 1, .partitions = 2};
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    base::SeededRandom random(seed);
    base::SequentialIds ids;
    Reference reference(absl::UTCTimeZone());
    const absl::Time start = absl::FromUnixSeconds(1'800'000'000);
    std::vector<MemberId> members;
    for (int i = 0; i < 3; ++i) members.push_back({ids.Next(start)});
    for (const MemberId& member : members) reference.Enroll(member);
    reference.SetUnit({.number = 2, .transferable = true});
    Plot plot(program, members, start, reference, ids);
    plot.AddBudget({ids.Next(start)});
    reference.SetBudget({.id = plot.budgets().front(), .limit = 500});
    const Script script = ScriptOf(everything, 250, random);
    for (size_t at = 0; at < script.size();) {
      const Task task = plot.Next(script, &at);
      if (task.unit) reference.SetUnit(*task.unit);
      if (!task.requests.empty()) reference.DoTogether(task.requests);
      ASSERT_THAT(reference.Faults(), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace gratis::model
