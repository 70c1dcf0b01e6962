#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/reasons.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "services/thanks/buyers.h"
#include "services/thanks/claims.h"
#include "services/thanks/complaint_changes.h"
#include "services/thanks/complaint_store.h"
#include "tests/integration/services/thanks/triggers_testing.h"

namespace gratis::thanks {
namespace {

// What becomes of purchases and complaints of somebody who turns out to be somebody else. Each is
// played several times, so that the two are in one partition and in two.
class MergesTest : public ShopTest {
 protected:
  static constexpr int kTimes = 6;

  std::string NextOrder() { return absl::StrCat("order ", ++orders_); }
  // The order's name.
  std::string BuyAs(const MemberId& member) {
    member_ = member;
    const std::string order = NextOrder();
    Buy(order);
    return order;
  }
  int64_t PositionOf(const std::string& order) {
    const auto found = thanks_.FindPurchase(program_, Order(order), Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->purchase.position : -1;
  }
  int64_t NextPosition(const MemberId& member) {
    const auto quoted =
        thanks_.Quote(program_, {.member = member, .total = {"USD", 1'000}, .purchased_at = now_},
                      {}, now_, Soon());
    EXPECT_TRUE(quoted.ok()) << quoted.status();
    return quoted.ok() ? quoted->position : -1;
  }

  // What a member of staff rings for a member, or for nobody: the order's name and its points.
  std::pair<std::string, int64_t> Ring(const MemberId& staff, const MemberId& buyer) {
    const std::string name = NextOrder();
    const OrderKey order = Order(name);
    PurchaseNames names{.order = thanks_.NameOf(program_, order)};
    const int32_t place = ledger::PartitionOf(program_, PlaceOf(names.order));
    if (buyer.IsNil()) {
      names.receipt_code = thanks_.ReceiptCodeOf(program_, order);
      names.receipt = thanks_.ReceiptNameOf(program_, names.receipt_code);
    }
    auto rung = std::make_unique<RecordPurchase>(PurchaseOrder{.member = buyer,
                                                               .order = order,
                                                               .total = {"USD", 1'000},
                                                               .purchased_at = now_,
                                                               .staff_member = staff},
                                                 std::move(names), ids_, now_);
    rung->envelope = EnvelopeFor("ring " + name, buyer);
    if (buyer.IsNil()) rung->envelope.partition = place;
    return {name,
            Answered<v1::RecordPurchaseResponse>(poster_.Post(changes_, std::move(rung))).points()};
  }
  // The points that an order of nobody earns who claims it.
  int64_t Claim(const MemberId& member, const std::string& order) {
    const std::string code = thanks_.ReceiptCodeOf(program_, Order(order));
    const auto located = thanks_.Locate(program_, thanks_.ReceiptNameOf(program_, code), Soon());
    EXPECT_TRUE(located.ok()) << located.status();
    if (!located.ok()) return -1;
    auto claim = std::make_unique<ClaimPurchase>(*located, ids_, now_);
    claim->envelope = EnvelopeFor("claim " + order, member);
    return Answered<v1::ClaimPurchaseResponse>(poster_.Post(changes_, std::move(claim))).points();
  }

  // All of an order of who became part of the survivor.
  void ReturnFor(const MemberId& survivor, const std::string& order) {
    const ledger::DirectoryKey name = thanks_.NameOf(program_, Order(order));
    const auto located = thanks_.Locate(program_, name, Soon());
    ASSERT_TRUE(located.ok()) << located.status();
    auto back = std::make_unique<RecordReturn>(ReturnOrder{.order = Order(order),
                                                           .return_id = "r1",
                                                           .returning = {.everything = true},
                                                           .returned_at = now_},
                                               name, *located, ids_, now_);
    back->envelope = EnvelopeFor("back " + order, located->member);
    back->envelope.of_merged = true;
    back->envelope.survivors = {survivor};
    const ledger::Outcome outcome = poster_.Post(changes_, std::move(back));
    ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }
  ledger::Wallet WalletOf(const MemberId& member) {
    ledger::Wallet wallet;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(auto wallets, ledger::ReadBalances(tx, program_, member, now_));
                  wallet = wallets[ledger::kPointsUnit];
                  return absl::OkStatus();
                }).ok());
    return wallet;
  }

  // The orders that are listed for a member, page by page.
  std::vector<std::string> Listed(const MemberId& member, int32_t size, bool as_named = false) {
    std::vector<std::string> orders;
    PurchaseId after;
    do {
      const auto page = thanks_.ListPurchases(program_, member, after, size, Soon(), as_named);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(std::ssize(page->purchases), size);
      for (const Thanks::Found& found : page->purchases) {
        orders.push_back(found.purchase.order.order_id);
      }
      after = page->next.value_or(PurchaseId{});
    } while (!after.IsNil());
    return orders;
  }

  void Complain(const MemberId& member) {
    auto open = std::make_unique<OpenComplaint>(
        Complaint{.member = member, .topic = "delivery", .opened_at = now_}, program_, ids_, now_);
    open->envelope = EnvelopeFor(absl::StrCat("complain ", ++changes_made_), member);
    const ledger::Outcome outcome = poster_.Post(open_complaints_, std::move(open));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }
  bool Complains(const MemberId& member) {
    std::set<MemberId> complaining;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(complaining, FindComplaining(tx, program_, {member}));
                  return absl::OkStatus();
                }).ok());
    return complaining.count(member) > 0;
  }
  size_t ComplaintsOf(const MemberId& member, bool as_named = false) {
    std::vector<Complaint> complaints;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ComplaintId last;
                  last.uuid.bytes.fill(0xFF);
                  ASSIGN_OR_RETURN(complaints,
                                   ListComplaints(tx, program_, member, last, false, 10, as_named));
                  return absl::OkStatus();
                }).ok());
    return complaints.size();
  }

  OpenComplaints open_complaints_;
  int orders_ = 0;
};

