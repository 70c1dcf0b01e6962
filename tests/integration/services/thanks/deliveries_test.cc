#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/ledger/voucher_code.h"
#include "services/thanks/activations.h"
#include "tests/integration/services/thanks/thanks_house.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kDay = absl::Hours(24);

OrderKey Web(const std::string& order_id) { return {.source = "webshop", .order_id = order_id}; }

// Points that wait until what was bought has arrived.
class DeliveriesTest : public ThanksHouse {
 protected:
  void WaitFor(PendingRule rule) {
    Policy policy = DefaultPolicy("USD");
    policy.pending = std::move(rule);
    policy.thank_you.bonus_points = 5;
    Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  }
  // Until `days` after the delivery, and no longer than 44 days after the purchase.
  void WaitDays(int32_t days) {
    WaitFor({.until_delivery = true, .days_after_delivery = days, .days_at_most = 44});
  }

  v1::RecordPurchaseResponse Buy(const std::string& order_id) {
    return Parsed(Do(Purchase(order_id, 10'000)));
  }
  v1::RecordDeliveryResponse Deliver(const std::string& order_id, absl::Time at) {
    return Parsed<v1::RecordDeliveryResponse>(
        Do(Delivered(Web(order_id), absl::StrCat("delivery ", ++deliveries_), at)));
  }
  int64_t Ended(absl::Time now) {
    const absl::StatusOr<int64_t> ended = activations_.Run(program_, now, Soon(), {});
    EXPECT_TRUE(ended.ok()) << ended.status();
    return ended.value_or(-1);
  }

  ledger::Wallet WalletAt(absl::Time now, const MemberId& member) {
    ledger::Wallet wallet;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(auto wallets, ledger::ReadBalances(tx, program_, member, now));
                  wallet = wallets[ledger::kPointsUnit];
                  return absl::OkStatus();
                }).ok());
    return wallet;
  }
  int64_t AvailableAt(absl::Time now) { return WalletAt(now, member_).available; }
  int64_t PendingAt(absl::Time now) { return WalletAt(now, member_).pending; }

  // When points that waited became available, by the journal.
  std::vector<absl::Time> Activated(const MemberId& member) {
    std::vector<absl::Time> at;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ledger::EntryFilter filter;
                  filter.kinds = {ledger::FactKind::kActivated};
                  ASSIGN_OR_RETURN(const auto rows,
                                   ledger::ReadEntries(tx, program_, member, filter, 100));
                  for (const ledger::JournalRow& row : rows) at.push_back(row.fact.effective_at);
                  return absl::OkStatus();
                }).ok());
    return at;
  }

  Activations activations_{pool_, poster_, changes_, ids_};
  int deliveries_ = 0;
};

