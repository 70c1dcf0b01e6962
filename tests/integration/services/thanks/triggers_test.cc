#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/complaints.pb.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "gratis/thanks/v1/triggers.pb.h"
#include "services/thanks/claims.h"
#include "services/thanks/complaint_changes.h"
#include "services/thanks/complaint_store.h"
#include "services/thanks/trigger_backtest.h"
#include "tests/integration/services/thanks/triggers_testing.h"

namespace gratis::thanks {
namespace {

using ledger::FactKind;

class TriggersTest : public ShopTest {
 protected:
  ComplaintId Complain() {
    auto open = std::make_unique<OpenComplaint>(
        Complaint{.member = member_, .topic = "delivery", .opened_at = now_}, program_, ids_, now_);
    open->envelope = EnvelopeFor(absl::StrCat("complain ", ++changes_made_), member_);
    const auto answer =
        Answered<v1::OpenComplaintResponse>(poster_.Post(open_complaints_, std::move(open)));
    return *ComplaintId::Parse(answer.complaint().complaint_id());
  }
  ledger::Outcome Mend(const ComplaintId& complaint, const std::string& request = "mend") {
    auto resolve = std::make_unique<ResolveComplaint>(
        complaint, ComplaintOutcome::kMended, *ledger::PartitionOfId(program_, complaint.uuid),
        program_, ids_, now_);
    const auto partition = resolve->envelope.partition;
    const bool of_merged = resolve->envelope.of_merged;
    resolve->envelope = EnvelopeFor(request, {});
    resolve->envelope.partition = partition;
    resolve->envelope.of_merged = of_merged;
    return poster_.Post(resolve_complaints_, std::move(resolve));
  }

  // The plain code of the receipt.
  std::string BuyWithoutACard(const std::string& order_id) {
    PurchaseOrder order{.order = Order(order_id), .total = {"USD", 1000}, .purchased_at = now_};
    PurchaseNames names{.order = thanks_.NameOf(program_, order.order),
                        .receipt_code = thanks_.ReceiptCodeOf(program_, order.order)};
    names.receipt = thanks_.ReceiptNameOf(program_, names.receipt_code);
    const std::string code = names.receipt_code;
    const int32_t place = ledger::PartitionOf(program_, PlaceOf(names.order));
    auto purchase =
        std::make_unique<RecordPurchase>(std::move(order), std::move(names), ids_, now_);
    purchase->envelope = EnvelopeFor("buy " + order_id, {});
    purchase->envelope.partition = place;
    Answered<v1::RecordPurchaseResponse>(poster_.Post(changes_, std::move(purchase)));
    return code;
  }
  ledger::Outcome Claim(const std::string& code) {
    const auto located = thanks_.Locate(program_, thanks_.ReceiptNameOf(program_, code), Soon());
    EXPECT_TRUE(located.ok()) << located.status();
    auto claim = std::make_unique<ClaimPurchase>(*located, ids_, now_);
    claim->envelope = EnvelopeFor(absl::StrCat("claim ", ++changes_made_), member_);
    return poster_.Post(changes_, std::move(claim));
  }

  // As the members service says it.
  void Enter(const std::string& tier) {
    const auto entered =
        Do(member_, [&tier](ledger::Books& books, const ledger::Envelope& envelope) {
          return books
              .Post({.kind = FactKind::kTierChanged,
                     .member = envelope.member,
                     .effective_at = envelope.now,
                     .source = tier,
                     .detail = absl::StrCat(R"({"from":"base","to":")", tier,
                                            R"(","reason":1,"policy_version":1})")})
              .status();
        });
    EXPECT_TRUE(entered.answer.ok()) << entered.answer.status();
  }

  std::vector<ledger::JournalRow> Vouchers() { return Facts(FactKind::kVoucherIssued); }