TEST_F(MergesTest, ADuplicatesPurchasesCountAsTheSurvivors) {
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    BuyAs(duplicate);
    BuyAs(duplicate);
    EXPECT_EQ(PositionOf(BuyAs(survivor)), 1);
    const ledger::MergePair merge = Merge(duplicate, survivor);
    EXPECT_EQ(NextPosition(survivor), 4);
    EXPECT_EQ(PositionOf(BuyAs(survivor)), 4);
    EXPECT_EQ(PositionOf(BuyAs(survivor)), 5);
    // Taken apart again, each has their own.
    Undo(merge);
    EXPECT_EQ(NextPosition(survivor), 4);
    EXPECT_EQ(NextPosition(duplicate), 3);
    EXPECT_EQ(PositionOf(BuyAs(duplicate)), 3);
  }
}

TEST_F(MergesTest, AlsoThoseOfADuplicatesDuplicate) {
  const MemberId survivor = NewMember();
  const MemberId duplicate = NewMember();
  const MemberId first = NewMember();
  BuyAs(first);
  BuyAs(duplicate);
  Merge(first, duplicate);
  EXPECT_EQ(PositionOf(BuyAs(duplicate)), 3);
  Merge(duplicate, survivor);
  EXPECT_EQ(PositionOf(BuyAs(survivor)), 4);
}

TEST_F(MergesTest, PurchasesOfAllWhoBecameOneAreListedWhateverThePage) {
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    const MemberId first = NewMember();
    std::vector<std::string> all, survivors;
    for (int k = 0; k < 3; ++k) {
      for (const MemberId& member : {duplicate, survivor, first}) {
        all.push_back(BuyAs(member));
        if (member == survivor) survivors.push_back(all.back());
        now_ += absl::Milliseconds(2);  // ids follow the time
      }
    }
    Merge(first, duplicate);
    const ledger::MergePair merge = Merge(duplicate, survivor);
    all.push_back(BuyAs(survivor));
    survivors.push_back(all.back());
    for (const int32_t size : {1, 3, 4, 100}) EXPECT_EQ(Listed(survivor, size), all);
    EXPECT_EQ(Listed(survivor, 3, /*as_named=*/true), survivors);
    EXPECT_EQ(Listed(duplicate, 3, /*as_named=*/true).size(), 3U);
    // Taken apart again, each has their own.
    Undo(merge);
    EXPECT_EQ(Listed(survivor, 3), survivors);
    EXPECT_EQ(Listed(duplicate, 4).size(), 6U);
  }
}

