#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/fingerprint.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "services/thanks/buyers.h"
#include "services/thanks/claims.h"
#include "services/thanks/complaint_changes.h"
#include "services/thanks/complaint_store.h"
#include "services/thanks/order_desk.h"
#include "services/thanks/twins.h"
#include "tests/integration/services/thanks/triggers_testing.h"

namespace gratis::thanks {
namespace {

// Nobody here buys for one.
class NoOrganizations final : public Organizations {
 public:
  absl::StatusOr<int32_t> PercentOf(const ledger::Program&, const MemberId&, const MemberId&,
                                    absl::Time) override {
    return Error(Reason::kGroupNotFound, "there are no organizations");
  }
};

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

  // Three members, each in a partition of its own choice: of the eight ways, this one.
  std::vector<MemberId> ThreeIn(int way) {
    std::vector<MemberId> members;
    for (int k = 0; k < 3; ++k) {
      const bool last = (way >> k & 1) != 0;
      members.push_back(NewMemberIn(last ? program_.last_partition() : program_.first_partition));
    }
    return members;
  }
  // Each becomes part of the next.
  void MergeAll(const std::vector<MemberId>& chain) {
    for (size_t k = 1; k < chain.size(); ++k) Merge(chain[k - 1], chain[k]);
  }
  TransactionId Spend(const MemberId& member, int64_t points) {
    const auto spent = ledger::Beside(program_, member, TransactionId{ids_.Next(now_)});
    const auto spend = Do(member, [&](ledger::Books& books, const ledger::Envelope& envelope) {
      return ledger::Spend(books,
                           {.kind = ledger::FactKind::kSpend,
                            .transaction = spent,
                            .member = envelope.member,
                            .effective_at = envelope.now},
                           points);
    });
    EXPECT_TRUE(spend.answer.ok()) << spend.answer.status();
    return spent;
  }