  OpenComplaints open_complaints_;
  ResolveComplaints resolve_complaints_;
};

TEST_F(TriggersTest, AtOnceIsInThePurchasesTransaction) {
  Trigger trigger = Note();
  trigger.points = 50;
  trigger.receipt_line = "Thank you. Anna";
  Set(trigger);
  const auto answer = Buy("1");
  ASSERT_EQ(answer.followed_size(), 1);
  EXPECT_EQ(answer.followed(0).trigger(), "ceo-note");
  EXPECT_EQ(answer.followed(0).outcome(), "given");
  EXPECT_EQ(answer.followed(0).receipt_line(), "Thank you. Anna");
  EXPECT_EQ(answer.followed(0).points(), 50);
  EXPECT_EQ(Points(member_), 60);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
  const TriggerResult result = ResultOf("1");
  EXPECT_EQ(result.outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(result.points, 50);
  EXPECT_EQ(Explained("1").cashier_line,
            "Anna Keller, founder, said thank you and gave 50 points, on 2027-01-15.");
  // Once for each purchase, whatever is tried again.
  EXPECT_TRUE(poster_.Post(changes_, Purchasing("1")).replayed);
  EXPECT_EQ(RunDue().acted, 0);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
}

TEST_F(TriggersTest, WhatIsOnlyTriedLeavesNothing) {
  Set(Note());
  auto tried = Purchasing("1");
  tried->envelope.validate_only = true;
  const auto answer =
      Answered<v1::RecordPurchaseResponse>(poster_.Post(changes_, std::move(tried)));
  EXPECT_EQ(answer.followed_size(), 1);
  EXPECT_EQ(Thanked("ceo-note"), 0U);
  Buy("1");
  EXPECT_EQ(Thanked("ceo-note"), 1U);
}

TEST_F(TriggersTest, LaterIsWrittenDownAndDoneOnceThoughTwoDoIt) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60 * 24 * 2;
  Set(trigger);
  EXPECT_EQ(Buy("1").followed(0).outcome(), "due");
  EXPECT_EQ(ResultOf("1").due_at, kNow + kDay * 2);
  now_ = kNow + kDay * 2 - absl::Seconds(1);
  EXPECT_EQ(RunDue().acted, 0);
  now_ = kNow + kDay * 2;
  // Another process, with nothing but what is written down.
  TriggerReader other_reader;
  ledger::Poster other_poster{{.chain_key = std::string(32, 'c')}, pool_, clock_};
  DueThanks other(pool_, other_poster, other_reader, vault_);
  std::thread beside([&] { EXPECT_TRUE(other.Run(program_, now_, Soon(), {}).ok()); });
  RunDue();
  beside.join();
  EXPECT_EQ(Thanked("ceo-note"), 1U);
  EXPECT_EQ(ResultOf("1").outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(RunDue().acted, 0);
}

TEST_F(TriggersTest, WhatFailsForOneHoldsUpNoOther) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60;
  Set(trigger);
  // The job comes by the first partition first.
  const MemberId nobody = member_ = NewMemberIn(program_.first_partition);
  Buy("1");
  const MemberId other = member_ = NewMemberIn(program_.first_partition);
  Buy("2");
  const MemberId elsewhere = member_ = NewMemberIn(program_.last_partition());
  Buy("3");
  Spoil("trigger_result", nobody);
  now_ = kNow + kDay;
  EXPECT_EQ(ReasonOf(due_.Run(program_, now_, Soon(), {}).status()), Reason::kMemberNotFound);
  EXPECT_EQ(Thanked("ceo-note", other), 1U);
  EXPECT_EQ(Thanked("ceo-note", elsewhere), 1U);
}

TEST_F(TriggersTest, AfterAPauseOfAWeekWhatIsTooOldIsNotDone) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60;
  trigger.max_age_days = 2;
  Set(trigger);
  Buy("1");
  now_ = kNow + kDay * 3;
  EXPECT_EQ(RunDue().acted, 1);
  EXPECT_EQ(ResultOf("1").why, TriggerWhy::kTooLate);
  EXPECT_EQ(Thanked("ceo-note"), 0U);
  ASSERT_EQ(Facts(FactKind::kThanksCancelled).size(), 1U);
}

TEST_F(TriggersTest, AnImportOfOldOrdersThanksNobody) {
  Set(Note());
  purchased_at_ = kNow - kDay * 300;
  EXPECT_EQ(Buy("old").followed(0).outcome(), "withheld");
  EXPECT_EQ(Thanked("ceo-note"), 0U);
  EXPECT_EQ(ResultOf("old").why, TriggerWhy::kTooLate);
}

TEST_F(TriggersTest, AReturnCallsOffWhatIsDueAndKeepsWhatWasGiven) {
  Trigger later = Note("review");
  later.question = Question::kReview;
  later.delay_minutes = 60 * 24 * 14;
  Set(later);
  Trigger gift = Note();
  gift.points = 5;
  Set(gift);
  const std::vector<Line> lines = {{.sku = "a", .quantity = 2, .unit_price_minor = 500}};
  Buy("part", lines);
  Buy("whole", lines);
  Return("part", {.lines = {{.line = 1, .quantity = 1}}});
  Return("whole", {.everything = true});
  EXPECT_EQ(ResultOf("part", "review").outcome, TriggerOutcome::kDue);
  EXPECT_EQ(ResultOf("whole", "review").outcome, TriggerOutcome::kCancelled);
  EXPECT_EQ(ResultOf("whole", "review").why, TriggerWhy::kReturned);
  EXPECT_EQ(ResultOf("whole").outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(Facts(FactKind::kThanksCancelled).size(), 1U);
  now_ = kNow + kDay * 14;
  EXPECT_EQ(RunDue().acted, 1);
  EXPECT_EQ(Thanked("review"), 1U);
  // What the kept part earned, and both gifts.
  EXPECT_EQ(Points(member_), 5 + 10);
}

TEST_F(TriggersTest, WhatIsCalledOffBetweenLookingAndActingIsNotDone) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60;
  Set(trigger);
  Buy("1", {{.sku = "a", .quantity = 1, .unit_price_minor = 500}});
  const TriggerResult found = ResultOf("1");
  Return("1", {.everything = true});
  now_ = kNow + absl::Hours(1);
  ActOnDues kind(reader_);
  const ledger::VoucherCodes codes(vault_);
  auto act = std::make_unique<ActOnDue>(program_, found, member_, codes, now_);
  act->envelope.deadline = Soon();
  const ledger::Outcome outcome = poster_.Post(kind, std::move(act));
  EXPECT_TRUE(absl::IsFailedPrecondition(outcome.answer.status())) << outcome.answer.status();
  EXPECT_EQ(Thanked("ceo-note"), 0U);
  EXPECT_EQ(ResultOf("1").outcome, TriggerOutcome::kCancelled);
}

TEST_F(TriggersTest, ADeliveryHasItsOwn) {
  Trigger trigger = Note();
  trigger.event = TriggerEvent::kDelivery;
  Set(trigger);
  EXPECT_EQ(Buy("1").followed_size(), 0);
  EXPECT_TRUE(Deliver("1").answer.ok());
  EXPECT_TRUE(Deliver("1").answer.ok());
  EXPECT_EQ(Thanked("ceo-note"), 1U);
}

TEST_F(TriggersTest, WhatWasDeliveredBeforeItWasClaimedIsFollowedOnceItIs) {
  Set(Note());
  Trigger arrived = Note("arrived");
  arrived.event = TriggerEvent::kDelivery;
  arrived.delay_minutes = 60 * 24 * 2;
  Set(arrived);
  for (int i = 0; i < 6; ++i) {  // of whatever partitions
    const std::string order = absl::StrCat("nobody's ", i);
    const std::string code = BuyWithoutACard(order);
    const absl::Time delivered_at = now_;
    EXPECT_EQ(Answered<v1::RecordDeliveryResponse>(Deliver(order)).followed_size(), 0);
    now_ += kDay;
    member_ = NewMember();
    const auto claimed = Answered<v1::ClaimPurchaseResponse>(Claim(code));
    ASSERT_EQ(claimed.followed_size(), 2);
    EXPECT_EQ(claimed.followed(0).trigger(), "ceo-note");
    EXPECT_EQ(claimed.followed(1).trigger(), "arrived");
    EXPECT_EQ(claimed.followed(1).outcome(), "due");
    EXPECT_EQ(ResultOf(order, "arrived").due_at, delivered_at + kDay * 2);
    ASSERT_EQ(Facts(FactKind::kDelivery).size(), 1U);
    EXPECT_EQ(Facts(FactKind::kDelivery)[0].fact.effective_at, delivered_at);
    now_ += kDay;
    EXPECT_EQ(RunDue().acted, 1);
    EXPECT_EQ(Thanked("arrived"), 1U);
    // Told again it is known.
    EXPECT_TRUE(Answered<v1::RecordDeliveryResponse>(Deliver(order)).known());
    EXPECT_EQ(Facts(FactKind::kDelivery).size(), 1U);
  }
}

TEST_F(TriggersTest, PositionsAreRewardedOnceThoughPurchasesComeBack) {
  Trigger second = Note();
  second.event = TriggerEvent::kNthPurchase;
  second.nth = 2;
  Set(second);
  const std::vector<Line> lines = {{.sku = "a", .unit_price_minor = 500}};
  Buy("1", lines);
  Buy("2", lines);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
  Return("2", {.everything = true});
  Buy("3", lines);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
  EXPECT_EQ(ResultOf("3").why, TriggerWhy::kOtherPosition);
  EXPECT_EQ(Explained("3").cashier_line, "");
}

TEST_F(TriggersTest, TheFirstPurchaseIsThankedForOnce) {
  Trigger first = Note();
  first.event = TriggerEvent::kFirstPurchase;
  Set(first);
  const std::vector<Line> lines = {{.sku = "a", .unit_price_minor = 500}};
  EXPECT_EQ(Buy("1", lines).followed(0).outcome(), "given");
  Return("1", {.everything = true});
  // It is the only one that was kept, and not the first.
  EXPECT_EQ(Buy("2", lines).followed_size(), 0);
  EXPECT_EQ(ResultOf("2").why, TriggerWhy::kOtherPosition);
  EXPECT_EQ(Buy("3", lines).followed_size(), 0);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
  member_ = NewMember();
  EXPECT_EQ(Buy("4", lines).followed(0).outcome(), "given");
}

TEST_F(TriggersTest, WhoComesBackAfterAGapIsThanked) {
  Trigger again = Note();
  again.event = TriggerEvent::kAfterGap;
  again.gap_days = 30;
  Set(again);
  EXPECT_EQ(Buy("first").followed_size(), 0);
  EXPECT_EQ(ResultOf("first").why, TriggerWhy::kNoGap);
  now_ += kDay * 30 - absl::Seconds(1);
  EXPECT_EQ(Buy("soon").followed_size(), 0);
  EXPECT_EQ(ResultOf("soon").why, TriggerWhy::kNoGap);
  now_ += kDay * 30;
  const auto back = Buy("back");
  ASSERT_EQ(back.followed_size(), 1);
  EXPECT_EQ(back.followed(0).outcome(), "given");
  EXPECT_EQ(Buy("the same day").followed_size(), 0);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
}

TEST_F(TriggersTest, OnlyThoseAreThankedWhoAreInATierThatItIsFor) {
  Trigger upper = Note();
  upper.audience.tiers = {"gold", "top"};
  Set(upper);
  EXPECT_EQ(Buy("in none").followed_size(), 0);
  EXPECT_EQ(ResultOf("in none").why, TriggerWhy::kOtherTier);
  Enter("gold");
  const auto gold = Buy("in gold");
  ASSERT_EQ(gold.followed_size(), 1);
  EXPECT_EQ(gold.followed(0).outcome(), "given");
  Enter("silver");
  EXPECT_EQ(Buy("in silver").followed_size(), 0);
  EXPECT_EQ(ResultOf("in silver").why, TriggerWhy::kOtherTier);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
}

TEST_F(TriggersTest, AThankYouSaysWhetherItsTriggerPicksByProfileAndItsGiftIsForEverybody) {
  const std::map<std::string, std::pair<bool, std::function<void(Trigger&)>>> triggers = {
      {"any", {false, [](auto&) {}}},
      {"first", {false, [](auto& t) { t.event = TriggerEvent::kFirstPurchase; }}},
      {"delivered", {false, [](auto& t) { t.event = TriggerEvent::kDelivery; }}},
      {"store", {false, [](auto& t) { t.audience.stores = {"webshop"}; }}},
      {"lacking", {false, [](auto& t) { t.audience.lacking = true; }}},
      {"sku", {true, [](auto& t) { t.audience.skus = {"merlot"}; }}},
      {"category", {true, [](auto& t) { t.audience.categories = {"wine"}; }}},
      {"tier", {true, [](auto& t) { t.audience.tiers = {"gold"}; }}},
      {"second",
       {true,
        [](auto& t) {
          t.event = TriggerEvent::kNthPurchase;
          t.nth = 2;
        }}},
      {"gap",
       {true,
        [](auto& t) {
          t.event = TriggerEvent::kAfterGap;
          t.gap_days = 1;
        }}},
  };
  for (const auto& [code, one] : triggers) {
    Trigger trigger = Note(code);
    trigger.once_per_member = true;
    trigger.points = 5;
    one.second(trigger);
    Set(trigger);
  }
  Enter("gold");
  const std::vector<Line> lines = {
      {.sku = "merlot", .category = "wine", .unit_price_minor = 500, .unfulfilled = 1}};
  Buy("1", lines);
  now_ += kDay * 2;
  Buy("2", lines);
  EXPECT_TRUE(Deliver("2").answer.ok());
  std::map<std::string, bool> said;
  for (const ledger::JournalRow& row : Facts(FactKind::kThankYou)) {
    const std::string& detail = row.fact.detail;
    for (const auto& [code, one] : triggers) {
      if (detail.find("\"trigger\":\"" + code + "\"") == std::string::npos) continue;
      EXPECT_EQ(row.fact.points, 5) << detail;
      said[code] = detail.find("\"by_profile\":true") != std::string::npos;
    }
  }
  ASSERT_EQ(said.size(), triggers.size());
  for (const auto& [code, one] : triggers) EXPECT_EQ(said[code], one.first) << code;
}

TEST_F(TriggersTest, AComplaintHoldsBackAndWhatIsFreshEnoughComesAfterIt) {
  Set(Note());
  const ComplaintId complaint = Complain();
  EXPECT_EQ(Buy("1").followed(0).outcome(), "held_back");
  now_ = kNow + kDay;
  EXPECT_EQ(RunDue().acted, 0);
  EXPECT_EQ(ResultOf("1").outcome, TriggerOutcome::kHeldBack);
  EXPECT_EQ(ResultOf("1").why, TriggerWhy::kComplaintOpen);
  EXPECT_TRUE(Mend(complaint).answer.ok());
  EXPECT_EQ(RunDue().acted, 1);
  EXPECT_EQ(Thanked("ceo-note"), 1U);

  Complain();
  Buy("2");
  now_ += kDay * 8;
  EXPECT_EQ(RunDue().acted, 1);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
  EXPECT_EQ(ResultOf("2").outcome, TriggerOutcome::kWithheld);
  EXPECT_EQ(ResultOf("2").why, TriggerWhy::kComplaintOpen);
}

TEST_F(TriggersTest, WhileAComplaintIsOpenThePolicysOwnThankYouIsWithheld) {
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.bonus_points = 25;
  auto change = std::make_unique<SetPolicy>(std::move(policy), ids_, now_);
  change->envelope = EnvelopeFor("policy", {});
  SetPolicies set_policies;
  ASSERT_TRUE(poster_.Post(set_policies, std::move(change)).answer.ok());
  const ComplaintId complaint = Complain();
  const auto bought = Buy("1");
  EXPECT_EQ(bought.thank_you().outcome(), v1::THANK_YOU_OUTCOME_WITHHELD);
  EXPECT_EQ(bought.thank_you().why(), v1::WITHHELD_REASON_COMPLAINT_OPEN);
  const auto found = thanks_.FindPurchase(program_, Order("1"), Soon());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(ExplainThankYou(found->purchase, found->policy.thank_you),
            "No thank-you: the member had a complaint open when the purchase was recorded, on " +
                base::FormatTime(found->purchase.recorded_at) + ".");
  const auto claimed = Answered<v1::ClaimPurchaseResponse>(Claim(BuyWithoutACard("2")));
  EXPECT_EQ(claimed.thank_you().why(), v1::WITHHELD_REASON_COMPLAINT_OPEN);
  EXPECT_TRUE(Facts(FactKind::kThankYou).empty());
  EXPECT_EQ(Points(member_), 10 + 10);
  EXPECT_TRUE(Mend(complaint).answer.ok());
  EXPECT_EQ(Buy("3").thank_you().outcome(), v1::THANK_YOU_OUTCOME_GIVEN);
  EXPECT_EQ(Points(member_), 10 + 10 + 10 + 25);
}

TEST_F(TriggersTest, AComplaintIsResolvedOnce) {
  const ComplaintId complaint = Complain();
  const ledger::Outcome first = Mend(complaint);
  EXPECT_TRUE(first.answer.ok()) << first.answer.status();
  EXPECT_TRUE(Mend(complaint).replayed);
  EXPECT_EQ(ReasonOf(Mend(complaint, "again").answer.status()), Reason::kComplaintResolved);
  const ComplaintId second = Complain();
  EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                ComplaintId last;
                last.uuid.bytes.fill(0xFF);
                ASSIGN_OR_RETURN(const std::vector<Complaint> all,
                                 ListComplaints(tx, program_, member_, last, false, 10));
                EXPECT_EQ(all.size(), 2U);
                EXPECT_EQ(all.back().outcome, ComplaintOutcome::kMended);
                ASSIGN_OR_RETURN(const std::vector<Complaint> open,
                                 ListComplaints(tx, program_, member_, last, true, 10));
                EXPECT_EQ(open.size(), 1U);
                EXPECT_EQ(open.front().id, second);
                return absl::OkStatus();
              }).ok());
  ComplaintId other = complaint;
  other.uuid.bytes[15] ^= 1;
  EXPECT_EQ(ReasonOf(Mend(other, "other").answer.status()), Reason::kComplaintNotFound);
  ASSERT_EQ(Facts(FactKind::kComplaintOpened).size(), 2U);
  EXPECT_EQ(Facts(FactKind::kComplaintOpened)[1].fact.about, complaint.uuid);
  EXPECT_EQ(Facts(FactKind::kComplaintResolved).size(), 1U);
}