TEST_F(MergesTest, APurchaseIsFoundForWhoBoughtItAndWhomTheyBecameAlone) {
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    const MemberId other = NewMember();
    const std::string order = BuyAs(duplicate);
    const auto found_for = [&](const MemberId& member, bool as_named = false) {
      const auto found = thanks_.FindPurchaseOf(program_, member, Order(order), Soon(), as_named);
      if (found.ok()) {
        EXPECT_EQ(found->purchase.member, duplicate);
      } else {
        EXPECT_EQ(ReasonOf(found.status()), Reason::kPurchaseNotFound);
      }
      return found.ok();
    };
    EXPECT_TRUE(found_for(duplicate));
    EXPECT_FALSE(found_for(survivor));
    const ledger::MergePair merge = Merge(duplicate, survivor);
    EXPECT_TRUE(found_for(survivor));
    EXPECT_FALSE(found_for(survivor, /*as_named=*/true));
    EXPECT_TRUE(found_for(duplicate, /*as_named=*/true));
    EXPECT_FALSE(found_for(other));
    Undo(merge);
    EXPECT_FALSE(found_for(survivor));
  }
  // What nobody has claimed is nobody's, and nobody has what does not exist.
  const MemberId buyer = NewMember();
  const std::string nobodys = Ring(NewMember(), MemberId()).first;
  for (const std::string& order : {nobodys, std::string("none")}) {
    const auto found = thanks_.FindPurchaseOf(program_, buyer, Order(order), Soon());
    EXPECT_EQ(ReasonOf(found.status()), Reason::kPurchaseNotFound) << order;
  }
  const MemberId stranger{ids_.Next(now_)};
  EXPECT_EQ(ReasonOf(thanks_.FindPurchaseOf(program_, stranger, Order(nobodys), Soon()).status()),
            Reason::kMemberNotFound);
}

TEST_F(MergesTest, ADuplicatesPurchaseThatComesBackLowersTheSurvivorsPosition) {
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    const std::string order = BuyAs(duplicate);
    BuyAs(duplicate);
    Merge(duplicate, survivor);
    EXPECT_EQ(PositionOf(BuyAs(survivor)), 3);
    ReturnFor(survivor, order);
    EXPECT_EQ(NextPosition(survivor), 3);
  }
}

TEST_F(MergesTest, ADuplicatesPurchaseThatComesBackTakesItsPointsWhereTheyWait) {
  Policy policy = DefaultPolicy("USD");
  policy.pending.until_delivery = true;
  auto change = std::make_unique<SetPolicy>(std::move(policy), ids_, now_);
  change->envelope = EnvelopeFor("policy", {});
  SetPolicies set_policies;
  ASSERT_TRUE(poster_.Post(set_policies, std::move(change)).answer.ok());
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    const std::string order = BuyAs(duplicate);
    BuyAs(survivor);
    Merge(duplicate, survivor);
    EXPECT_EQ(WalletOf(survivor).pending, 20);
    ReturnFor(survivor, order);
    EXPECT_EQ(WalletOf(survivor).pending, 10);
    EXPECT_EQ(WalletOf(survivor).debt, 0);
  }
}