  // Has the desk make what is asked for, and posts it once, as for a till's queue.
  template <class Response, class Request>
  Response Ask(Request request) {
    request.set_request_id(absl::StrCat("ask ", ++changes_made_));
    rpc::Call call;
    call.program = program_;
    call.actor = "key_test";
    call.role = rpc::Role::kAdmin;
    call.now = now_;
    call.deadline = Soon();
    OrderDesk::Made made = desk_.Make(call, request);
    EXPECT_TRUE(made.ok()) << made.status();
    if (!made.ok()) return {};
    const absl::Status filled = rpc::FillEnvelope(call, request, fingerprints_, (*made)->envelope);
    EXPECT_TRUE(filled.ok()) << filled;
    return Answered<Response>(poster_.Post(changes_, *std::move(made)));
  }
  // All of it, or so much.
  v1::RecordReturnResponse AskForReturn(const std::string& order, int64_t minor = 0) {
    v1::RecordReturnRequest request;
    request.mutable_order()->set_source("webshop");
    request.mutable_order()->set_order_id(order);
    request.set_return_id(absl::StrCat("r", ++changes_made_));
    if (minor == 0) request.set_everything(true);
    if (minor > 0) rpc::SetMoney({"USD", minor}, *request.mutable_amount());
    return Ask<v1::RecordReturnResponse>(std::move(request));
  }
  v1::RecordPurchaseRequest Asking(const std::string& order, const MemberId& member) {
    v1::RecordPurchaseRequest request;
    request.mutable_order()->set_source("webshop");
    request.mutable_order()->set_order_id(order);
    if (!member.IsNil()) request.set_member_id(member.ToString());
    rpc::SetMoney({"USD", 1'000}, *request.mutable_total());
    return request;
  }
  // Of 10 dollars, of which 10 points that were spent paid one.
  v1::RecordPurchaseResponse AskForPaid(const std::string& order, const MemberId& member,
                                        const TransactionId& spent) {
    v1::RecordPurchaseRequest request = Asking(order, member);
    v1::PurchasePayment& payment = *request.add_payments();
    payment.set_tender("points");
    payment.set_amount_minor(100);
    payment.set_transaction_id(spent.ToString());
    return Ask<v1::RecordPurchaseResponse>(std::move(request));
  }
  // What an order's returns were refused for, each; empty for one that was done.
  std::vector<std::string> Refusals(const std::string& order) {
    std::vector<std::string> refusals;
    const auto found = thanks_.FindPurchase(program_, Order(order), Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return refusals;
    for (const thanks::Return& came : found->returns) refusals.push_back(came.refused);
    return refusals;
  }

  OpenComplaints open_complaints_;
  NoOrganizations organizations_;
  OrderDesk desk_{thanks_, organizations_, ids_};
  const rpc::Fingerprints fingerprints_{std::string(32, 'f')};
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

TEST_F(MergesTest, WhatPaidComesBackInPartsAlongTheWholeChainWithoutBeingAskedAgain) {
  for (int way = 0; way < 8; ++way) {
    const std::vector<MemberId> chain = ThreeIn(way);
    const MemberId& survivor = chain.back();
    BuyAs(chain.front());
    const TransactionId spent = Spend(chain.front(), 10);
    MergeAll(chain);
    const std::string order = NextOrder();
    EXPECT_EQ(AskForPaid(order, survivor, spent).points(), 9);
    const int64_t first = AskForReturn(order, 500).points_back();
    EXPECT_GT(first, 0);
    EXPECT_LT(first, 10);
    const auto rest = AskForReturn(order);
    EXPECT_EQ(rest.points_back(), 10 - first);
    EXPECT_EQ(rest.available_points(), 10);
    EXPECT_EQ(Points(survivor), 10);
    EXPECT_EQ(Points(chain[0]), 0);
    EXPECT_EQ(Points(chain[1]), 0);
  }
}

TEST_F(MergesTest, AnOrderOfADuplicateComesBackWithoutBeingAskedAgain) {
  for (int way = 0; way < 8; ++way) {
    const std::vector<MemberId> chain = ThreeIn(way);
    const std::string order = BuyAs(chain.front());
    MergeAll(chain);
    EXPECT_EQ(Points(chain.back()), 10);
    EXPECT_EQ(AskForReturn(order).points_taken(), 10);
    EXPECT_EQ(Points(chain.back()), 0);
  }
}

TEST_F(MergesTest, AReturnThatWaitedForAPurchaseBringsBackWhatADuplicateSpent) {
  for (int way = 0; way < 8; ++way) {
    const std::vector<MemberId> chain = ThreeIn(way);
    BuyAs(chain.front());
    const TransactionId spent = Spend(chain.front(), 10);
    MergeAll(chain);
    const std::string order = NextOrder();
    EXPECT_TRUE(AskForReturn(order).parked());
    EXPECT_EQ(AskForPaid(order, chain.back(), spent).returned_points(), 9);
    EXPECT_EQ(Refusals(order), std::vector<std::string>{""});
    EXPECT_EQ(Points(chain.back()), 10);
  }
}

TEST_F(MergesTest, AReturnThatWaitedUnderTheOtherNameIsDoneForWhomTheyBecame) {
  for (int way = 0; way < 8; ++way) {
    const std::vector<MemberId> chain = ThreeIn(way);
    const std::string order = BuyAs(chain.front());
    const std::string other = NextOrder();
    EXPECT_TRUE(AskForReturn(other).parked());
    MergeAll(chain);
    v1::RecordPurchaseRequest twin = Asking(other, MemberId());
    *twin.mutable_same_as() = Asking(order, MemberId()).order();
    EXPECT_EQ(Ask<v1::RecordPurchaseResponse>(twin).returned_points(), 10);
    EXPECT_EQ(Refusals(order), std::vector<std::string>{""});
    EXPECT_EQ(Points(chain.back()), 0);
  }
}

TEST_F(MergesTest, AReturnThatWaitedIsNotRefusedSinceTheyWereMergedAtThatMoment) {
  const MemberId duplicate = NewMemberIn(program_.first_partition);
  const MemberId survivor = NewMemberIn(program_.last_partition());
  const std::string order = BuyAs(duplicate);
  const std::string other = NextOrder();
  EXPECT_TRUE(AskForReturn(other).parked());
  const auto located = thanks_.Locate(program_, thanks_.NameOf(program_, Order(order)), Soon());
  ASSERT_TRUE(located.ok()) << located.status();
  Merge(duplicate, survivor);
  const auto tell = [&](std::vector<MemberId> survivors) {
    auto twin = std::make_unique<RecordTwin>(
        Order(other), MemberId(), thanks_.NameOf(program_, Order(other)), *located, ids_, now_);
    twin->envelope = EnvelopeFor("twin", duplicate);
    twin->envelope.of_merged = true;
    twin->envelope.survivors = std::move(survivors);
    return poster_.Post(changes_, std::move(twin));
  };
  EXPECT_EQ(ReasonOf(tell({}).answer.status()), Reason::kMemberMerged);
  EXPECT_TRUE(Refusals(order).empty());
  EXPECT_EQ(Answered<v1::RecordPurchaseResponse>(tell({survivor})).returned_points(), 10);
  EXPECT_EQ(Refusals(order), std::vector<std::string>{""});
  EXPECT_EQ(Points(survivor), 0);
}

TEST_F(MergesTest, WhoWasErasedAfterTheMergeWasUndoneHoldsUpNoReturn) {
  for (int i = 0; i < kTimes; ++i) {
    const MemberId survivor = NewMember();
    const MemberId duplicate = NewMember();
    BuyAs(duplicate);
    const TransactionId spent = Spend(duplicate, 10);
    const ledger::MergePair merge = Merge(duplicate, survivor);
    const std::string order = NextOrder();
    EXPECT_EQ(AskForPaid(order, survivor, spent).points(), 9);
    Undo(merge);
    SetState(duplicate, ledger::MemberState::kErased);
    const auto returned = AskForReturn(order);
    EXPECT_EQ(returned.points_taken(), 9);
    EXPECT_EQ(returned.points_back(), 0);
    EXPECT_EQ(Points(survivor), 0);
  }
}

TEST_F(MergesTest, OnlyThoseWhoMayHaveSpentWhatPaysAndWhomTheyBecameArePostedFor) {
  const MemberId survivor = NewMemberIn(program_.first_partition);
  const MemberId beside = NewMemberIn(program_.first_partition);
  const MemberId between = NewMemberIn(program_.last_partition());
  const MemberId elsewhere = NewMemberIn(program_.last_partition());
  const auto payers = [&](const MemberId& spender) {
    PurchaseOrder order{
        .member = survivor, .order = Order("paid"), .total = {"USD", 1'000}, .purchased_at = now_};
    order.payments = {
        {.kind = PaymentKind::kPoints,
         .tender = "points",
         .amount_minor = 100,
         .transaction = ledger::Beside(program_, spender, TransactionId{ids_.Next(now_)})}};
    const auto found = thanks_.FindPayers(program_, order, Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(std::vector<MemberId>());
  };
  Merge(elsewhere, survivor);
  EXPECT_TRUE(payers(beside).empty());
  EXPECT_EQ(payers(elsewhere), std::vector<MemberId>{elsewhere});
  MergeAll({beside, between, survivor});
  EXPECT_EQ(payers(beside), std::vector<MemberId>{between});
}

TEST_F(MergesTest, WhoIsMergedAtThatMomentIsToldSoBeforeAnythingElse) {
  const MemberId survivor = NewMember();
  const MemberId duplicate = NewMember();
  const std::string order = BuyAs(survivor);
  Merge(duplicate, survivor);
  member_ = duplicate;
  auto again = Purchasing(order);
  again->envelope.request_id = "again";
  again->envelope.of_merged = true;
  EXPECT_EQ(ReasonOf(poster_.Post(changes_, std::move(again)).answer.status()),
            Reason::kMemberMerged);
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