TEST_F(TriggersTest, AnEvergreenVoucherIsRenewedAndNeverStacked) {
  Trigger trigger = Note();
  trigger.voucher = TriggerVoucher{
      .kind = ledger::VoucherKind::kPercentage, .basis_points = 2000, .evergreen = true};
  Set(trigger);
  const std::string first = Buy("1").followed(0).voucher_id();
  EXPECT_EQ(Buy("2").followed(0).voucher_id(), first);
  ASSERT_EQ(Vouchers().size(), 1U);
  const auto used = Do(member_, [&](ledger::Books& books, const ledger::Envelope& envelope) {
    return ledger::RedeemVoucher(books,
                                 {.kind = FactKind::kVoucherRedeemed,
                                  .member = envelope.member,
                                  .unit = ledger::kVoucherUseUnit,
                                  .effective_at = envelope.now},
                                 *VoucherId::Parse(first), 1);
  });
  ASSERT_TRUE(used.answer.ok()) << used.answer.status();
  const std::string next = Buy("3").followed(0).voucher_id();
  EXPECT_NE(next, first);
  EXPECT_EQ(Vouchers().size(), 2U);
  // One that ends makes way for one that ends later.
  trigger.voucher->valid_days = 30;
  trigger.code = trigger.template_code = "monthly";
  Set(trigger);
  Buy("4");
  now_ = kNow + kDay;
  Buy("5");
  EXPECT_EQ(Facts(FactKind::kVoucherVoided).size(), 1U);
  EXPECT_EQ(Vouchers().size(), 4U);
}