TEST_F(MergesTest, WhatADuplicateSpentPaysForAPurchaseThatIsRecordedAfterTheMerge) {
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    BuyAs(duplicate);
    const auto spent = ledger::Beside(program_, duplicate, TransactionId{ids_.Next(now_)});
    const auto spend = Do(duplicate, [&](ledger::Books& books, const ledger::Envelope& envelope) {
      return ledger::Spend(books,
                           {.kind = ledger::FactKind::kSpend,
                            .transaction = spent,
                            .member = envelope.member,
                            .effective_at = envelope.now},
                           10);
    });
    ASSERT_TRUE(spend.answer.ok()) << spend.answer.status();
    const std::string name = NextOrder();
    const PurchaseOrder order{.member = survivor,
                              .order = Order(name),
                              .total = {"USD", 1'000},
                              .purchased_at = now_,
                              .payments = {{.kind = PaymentKind::kPoints,
                                            .tender = "points",
                                            .amount_minor = 100,
                                            .transaction = spent}}};
    EXPECT_EQ(ReasonOf(thanks_.Quote(program_, order, {}, now_, Soon()).status()),
              Reason::kTransactionNotFound);
    Merge(duplicate, survivor);
    const auto quoted = thanks_.Quote(program_, order, {}, now_, Soon());
    ASSERT_TRUE(quoted.ok()) << quoted.status();
    EXPECT_EQ(quoted->split.member_points, 9);
    const auto payers = thanks_.FindPayers(program_, order, Soon());
    ASSERT_TRUE(payers.ok()) << payers.status();
    auto bought = std::make_unique<RecordPurchase>(
        order, PurchaseNames{.order = thanks_.NameOf(program_, order.order)}, ids_, now_);
    bought->envelope = EnvelopeFor("buy " + name, survivor);
    bought->envelope.also = *payers;
    bought->envelope.of_merged = true;
    EXPECT_EQ(
        Answered<v1::RecordPurchaseResponse>(poster_.Post(changes_, std::move(bought))).points(),
        9);
    const ledger::DirectoryKey key = thanks_.NameOf(program_, order.order);
    const auto located = thanks_.Locate(program_, key, Soon());
    ASSERT_TRUE(located.ok()) << located.status();
    EXPECT_EQ(located->payers, std::vector<MemberId>{duplicate});
    auto back = std::make_unique<RecordReturn>(ReturnOrder{.order = order.order,
                                                           .return_id = "r1",
                                                           .returning = {.everything = true},
                                                           .returned_at = now_},
                                               key, *located, ids_, now_);
    back->envelope = EnvelopeFor("back " + name, survivor);
    back->envelope.of_merged = true;
    back->envelope.also = located->payers;
    const auto returned =
        Answered<v1::RecordReturnResponse>(poster_.Post(changes_, std::move(back)));
    EXPECT_EQ(returned.points_back(), 10);
    EXPECT_EQ(Points(survivor), 10);
    EXPECT_EQ(Points(duplicate), 0);
  }
}

TEST_F(MergesTest, APositionThatEitherReachedIsNotRewardedAgain) {
  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = {{"second", {}, BonusRule{.points = 500, .positions = {2}}}};
  auto change = std::make_unique<SetPolicy>(std::move(policy), ids_, now_);
  change->envelope = EnvelopeFor("policy", {});
  SetPolicies set_policies;
  ASSERT_TRUE(poster_.Post(set_policies, std::move(change)).answer.ok());
  const MemberId survivor = NewMember();
  const MemberId duplicate = NewMember();
  BuyAs(duplicate);
  const std::string second = BuyAs(duplicate);
  EXPECT_EQ(Points(duplicate), 10 + 510);
  Return(second, {.everything = true});
  EXPECT_EQ(Points(duplicate), 10);
  Merge(duplicate, survivor);
  const int64_t before = Points(survivor);
  EXPECT_EQ(PositionOf(BuyAs(survivor)), 2);
  EXPECT_EQ(Points(survivor), before + 10);
}

TEST_F(MergesTest, StaffDoNotEarnOnWhatTheyRangAsSomebodyWhoBecameThem) {
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    const std::string before = Ring(duplicate, {}).first;
    const std::string later = Ring(duplicate, {}).first;
    EXPECT_EQ(Ring(duplicate, survivor).second, 10);
    const ledger::MergePair merge = Merge(duplicate, survivor);
    EXPECT_EQ(Claim(survivor, before), 0);
    EXPECT_EQ(Ring(duplicate, survivor).second, 0);
    // Taken apart again, the two are not one.
    Undo(merge);
    EXPECT_EQ(Claim(survivor, later), 10);
  }
}

TEST_F(MergesTest, WhatIsDueIsGivenAtTheEndOfWhateverChainTheMemberIsPartOf) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60;
  Set(trigger);
  const auto thanked = [&](const MemberId& member) {
    int count = 0;
    for (const ledger::JournalRow& row : Facts(ledger::FactKind::kThankYou, member)) {
      count += row.fact.detail.find("\"trigger\":\"ceo-note\"") != std::string::npos;
    }
    return count;
  };
  for (int i = 0; i < kTimes; ++i) {
    std::vector<MemberId> chain;
    for (int k = 0; k < 4; ++k) chain.push_back(NewMember());
    const std::string order = BuyAs(chain[0]);
    for (int k = 1; k < 4; ++k) Merge(chain[k - 1], chain[k]);
    now_ += absl::Hours(1);
    EXPECT_EQ(RunDue().acted, 1);
    EXPECT_EQ(ResultOf(order).outcome, TriggerOutcome::kGiven);
    EXPECT_EQ(thanked(chain[3]), 1);
    EXPECT_EQ(RunDue().acted, 0);
  }
}