TEST_F(DeliveriesTest, WhatAPurchaseEarnsWaitsForItsDeliveryAndAGiftDoesNot) {
  WaitDays(0);
  const auto bought = Buy("1");
  EXPECT_EQ(bought.points(), 100);
  EXPECT_EQ(bought.pending_points(), 100);
  EXPECT_EQ(bought.points_available_at().seconds(), absl::ToUnixSeconds(kNow + 44 * kDay));
  EXPECT_EQ(bought.available_points(), 5);
  EXPECT_EQ(PendingAt(kNow), 100);

  const auto delivered = Deliver("1", kNow + 2 * kDay);
  EXPECT_EQ(delivered.activated_points(), 100);
  EXPECT_EQ(delivered.points_available_at().seconds(), absl::ToUnixSeconds(kNow + 2 * kDay));
  EXPECT_EQ(AvailableAt(kNow + 2 * kDay), 105);
  const auto again = Deliver("1", kNow + 3 * kDay);
  EXPECT_TRUE(again.known());
  EXPECT_EQ(again.activated_points(), 0);
  EXPECT_EQ(again.points_available_at().seconds(), absl::ToUnixSeconds(kNow + 2 * kDay));
  EXPECT_EQ(AvailableAt(kNow + 3 * kDay), 105);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(DeliveriesTest, DaysAfterTheDeliveryAreWaitedForToTheInstantAndEndOnce) {
  WaitDays(14);
  Buy("1");
  const absl::Time due = kNow + 16 * kDay;
  const auto delivered = Deliver("1", kNow + 2 * kDay);
  EXPECT_EQ(delivered.activated_points(), 0);
  EXPECT_EQ(delivered.points_available_at().seconds(), absl::ToUnixSeconds(due));
  EXPECT_EQ(Ended(due - absl::Microseconds(1)), 0);
  EXPECT_EQ(AvailableAt(due - absl::Microseconds(1)), 5);
  EXPECT_EQ(Ended(due + absl::Seconds(40)), 1);
  EXPECT_EQ(AvailableAt(due + absl::Seconds(40)), 105);
  EXPECT_THAT(Activated(member_), ElementsAre(due));
  EXPECT_EQ(Ended(due + kDay), 0);
  EXPECT_EQ(AvailableAt(due + 40 * kDay), 105);
  EXPECT_THAT(Activated(member_), ElementsAre(due));
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(DeliveriesTest, WhatFailsForOneHoldsUpNoOther) {
  WaitDays(14);
  while (ledger::PartitionOf(program_, member_) == program_.first_partition) member_ = NewMember();
  Buy("1");
  Deliver("1", kNow);
  // Points of no purchase, where the job comes by first.
  database_.Execute(absl::StrCat("INSERT INTO gratis_thanks.activation VALUES (",
                                 program_.first_partition, ", '2020-01-01', '",
                                 base::Hex(ids_.Next(kNow).AsBytes()), "')"));
  const absl::Time due = kNow + 14 * kDay;
  EXPECT_EQ(ReasonOf(activations_.Run(program_, due, Soon(), {}).status()), Reason::kInternal);
  EXPECT_THAT(Activated(member_), ElementsAre(due));
  EXPECT_EQ(AvailableAt(due), 105);
}

TEST_F(DeliveriesTest, WithoutADeliveryTheyWaitSoLongAndNoLonger) {
  WaitDays(14);
  Buy("1");
  EXPECT_EQ(AvailableAt(kNow + 44 * kDay - absl::Microseconds(1)), 5);
  EXPECT_EQ(AvailableAt(kNow + 44 * kDay), 105);
  // One that is told of afterwards, or whose days would be over later, puts nothing off.
  const auto late = Deliver("1", kNow + 40 * kDay);
  EXPECT_EQ(late.points_available_at().seconds(), absl::ToUnixSeconds(kNow + 44 * kDay));
  EXPECT_EQ(Ended(kNow + 60 * kDay), 0);
  EXPECT_EQ(AvailableAt(kNow + 44 * kDay), 105);
}

TEST_F(DeliveriesTest, ADeliveryThatIsToldLateCountsFromWhenItWas) {
  WaitDays(14);
  Buy("1");
  auto told = Delivered(Web("1"), "late", kNow + kDay);
  told->envelope.now = kNow + 20 * kDay;
  EXPECT_EQ(Parsed<v1::RecordDeliveryResponse>(Do(std::move(told))).activated_points(), 100);
  EXPECT_THAT(Activated(member_), ElementsAre(kNow + 15 * kDay));
}

TEST_F(DeliveriesTest, OneThatComesBeforeItsPurchaseWaitsForIt) {
  WaitDays(14);
  for (int i = 0; i < 6; ++i) {  // of whatever partitions
    member_ = NewMember();
    const std::string order_id = absl::StrCat(i);
    const auto early = Deliver(order_id, kNow);
    EXPECT_TRUE(early.parked());
    EXPECT_EQ(early.purchase_id(), "");
    // Told again, the first stays; and a return may wait beside it.
    const auto again = Deliver(order_id, kNow + kDay);
    EXPECT_TRUE(again.known());
    EXPECT_EQ(again.delivered_at().seconds(), absl::ToUnixSeconds(kNow));
    EXPECT_TRUE(Parsed<v1::RecordReturnResponse>(
                    Do(Back(Web(order_id), "r1", {.amount_minor = 2'500, .currency_code = "USD"})))
                    .parked());

    const auto bought = Buy(order_id);
    EXPECT_EQ(bought.returned_points(), 25);
    EXPECT_EQ(bought.pending_points(), 75);
    EXPECT_EQ(bought.points_available_at().seconds(), absl::ToUnixSeconds(kNow + 14 * kDay));
    EXPECT_EQ(Find(order_id)->purchase.delivered_at, kNow);
    EXPECT_TRUE(Deliver(order_id, kNow + 2 * kDay).known());
    EXPECT_EQ(AvailableAt(kNow + 13 * kDay), 5);
  }
  EXPECT_EQ(Ended(kNow + 14 * kDay), 6);
  EXPECT_EQ(AvailableAt(kNow + 14 * kDay), 80);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(DeliveriesTest, WhatArrivedLongBeforeItWasRecordedWaitsNoMore) {
  WaitDays(14);
  Deliver("1", kNow - 20 * kDay);
  const auto bought = Parsed(Do(Purchase("1", 10'000, kNow - 25 * kDay)));
  EXPECT_EQ(bought.pending_points(), 0);
  EXPECT_EQ(bought.available_points(), 100);
  EXPECT_THAT(Activated(member_), ElementsAre(kNow - 6 * kDay));
}

TEST_F(DeliveriesTest, WhatIsTakenHomeFromAStoreDoesNotWait) {
  WaitFor({.until_delivery = true, .days_at_most = 30, .channels = {"web", "app"}});
  for (const std::string channel : {"web", "app", "store", ""}) {
    PurchaseOrder order{.member = member_,
                        .order = Web(absl::StrCat("by ", channel)),
                        .total = {"USD", 10'000},
                        .purchased_at = kNow,
                        .channel = channel};
    const bool waits = channel == "web" || channel == "app";
    const auto bought = Parsed(Do(Order(order)));
    EXPECT_EQ(bought.pending_points(), waits ? 100 : 0) << channel;
    EXPECT_EQ(bought.has_points_available_at(), waits) << channel;
  }
  EXPECT_EQ(PendingAt(kNow), 200);
  EXPECT_EQ(AvailableAt(kNow), 4 * 5 + 200);
}

TEST_F(DeliveriesTest, WhatWasBoughtKeepsItsTermsWhateverThePolicySaysByThen) {
  WaitDays(14);
  Buy("1");
  WaitFor({});
  EXPECT_EQ(Buy("2").pending_points(), 0);
  EXPECT_EQ(PendingAt(kNow), 100);
  EXPECT_EQ(Deliver("1", kNow).points_available_at().seconds(),
            absl::ToUnixSeconds(kNow + 14 * kDay));
  EXPECT_EQ(absl::ToUnixSeconds(kNow + 14 * kDay),
            absl::ToUnixSeconds(thanks::AvailableAt(Find("1")->purchase.pending,
                                                    Find("1")->purchase.delivered_at)));
}

TEST_F(DeliveriesTest, WhatIsTooOldToWaitDoesNot) {
  WaitDays(14);
  const auto bought = Parsed(Do(Purchase("1", 10'000, kNow - 44 * kDay)));
  EXPECT_EQ(bought.pending_points(), 0);
  EXPECT_FALSE(bought.has_points_available_at());
  EXPECT_EQ(AvailableAt(kNow), 100);
}

TEST_F(DeliveriesTest, AnOrganizationsPartWaitsToo) {
  WaitDays(3);
  const MemberId firm = NewMember();
  Parsed(Do(PurchaseFor(firm, 30, "1", 10'000)));
  EXPECT_EQ(WalletAt(kNow, firm).pending, 30);
  EXPECT_EQ(WalletAt(kNow, firm).available, 0);
  EXPECT_EQ(PendingAt(kNow), 70);
  Deliver("1", kNow);
  EXPECT_EQ(Ended(kNow + 3 * kDay), 1);
  EXPECT_EQ(WalletAt(kNow + 3 * kDay, firm).available, 30);
  EXPECT_EQ(AvailableAt(kNow + 3 * kDay), 75);

  Parsed(Do(PurchaseFor(firm, 30, "2", 10'000)));
  EXPECT_EQ(Deliver("2", kNow + 4 * kDay).activated_points(), 0);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(DeliveriesTest, WhatIsClaimedWaitsForWhatIsLeftOfIt) {
  WaitDays(14);
  const OrderKey receipt{.source = "pos",
                         .store = "zurich",
                         .till = "3",
                         .business_date = absl::CivilDay(2027, 1, 15),
                         .receipt = "1"};
  const auto bought = Parsed(
      Do(Order({.order = receipt, .total = {"USD", 10'000}, .purchased_at = kNow - 10 * kDay})));
  EXPECT_EQ(bought.pending_points(), 0);
  Parsed<v1::RecordDeliveryResponse>(Do(Delivered(receipt, "d1", kNow - 4 * kDay)));
  const auto code = ledger::ParseVoucherCode(bought.receipt_code());
  ASSERT_TRUE(code.ok());
  const auto claimed = Parsed<v1::ClaimPurchaseResponse>(Do(Claim(member_, *code)));
  EXPECT_EQ(claimed.pending_points(), 100);
  EXPECT_EQ(claimed.points_available_at().seconds(), absl::ToUnixSeconds(kNow + 10 * kDay));
  EXPECT_EQ(AvailableAt(kNow + 10 * kDay - absl::Microseconds(1)), 0);
  EXPECT_EQ(AvailableAt(kNow + 10 * kDay), 100);
}

TEST_F(DeliveriesTest, ReturnsTakeOfWhatWaitsAndNobodyOwesForIt) {
  WaitDays(14);
  Buy("1");
  const auto half = Parsed<v1::RecordReturnResponse>(
      Do(Back(Web("1"), "r1", {.amount_minor = 5'000, .currency_code = "USD"})));
  EXPECT_EQ(half.points_taken(), 50);
  EXPECT_EQ(half.points_owed(), 0);
  EXPECT_EQ(PendingAt(kNow), 50);
  Deliver("1", kNow);
  const auto rest =
      Parsed<v1::RecordReturnResponse>(Do(Back(Web("1"), "r2", {.everything = true})));
  EXPECT_EQ(rest.points_taken(), 50);
  EXPECT_EQ(rest.points_owed(), 0);
  // What came back wholly has nothing to become available.
  EXPECT_EQ(Ended(kNow + 14 * kDay), 1);
  EXPECT_THAT(Activated(member_), IsEmpty());
  EXPECT_EQ(AvailableAt(kNow + 60 * kDay), 5);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(DeliveriesTest, AnySequenceOfReturnsAroundADeliveryEndsWhereOneFullReturnDoes) {
  WaitFor({.until_delivery = true, .days_at_most = 44, .channels = {"web"}});
  int round = 0;
  EXPECT_TRUE(rc::check([&] {
    ++round;
    const int64_t cents = *rc::gen::inRange<int64_t>(100, 20'000);
    const int delivered_at_step = *rc::gen::inRange(0, 6);
    std::vector<std::pair<int64_t, int64_t>> ends;
    for (const bool at_once : {true, false}) {
      member_ = NewMember();
      const std::string order_id = absl::StrCat(round, at_once ? " at once" : " in parts");
      Parsed(Do(Purchase(order_id + " earlier", 10'000)));
      Parsed(Do(Order({.member = member_,
                       .order = Web(order_id),
                       .total = {"USD", cents},
                       .purchased_at = kNow,
                       .channel = "web"})));
      for (int step = 0; !at_once && step < 6; ++step) {
        if (step == delivered_at_step) Deliver(order_id, kNow);
        const thanks::Purchase purchase = Find(order_id)->purchase;
        if (purchase.returned.whole) break;
        const int64_t left = cents - UndoneBy(purchase, purchase.returned).returned_minor;
        const ledger::Wallet before = WalletAt(kNow, member_);
        const auto came = Parsed<v1::RecordReturnResponse>(Do(Back(
            Web(order_id), absl::StrCat("r", step),
            {.amount_minor = *rc::gen::inRange<int64_t>(1, left + 1), .currency_code = "USD"})));
        const ledger::Wallet after = WalletAt(kNow, member_);
        // Exactly what it says is gone, and nothing of anything else.
        RC_ASSERT(before.available + before.pending - came.points_taken() ==
                  after.available + after.pending);
        RC_ASSERT(after.debt == 0);
      }
      if (!Find(order_id)->purchase.returned.whole) {
        Parsed<v1::RecordReturnResponse>(Do(Back(Web(order_id), "the rest", {.everything = true})));
      }
      const ledger::Wallet end = WalletAt(kNow + 60 * kDay, member_);
      RC_ASSERT(end.pending == 0);
      ends.emplace_back(end.available, end.debt);
    }
    RC_ASSERT(ends[0] == ends[1]);
    RC_ASSERT(ends[0] == std::pair(int64_t{100 + 5 + 5}, int64_t{0}));
  }));
  EXPECT_THAT(Damages(), IsEmpty());
}

}  // namespace
}  // namespace gratis::thanks