TEST_F(TriggersTest, OncePerMemberAlsoForPurchasesThatArriveTogether) {
  Trigger mission = Note("mission");
  mission.brand_story = true;
  mission.once_per_member = true;
  Set(mission);
  std::mutex mutex;
  std::condition_variable all;
  int open = 20;
  for (int i = 0; i < 20; ++i) {
    poster_.Submit(changes_, Purchasing(absl::StrCat(i)), [&](const ledger::Outcome& outcome) {
      EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
      const std::lock_guard lock(mutex);
      if (--open == 0) all.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(all.wait_for(lock, std::chrono::seconds(30), [&] { return open == 0; }));
  EXPECT_EQ(Thanked("mission"), 1U);
}

TEST_F(TriggersTest, LimitsHoldOverAllTriggersAndTheFirstInRankGoesFirst) {
  Trigger important = Note("b-first");
  important.priority = -1;
  Set(important);
  Set(Note("a-second"));
  Limit(1, 7);
  Buy("1");
  EXPECT_EQ(ResultOf("1", "b-first").outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(ResultOf("1", "a-second").why, TriggerWhy::kLimit);
  now_ = kNow + kDay * 6;
  Buy("2");
  EXPECT_EQ(ResultOf("2", "b-first").why, TriggerWhy::kLimit);
  now_ = kNow + kDay * 7;
  Buy("3");
  EXPECT_EQ(ResultOf("3", "b-first").outcome, TriggerOutcome::kGiven);
}

TEST_F(TriggersTest, AnEmptyBudgetKeepsNoPurchaseAway) {
  Trigger trigger = Note();
  trigger.points = 50;
  trigger.budget = NewBudget(80);
  Set(trigger);
  EXPECT_EQ(Buy("1").followed(0).outcome(), "given");
  const auto second = Buy("2");
  EXPECT_EQ(second.followed(0).outcome(), "withheld");
  EXPECT_EQ(second.points(), 10);
  EXPECT_EQ(ResultOf("2").why, TriggerWhy::kBudgetUsedUp);
  EXPECT_EQ(Points(member_), 70);
  EXPECT_EQ(Thanked("ceo-note"), 1U);
}

TEST_F(TriggersTest, ABudgetOfAnotherUnitIsRefusedAndKeepsNoPurchaseAway) {
  Trigger trigger = Note();
  trigger.points = 50;
  trigger.budget = NewBudget(80, ledger::kVoucherUseUnit);
  auto change = std::make_unique<SetTrigger>(trigger, ids_, now_);
  change->envelope = EnvelopeFor("another unit", MemberId{});
  const ledger::Outcome refused = poster_.Post(set_triggers_, std::move(change));
  EXPECT_EQ(ReasonOf(refused.answer.status()), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(refused.answer.status()), "trigger.budget_id");
  // One that is there all the same.
  trigger.budget = NewBudget(80);
  Set(trigger);
  database_.Execute(absl::StrCat("UPDATE ledger.budget SET unit = ", ledger::kVoucherUseUnit));
  const auto bought = Buy("1");
  EXPECT_EQ(bought.followed(0).outcome(), "withheld");
  EXPECT_EQ(bought.points(), 10);
  EXPECT_EQ(ResultOf("1").why, TriggerWhy::kBudgetUsedUp);
  EXPECT_EQ(Points(member_), 10);
}

TEST_F(TriggersTest, AnEvergreenVoucherDrawsOnItsBudgetOnceForEachThatIsUsed) {
  Trigger trigger = Note();
  trigger.voucher = TriggerVoucher{
      .kind = ledger::VoucherKind::kPercentage, .basis_points = 2000, .evergreen = true};
  trigger.budget = NewBudget(1, ledger::kVoucherUseUnit);
  Set(trigger);
  const std::string first = Buy("1").followed(0).voucher_id();
  const auto kept = Buy("2");
  EXPECT_EQ(kept.followed(0).outcome(), "given");
  EXPECT_EQ(kept.followed(0).voucher_id(), first);
  EXPECT_EQ(Thanked("ceo-note"), 2U);
  // One with an end is renewed out of what was drawn for it.
  trigger.code = trigger.template_code = "monthly";
  trigger.voucher->valid_days = 30;
  trigger.budget = NewBudget(1, ledger::kVoucherUseUnit);
  Set(trigger);
  for (int i = 3; i < 6; ++i) {
    Buy(absl::StrCat(i));
    EXPECT_EQ(ResultOf(absl::StrCat(i), "monthly").outcome, TriggerOutcome::kGiven);
    now_ += kDay;
  }
  EXPECT_EQ(Facts(FactKind::kVoucherVoided).size(), 2U);
}

TEST_F(TriggersTest, AVoucherLivesOnWhenTheBudgetCannotPayForTheNext) {
  Trigger trigger = Note();
  trigger.voucher = TriggerVoucher{.worth = 500, .valid_days = 30, .evergreen = true};
  trigger.budget = NewBudget(500, ledger::kVoucherMoneyUnit);
  Set(trigger);
  const std::string first = Buy("1").followed(0).voucher_id();
  const auto used = Do(member_, [&](ledger::Books& books, const ledger::Envelope& envelope) {
    return ledger::RedeemVoucher(books,
                                 {.kind = FactKind::kVoucherRedeemed,
                                  .member = envelope.member,
                                  .unit = ledger::kVoucherMoneyUnit,
                                  .effective_at = envelope.now},
                                 *VoucherId::Parse(first), 200);
  });
  ASSERT_TRUE(used.answer.ok()) << used.answer.status();
  now_ += kDay;
  EXPECT_EQ(Buy("2").followed(0).outcome(), "withheld");
  EXPECT_EQ(ResultOf("2").why, TriggerWhy::kBudgetUsedUp);
  EXPECT_TRUE(Facts(FactKind::kVoucherVoided).empty());
}

TEST_F(TriggersTest, AVoucherThatIsReplacedBySomethingElseIsPaidForAnew) {
  Trigger percentage = Note("percentage");
  percentage.voucher = TriggerVoucher{.kind = ledger::VoucherKind::kPercentage,
                                      .basis_points = 500,
                                      .valid_days = 30,
                                      .evergreen = true};
  percentage.budget = NewBudget(1, ledger::kVoucherUseUnit);
  Trigger item = Note("item");
  item.voucher = TriggerVoucher{
      .kind = ledger::VoucherKind::kItem, .item = "cup", .valid_days = 30, .evergreen = true};
  item.budget = NewBudget(1, ledger::kVoucherUseUnit);
  Set(percentage);
  Set(item);
  Buy("1");
  Trigger more = percentage;
  more.voucher->basis_points = 5'000;
  Trigger other = item;
  other.voucher->item = "bicycle";
  Set(more);
  Set(other);
  now_ += kDay;
  Buy("2");
  EXPECT_EQ(ResultOf("2", "percentage").why, TriggerWhy::kBudgetUsedUp);
  EXPECT_EQ(ResultOf("2", "item").why, TriggerWhy::kBudgetUsedUp);
  EXPECT_TRUE(Facts(FactKind::kVoucherVoided).empty());
  // As it was, it is renewed.
  Set(percentage);
  Set(item);
  now_ += kDay;
  Buy("3");
  EXPECT_EQ(ResultOf("3", "percentage").outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(ResultOf("3", "item").outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(Facts(FactKind::kVoucherVoided).size(), 2U);
}

TEST_F(TriggersTest, AVoucherThatNoBudgetPaidForIsRenewedWithoutOne) {
  Trigger trigger = Note();
  trigger.voucher = TriggerVoucher{.worth = 500, .valid_days = 30, .evergreen = true};
  Set(trigger);
  Buy("1");
  trigger.budget = NewBudget(500, ledger::kVoucherMoneyUnit);
  Set(trigger);
  now_ += kDay;
  EXPECT_EQ(Buy("2").followed(0).outcome(), "given");
  EXPECT_EQ(Facts(FactKind::kVoucherVoided).size(), 1U);
  // The budget has all it had: for one, and no more.
  member_ = NewMember();
  EXPECT_EQ(Buy("3").followed(0).outcome(), "given");
  member_ = NewMember();
  EXPECT_EQ(Buy("4").followed(0).outcome(), "withheld");
}

TEST_F(TriggersTest, WhatIsCalledOffLeavesItToTheNextThatIsDue) {
  Trigger mission = Note("mission");
  mission.brand_story = true;
  mission.once_per_member = true;
  mission.delay_minutes = 60 * 24 * 3;
  Set(mission);
  const std::vector<Line> lines = {{.sku = "a", .unit_price_minor = 500}};
  for (const char* order : {"a", "b", "c"}) {
    EXPECT_EQ(Buy(order, lines).followed(0).outcome(), "due") << order;
    now_ += absl::Minutes(1);
  }
  Return("a", {.everything = true});
  now_ += kDay * 3;
  RunDue();
  EXPECT_EQ(ResultOf("a", "mission").why, TriggerWhy::kReturned);
  EXPECT_EQ(ResultOf("b", "mission").outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(ResultOf("c", "mission").why, TriggerWhy::kHadIt);
  EXPECT_EQ(Thanked("mission"), 1U);
}

TEST_F(TriggersTest, ATriggerThatIsSwitchedOffCallsOffWhatIsDue) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60;
  Set(trigger);
  Buy("1");
  trigger.enabled = false;
  Set(trigger);
  now_ = kNow + absl::Hours(1);
  EXPECT_EQ(RunDue().acted, 1);
  EXPECT_EQ(ResultOf("1").why, TriggerWhy::kSwitchedOff);
  EXPECT_EQ(Buy("2").followed_size(), 0);
}

TEST_F(TriggersTest, WhatIsDueGoesByTheVersionThatLeftIt) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60;
  trigger.points = 5;
  Set(trigger);
  Buy("1");
  trigger.points = 500;
  Set(trigger);
  now_ = kNow + absl::Hours(1);
  EXPECT_EQ(RunDue().acted, 1);
  EXPECT_EQ(ResultOf("1").version, 1);
  EXPECT_EQ(Points(member_), 15);
}

TEST_F(TriggersTest, TheSuspendedAreNotThankedLaterEither) {
  Trigger trigger = Note();
  trigger.delay_minutes = 60;
  Set(trigger);
  Buy("1");
  SetState(member_, ledger::MemberState::kSuspended);
  now_ = kNow + absl::Hours(1);
  EXPECT_EQ(RunDue().acted, 1);
  EXPECT_EQ(ResultOf("1").why, TriggerWhy::kMemberState);
}

TEST_F(TriggersTest, WhatAnOrderLackedMakesATaskForStaff) {
  Trigger trigger{.code = "sorry-note"};
  trigger.audience.lacking = true;
  trigger.task = "hand-written-note";
  Set(trigger);
  Buy("full", {{.sku = "duvet", .unit_price_minor = 500}});
  Buy("lacking", {{.sku = "duvet", .unit_price_minor = 500, .unfulfilled = 1}});
  EXPECT_EQ(ResultOf("full", "sorry-note").why, TriggerWhy::kNothingLacking);
  ASSERT_EQ(Thanked("sorry-note"), 1U);
  const std::string detail = Facts(FactKind::kThankYou).front().fact.detail;
  EXPECT_NE(detail.find("\"task\":\"hand-written-note\""), std::string::npos) << detail;
  EXPECT_NE(detail.find("\"store\":\"webshop\""), std::string::npos) << detail;
}

TEST_F(TriggersTest, SignUpsAreWelcomedOnceAndNobodyFromBefore) {
  Trigger welcome = Note("welcome");
  welcome.event = TriggerEvent::kSignUp;
  now_ = kNow + absl::Minutes(1);
  Set(welcome);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  now_ = kNow + absl::Minutes(2);
  const MemberId later = NewMember();
  const MemberId household = NewHousehold();
  Welcomes welcomes(pool_, poster_, reader_, vault_, {.rows = 1, .window = 2});
  ASSERT_TRUE(welcomes.Followed(program_, Soon())->has_value());
  for (int round = 0; round < 2; ++round) {
    for (int32_t p = program_.first_partition; p <= program_.last_partition(); ++p) {
      const absl::Status kept = welcomes.Keep(program_, p, now_, Soon(), {});
      ASSERT_TRUE(kept.ok()) << kept;
    }
  }
  EXPECT_EQ(Thanked("welcome", later), 1U);
  EXPECT_EQ(Thanked("welcome", member_), 0U);
  EXPECT_EQ(Thanked("welcome", household), 0U);
  const auto results =
      triggers_.Results(program_, later, {.at = absl::InfiniteFuture()}, 10, now_, Soon());
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 1U);
  EXPECT_EQ(results->front().result.outcome, TriggerOutcome::kGiven);
}

TEST_F(TriggersTest, PreviewDoesNothingAndSaysWhatWouldBe) {
  Buy("1");
  Trigger trigger = Note();
  trigger.points = 50;
  const auto found = thanks_.FindPurchase(program_, Order("1"), Soon());
  ASSERT_TRUE(found.ok());
  const auto preview = triggers_.Preview(program_, trigger, found->purchase, now_, Soon());
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->told.result.outcome, TriggerOutcome::kGiven);
  EXPECT_EQ(preview->gift, "50 points");
  EXPECT_NE(preview->figures.find("\"points\":50"), std::string::npos);
  EXPECT_EQ(Points(member_), 10);
  // Of a voucher that is not issued they say how long it would live.
  trigger.points = 0;
  trigger.voucher = TriggerVoucher{
      .kind = ledger::VoucherKind::kPercentage, .basis_points = 2'000, .valid_days = 30};
  const auto voucher = triggers_.Preview(program_, trigger, found->purchase, now_, Soon());
  EXPECT_NE(voucher->figures.find("\"basis_points\":2000,\"valid_days\":30"), std::string::npos);
  EXPECT_EQ(voucher->figures.find("\"voucher\""), std::string::npos);
  trigger.audience.channels = {"store"};
  const auto not_meant = triggers_.Preview(program_, trigger, found->purchase, now_, Soon());
  EXPECT_EQ(not_meant->told.result.why, TriggerWhy::kOtherChannel);
  EXPECT_EQ(not_meant->figures, "");
}

TEST_F(TriggersTest, BacktestCountsWhatItWouldHaveDoneAndCost) {
  const MemberId other = NewMember();
  for (int i = 0; i < 3; ++i) {
    purchased_at_ = kNow - kDay * (30 - i);
    Buy(absl::StrCat("mine ", i));
  }
  member_ = other;
  purchased_at_ = kNow - kDay * 400;
  Buy("too long ago");
  purchased_at_ = kNow - kDay * 20;
  Buy("theirs");
  const auto backtest = [&](const Trigger& trigger) {
    const auto report = Backtest(pool_, {.program = program_,
                                         .trigger = trigger,
                                         .from = kNow - kDay * 60,
                                         .until = kNow,
                                         .now = now_,
                                         .deadline = Soon()});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(BacktestReport());
  };
  Trigger trigger = Note();
  trigger.points = 20;
  BacktestReport all = backtest(trigger);
  EXPECT_EQ(all.purchases, 4);
  EXPECT_EQ(all.given, 4);
  EXPECT_EQ(all.members, 2);
  EXPECT_EQ(all.points, 80);
  trigger.once_per_member = true;
  all = backtest(trigger);
  EXPECT_EQ(all.given, 2);
  EXPECT_EQ(all.not_given[TriggerWhy::kHadIt], 2);
  trigger.once_per_member = false;
  trigger.event = TriggerEvent::kAfterGap;
  trigger.gap_days = 365;
  all = backtest(trigger);
  EXPECT_EQ(all.given, 1);
  EXPECT_EQ(all.not_given[TriggerWhy::kNoGap], 3);
  Trigger evergreen = Note();
  evergreen.voucher = TriggerVoucher{.worth = 500, .evergreen = true};
  all = backtest(evergreen);
  EXPECT_EQ(all.vouchers, 2);
  EXPECT_EQ(all.worth_minor, 1000);
  EXPECT_EQ(Thanked("ceo-note"), 0U);
}

TEST_F(TriggersTest, VersionsAreKeptAndListedAsTheyAre) {
  Trigger trigger = Note();
  Set(trigger);
  trigger.points = 7;
  const auto set = Answered<v1::SetTriggerResponse>(Set(trigger));
  EXPECT_EQ(set.trigger().version(), 2);
  EXPECT_EQ(triggers_.Find(program_, "ceo-note", 0, Soon())->points, 7);
  EXPECT_EQ(triggers_.Find(program_, "ceo-note", 1, Soon())->points, 0);
  EXPECT_EQ(ReasonOf(triggers_.Find(program_, "ceo-note", 3, Soon()).status()),
            Reason::kTriggerNotFound);
  EXPECT_EQ(ReasonOf(triggers_.Find(program_, "nobody", 0, Soon()).status()),
            Reason::kTriggerNotFound);
  Set(Note("another"));
  const auto listed = triggers_.List(program_, "another", 10, Soon());
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().version, 2);
  Limit(3, 30);
  EXPECT_EQ(triggers_.Limits(program_, Soon())->most, 3);
}

}  // namespace
}  // namespace gratis::thanks