TEST_F(MergesTest, ADuplicatesComplaintHoldsBackWhatIsMeantForTheSurvivor) {
  Set(Note());
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    Complain(duplicate);
    EXPECT_FALSE(Complains(survivor));
    const ledger::MergePair merge = Merge(duplicate, survivor);
    EXPECT_TRUE(Complains(survivor));
    Complain(survivor);
    EXPECT_EQ(ComplaintsOf(survivor), 2U);
    EXPECT_EQ(ComplaintsOf(survivor, /*as_named=*/true), 1U);
    member_ = survivor;
    const std::string order = NextOrder();
    const auto bought = Buy(order);
    ASSERT_EQ(bought.followed_size(), 1);
    EXPECT_EQ(bought.followed(0).outcome(), "held_back");
    EXPECT_EQ(bought.thank_you().why(), v1::WITHHELD_REASON_COMPLAINT_OPEN);
    EXPECT_EQ(RunDue().acted, 0);
    EXPECT_EQ(ResultOf(order).outcome, TriggerOutcome::kHeldBack);
    // Taken apart again, each has their own.
    Undo(merge);
    EXPECT_TRUE(Complains(survivor));
    EXPECT_TRUE(Complains(duplicate));
    EXPECT_EQ(ComplaintsOf(survivor), 1U);
    EXPECT_EQ(ComplaintsOf(duplicate), 1U);
  }
}

TEST_F(MergesTest, WhatADuplicateWasThankedWithCountsForTheSurvivor) {
  Trigger once = Note("once");
  once.once_per_member = true;
  Trigger seldom = Note("seldom");
  seldom.rest_days = 30;
  Set(once);
  Set(seldom);
  Set(Note("always"));
  Limit(3, 7);
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    BuyAs(duplicate);
    const ledger::MergePair merge = Merge(duplicate, survivor);
    const std::string as_one = BuyAs(survivor);
    EXPECT_EQ(ResultOf(as_one, "once").why, TriggerWhy::kHadIt);
    EXPECT_EQ(ResultOf(as_one, "seldom").why, TriggerWhy::kHadItLately);
    EXPECT_EQ(ResultOf(as_one, "always").why, TriggerWhy::kLimit);
    // Taken apart again, each has their own.
    Undo(merge);
    const std::string alone = BuyAs(survivor);
    for (const std::string trigger : {"once", "seldom", "always"}) {
      EXPECT_EQ(ResultOf(alone, trigger).outcome, TriggerOutcome::kGiven) << trigger;
    }
  }
}

TEST_F(MergesTest, WhatWasDueToADuplicateAndCameToTheSurvivorCountsForThem) {
  Trigger later = Note();
  later.delay_minutes = 60;
  later.once_per_member = true;
  Set(later);
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    BuyAs(duplicate);
    Merge(duplicate, survivor);
    now_ += kDay;
    EXPECT_EQ(RunDue().acted, 1);
    EXPECT_EQ(Thanked("ceo-note", survivor), 1U);
    EXPECT_EQ(ResultOf(BuyAs(survivor)).why, TriggerWhy::kHadIt);
  }
}

TEST_F(MergesTest, OfWhatIsDueToBothTheFirstIsGiven) {
  Trigger later = Note();
  later.delay_minutes = 60;
  later.once_per_member = true;
  Set(later);
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    // Whosever it is.
    const std::string first = BuyAs(i % 2 == 0 ? survivor : duplicate);
    now_ += absl::Minutes(30);
    const std::string second = BuyAs(i % 2 == 0 ? duplicate : survivor);
    Merge(duplicate, survivor);
    now_ += absl::Minutes(45);
    EXPECT_EQ(RunDue().acted, 1);
    EXPECT_EQ(ResultOf(first).outcome, TriggerOutcome::kGiven);
    now_ += kDay;
    EXPECT_EQ(RunDue().acted, 1);
    EXPECT_EQ(ResultOf(second).why, TriggerWhy::kHadIt);
    EXPECT_EQ(Thanked("ceo-note", survivor), 1U);
  }
}

}  // namespace
}  // namespace gratis::thanks
