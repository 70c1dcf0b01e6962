#include "services/thanks/trigger_rules.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/messages.pb.h"
#include "gratis/thanks/v1/triggers.pb.h"

namespace gratis::thanks {
namespace trigger_rules_test {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

Trigger Note() {
  Trigger trigger{.code = "ceo-note", .version = 1};
  trigger.sender_code = "ceo";
  trigger.sender_name = "Anna Keller, founder";
  trigger.template_code = "ceo-note";
  return trigger;
}

Purchase Bought(std::vector<Line> lines = {}) {
  Purchase purchase{.id = {Uuid{{7}}}, .member = {Uuid{{1}}}, .purchased_at = kNow};
  purchase.order.source = "webshop";
  purchase.order.store = "zurich";
  purchase.channel = "web";
  purchase.lines = std::move(lines);
  return purchase;
}

TriggerOccasion At(const Purchase& purchase, int64_t position = 1) {
  return {.moment = Moment::kPurchase,
          .at = purchase.purchased_at,
          .purchase = &purchase,
          .position = position};
}

TriggerVerdict JudgeNow(const Trigger& trigger, const MemberFacts& facts = {},
                        const TriggerLimits& limits = {}, absl::Time now = kNow) {
  const Purchase purchase = Bought();
  return Judge(trigger, At(purchase), facts, limits, now);
}

PastThanks Had(const std::string& trigger, absl::Time at,
               TriggerOutcome outcome = TriggerOutcome::kGiven) {
  return {.trigger = trigger, .subject = Uuid{{9}}, .version = 1, .outcome = outcome, .at = at};
}

TEST(CheckTrigger, NamesTheFieldThatIsWrong) {
  struct Case {
    std::string field;
    Reason reason;
    std::function<void(Trigger&)> spoil;
  };
  const std::vector<Case> cases = {
      {"trigger.code", Reason::kFieldMissing, [](auto& t) { t.code.clear(); }},
      {"trigger.code", Reason::kFieldInvalid, [](auto& t) { t.code = "CEO note"; }},
      {"trigger.event", Reason::kFieldMissing, [](auto& t) { t.event = TriggerEvent{}; }},
      {"trigger.nth", Reason::kFieldInvalid,
       [](auto& t) { t.event = TriggerEvent::kNthPurchase, t.nth = 1; }},
      {"trigger.nth", Reason::kFieldInvalid, [](auto& t) { t.nth = 3; }},
      {"trigger.every", Reason::kFieldInvalid, [](auto& t) { t.every = true; }},
      {"trigger.gap_days", Reason::kFieldInvalid,
       [](auto& t) { t.event = TriggerEvent::kAfterGap; }},
      {"trigger.delay_minutes", Reason::kFieldInvalid, [](auto& t) { t.delay_minutes = -1; }},
      {"trigger.max_age_days", Reason::kFieldInvalid, [](auto& t) { t.max_age_days = 0; }},
      {"trigger.points", Reason::kFieldInvalid, [](auto& t) { t.points = -1; }},
      {"trigger.points", Reason::kFieldInvalid,
       [](auto& t) { t.points = 5, t.voucher = TriggerVoucher{.worth = 100}; }},
      {"trigger.voucher.basis_points", Reason::kFieldInvalid,
       [](auto& t) { t.voucher = TriggerVoucher{.kind = ledger::VoucherKind::kPercentage}; }},
      {"trigger.voucher.item", Reason::kFieldMissing,
       [](auto& t) { t.voucher = TriggerVoucher{.kind = ledger::VoucherKind::kItem}; }},
      {"trigger.budget_id", Reason::kFieldInvalid, [](auto& t) { t.budget = {Uuid{{3}}}; }},
      {"trigger.sender", Reason::kFieldMissing, [](auto& t) { t.sender_name.clear(); }},
      {"trigger.template", Reason::kFieldMissing,
       [](auto& t) { t.template_code.clear(), t.question = Question::kFeedback; }},
      {"trigger.receipt_line", Reason::kFieldInvalid,
       [](auto& t) { t.receipt_line = "Thank you", t.delay_minutes = 1; }},
      {"trigger.receipt_line", Reason::kFieldTooLong,
       [](auto& t) { t.receipt_line = std::string(121, 'x'); }},
      {"trigger.audience", Reason::kFieldInvalid,
       [](auto& t) { t.event = TriggerEvent::kSignUp, t.audience.stores = {"zurich"}; }},
      {"trigger.audience.skus", Reason::kFieldMissing, [](auto& t) { t.audience.skus = {""}; }},
      {"trigger", Reason::kFieldMissing, [](auto& t) { t.template_code.clear(); }},
  };
  EXPECT_TRUE(CheckTrigger(Note()).ok()) << CheckTrigger(Note());
  for (const Case& bad : cases) {
    Trigger trigger = Note();
    bad.spoil(trigger);
    const absl::Status status = CheckTrigger(trigger);
    EXPECT_EQ(ReasonOf(status), bad.reason) << bad.field << ": " << status;
    EXPECT_EQ(FieldOf(status), bad.field);
  }
}

TEST(CheckTrigger, WaysAreThoseOfTheContractOfMessages) {
  const auto* const channels = messages::v1::MessageChannel_descriptor();
  const std::string begins = "MESSAGE_CHANNEL_";
  Trigger trigger = Note();
  for (int i = 0; i < channels->value_count(); ++i) {
    if (channels->value(i)->number() == 0) continue;
    trigger.channels.push_back(
        absl::AsciiStrToLower(channels->value(i)->name().substr(begins.size())));
  }
  EXPECT_FALSE(trigger.channels.empty());
  EXPECT_TRUE(CheckTrigger(trigger).ok()) << CheckTrigger(trigger);
  for (const char* none : {"emial", "webhook", "receipt", "unspecified"}) {
    trigger.channels = {"email", none};
    trigger.enabled = true;
    EXPECT_EQ(ReasonOf(CheckTrigger(trigger)), Reason::kFieldInvalid) << none;
    EXPECT_EQ(FieldOf(CheckTrigger(trigger)), "trigger.channels");
    // Whoever had one before can switch it off.
    trigger.enabled = false;
    EXPECT_TRUE(CheckTrigger(trigger).ok()) << CheckTrigger(trigger);
  }
}

TEST(CheckTrigger, AReviewIsNeverRewarded) {
  Trigger trigger = Note();
  trigger.question = Question::kReview;
  EXPECT_TRUE(CheckTrigger(trigger).ok()) << CheckTrigger(trigger);
  Trigger points = trigger;
  points.points = 1;
  Trigger voucher = trigger;
  voucher.voucher = TriggerVoucher{.worth = 100};
  for (Trigger rewarded : {points, voucher}) {
    const absl::Status status = CheckTrigger(rewarded);
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << status;
    EXPECT_EQ(FieldOf(status), "trigger.question");
    // How it was may be asked beside a gift, whatever the answer.
    rewarded.question = Question::kFeedback;
    EXPECT_TRUE(CheckTrigger(rewarded).ok()) << CheckTrigger(rewarded);
    // Whoever had one before can switch it off.
    rewarded.question = Question::kReview;
    rewarded.enabled = false;
    EXPECT_TRUE(CheckTrigger(rewarded).ok()) << CheckTrigger(rewarded);
  }
}

TEST(CheckTrigger, ThereIsNoFieldForHowSomebodyLikedIt) {
  std::vector<const google::protobuf::Descriptor*> messages = {v1::Trigger::descriptor()};
  for (size_t i = 0; i < messages.size(); ++i) {
    for (int place = 0; place < messages[i]->field_count(); ++place) {
      const google::protobuf::FieldDescriptor& field = *messages[i]->field(place);
      for (const char* word : {"score", "rating", "stars", "sentiment", "opinion", "answer"}) {
        EXPECT_EQ(field.name().find(word), std::string::npos) << field.full_name();
      }
      if (field.message_type() != nullptr) messages.push_back(field.message_type());
    }
  }
  EXPECT_GT(messages.size(), 3U);
}

TEST(PurposeOf, IsTheStrictestOfWhatItCarries) {
  Trigger trigger = Note();
  EXPECT_EQ(PurposeOf(trigger), Purpose::kService);
  trigger.question = Question::kFeedback;
  EXPECT_EQ(PurposeOf(trigger), Purpose::kSurvey);
  trigger.question = Question::kReview;
  EXPECT_EQ(PurposeOf(trigger), Purpose::kReview);
  trigger.points = 1;
  EXPECT_EQ(PurposeOf(trigger), Purpose::kMarketing);
  trigger.points = 0;
  trigger.brand_story = true;
  EXPECT_EQ(PurposeOf(trigger), Purpose::kMarketing);
  trigger.template_code.clear();
  EXPECT_EQ(PurposeOf(trigger), Purpose::kNone);
}

TEST(PicksByProfile, IsByGoodsTierGapAndHowOftenTheyBought) {
  const std::vector<std::pair<bool, std::function<void(Trigger&)>>> cases = {
      {false, [](auto&) {}},
      {false, [](auto& t) { t.event = TriggerEvent::kFirstPurchase; }},
      {false, [](auto& t) { t.event = TriggerEvent::kDelivery; }},
      {false, [](auto& t) { t.event = TriggerEvent::kSignUp; }},
      {false, [](auto& t) { t.audience.stores = {"zurich"}; }},
      {false, [](auto& t) { t.audience.channels = {"web"}; }},
      {false, [](auto& t) { t.audience.lacking = true; }},
      {false, [](auto& t) { t.once_per_member = true; }},
      {false, [](auto& t) { t.points = 50; }},
      {true, [](auto& t) { t.event = TriggerEvent::kNthPurchase; }},
      {true, [](auto& t) { t.event = TriggerEvent::kAfterGap; }},
      {true, [](auto& t) { t.audience.skus = {"a"}; }},
      {true, [](auto& t) { t.audience.categories = {"wine"}; }},
      {true, [](auto& t) { t.audience.tiers = {"gold"}; }},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    Trigger trigger = Note();
    cases[i].second(trigger);
    EXPECT_EQ(PicksByProfile(trigger), cases[i].first) << "case " << i;
  }
}

TEST(Judge, ActsAtOnceOrLater) {
  Trigger trigger = Note();
  EXPECT_EQ(JudgeNow(trigger).outcome, TriggerOutcome::kGiven);
  trigger.delay_minutes = 60;
  EXPECT_EQ(JudgeNow(trigger),
            (TriggerVerdict{TriggerOutcome::kDue, TriggerWhy::kNone, kNow + absl::Hours(1)}));
  EXPECT_EQ(JudgeNow(trigger, {}, {}, kNow + absl::Hours(1)).outcome, TriggerOutcome::kGiven);
}

TEST(Judge, CountsPurchasesInTheirRow) {
  const Purchase purchase = Bought();
  Trigger first = Note();
  first.event = TriggerEvent::kFirstPurchase;
  Trigger third = Note();
  third.event = TriggerEvent::kNthPurchase;
  third.nth = 3;
  Trigger every = third;
  every.every = true;
  const auto acts = [&](const Trigger& trigger, TriggerOccasion occasion) {
    return Judge(trigger, occasion, {}, {}, kNow).outcome == TriggerOutcome::kGiven;
  };
  for (int64_t position = 1; position <= 6; ++position) {
    EXPECT_EQ(acts(first, At(purchase, position)), position == 1) << position;
    EXPECT_EQ(acts(third, At(purchase, position)), position == 3) << position;
    EXPECT_EQ(acts(every, At(purchase, position)), position % 3 == 0) << position;
  }
  // After a return it is the third once more, and was rewarded.
  TriggerOccasion again = At(purchase, 3);
  again.new_position = false;
  EXPECT_FALSE(acts(third, again));
}

TEST(Judge, SeesAGap) {
  const Purchase purchase = Bought();
  Trigger trigger = Note();
  trigger.event = TriggerEvent::kAfterGap;
  trigger.gap_days = 180;
  TriggerOccasion occasion = At(purchase, 2);
  EXPECT_EQ(Judge(trigger, occasion, {}, {}, kNow).why, TriggerWhy::kNoGap);
  occasion.gap = kDay * 179;
  EXPECT_EQ(Judge(trigger, occasion, {}, {}, kNow).why, TriggerWhy::kNoGap);
  occasion.gap = kDay * 180;
  EXPECT_EQ(Judge(trigger, occasion, {}, {}, kNow).outcome, TriggerOutcome::kGiven);
}

TEST(Judge, LooksAtStoreChannelGoodsTierAndWhatWasLacking) {
  const Purchase purchase =
      Bought({{.sku = "duvet-blue", .category = "bedding"},
              {.sku = "duvet-red", .category = "bedding", .quantity = 0, .unfulfilled = 1}});
  struct Case {
    TriggerWhy why;
    std::function<void(TriggerAudience&)> ask;
  };
  const std::vector<Case> cases = {
      {TriggerWhy::kNone, [](auto& a) { a.stores = {"zurich"}; }},
      {TriggerWhy::kOtherStore, [](auto& a) { a.stores = {"webshop"}; }},
      {TriggerWhy::kNone,
       [](auto& a) {
         a.channels = {"app", "web"};
       }},
      {TriggerWhy::kOtherChannel, [](auto& a) { a.channels = {"store"}; }},
      {TriggerWhy::kNone, [](auto& a) { a.skus = {"duvet-blue"}; }},
      {TriggerWhy::kOtherGoods, [](auto& a) { a.skus = {"pillow"}; }},
      {TriggerWhy::kOtherGoods, [](auto& a) { a.categories = {"shoes"}; }},
      {TriggerWhy::kNone, [](auto& a) { a.lacking = true; }},
      {TriggerWhy::kNone, [](auto& a) { a.skus = {"duvet-red"}, a.lacking = true; }},
      {TriggerWhy::kNothingLacking, [](auto& a) { a.skus = {"duvet-blue"}, a.lacking = true; }},
      {TriggerWhy::kNone, [](auto& a) { a.tiers = {"gold"}; }},
      {TriggerWhy::kOtherTier, [](auto& a) { a.tiers = {"silver"}; }},
  };
  for (const Case& one : cases) {
    Trigger trigger = Note();
    one.ask(trigger.audience);
    const TriggerVerdict verdict = Judge(trigger, At(purchase), {.tier = "gold"}, {}, kNow);
    EXPECT_EQ(verdict.why, one.why) << NameOf(one.why);
    EXPECT_EQ(verdict.outcome,
              one.why == TriggerWhy::kNone ? TriggerOutcome::kGiven : TriggerOutcome::kNotMeant);
  }
}

TEST(Judge, AStoreMayBeMeantByTheSourceOfOrdersThatNameNone) {
  Purchase purchase = Bought();
  purchase.order.store.clear();
  Trigger trigger = Note();
  trigger.audience.stores = {"webshop"};
  EXPECT_EQ(Judge(trigger, At(purchase), {}, {}, kNow).outcome, TriggerOutcome::kGiven);
}

TEST(Judge, AnImportOfOldOrdersThanksNobody) {
  const TriggerVerdict old = JudgeNow(Note(), {}, {}, kNow + kDay * 7 + absl::Seconds(1));
  EXPECT_EQ(old.outcome, TriggerOutcome::kWithheld);
  EXPECT_EQ(old.why, TriggerWhy::kTooLate);
  EXPECT_EQ(JudgeNow(Note(), {}, {}, kNow + kDay * 7).outcome, TriggerOutcome::kGiven);
}

TEST(Judge, AgeIsCountedFromWhenItIsDue) {
  Trigger review = Note();
  review.question = Question::kReview;
  review.delay_minutes = 60 * 24 * 30;
  EXPECT_EQ(JudgeNow(review, {}, {}, kNow + kDay * 31).outcome, TriggerOutcome::kGiven);
}

TEST(Judge, OncePerMemberAndRestsAreKept) {
  Trigger once = Note();
  once.once_per_member = true;
  EXPECT_EQ(JudgeNow(once, {.past = {Had("ceo-note", kNow - kDay * 900)}}).why, TriggerWhy::kHadIt);
  // What is due may still be called off.
  EXPECT_EQ(JudgeNow(once, {.past = {Had("ceo-note", kNow + kDay, TriggerOutcome::kDue)}}).outcome,
            TriggerOutcome::kGiven);
  EXPECT_EQ(JudgeNow(once, {.past = {Had("mission", kNow - kDay)}}).outcome,
            TriggerOutcome::kGiven);
  Trigger rests = Note();
  rests.rest_days = 30;
  EXPECT_EQ(JudgeNow(rests, {.past = {Had("ceo-note", kNow + kDay, TriggerOutcome::kDue)}}).outcome,
            TriggerOutcome::kGiven);
  EXPECT_EQ(JudgeNow(rests, {.past = {Had("ceo-note", kNow - kDay * 29)}}).why,
            TriggerWhy::kHadItLately);
  EXPECT_EQ(JudgeNow(rests, {.past = {Had("ceo-note", kNow - kDay * 30)}}).outcome,
            TriggerOutcome::kGiven);
}

TEST(Judge, LimitsHoldOverAllTriggers) {
  const TriggerLimits limits{.version = 1, .most = 2, .within_days = 7};
  MemberFacts facts{.past = {Had("mission", kNow - kDay), Had("welcome", kNow - kDay * 6)}};
  EXPECT_EQ(JudgeNow(Note(), facts, limits).why, TriggerWhy::kLimit);
  facts.past[1].at = kNow - kDay * 7;
  EXPECT_EQ(JudgeNow(Note(), facts, limits).outcome, TriggerOutcome::kGiven);
  facts.past[1].at = kNow - kDay;
  facts.past[1].outcome = TriggerOutcome::kDue;
  EXPECT_EQ(JudgeNow(Note(), facts, limits).outcome, TriggerOutcome::kGiven);
  // A line on the receipt reaches nobody who is not there.
  facts.past[1].outcome = TriggerOutcome::kGiven;
  Trigger receipt{.code = "receipt", .version = 1};
  receipt.receipt_line = "Thank you";
  EXPECT_EQ(JudgeNow(receipt, facts, limits).outcome, TriggerOutcome::kGiven);
}

TEST(Judge, NobodyIsThankedWhoMayNotBeGivenAnything) {
  EXPECT_EQ(JudgeNow(Note(), {.state = ledger::MemberState::kSuspended}).why,
            TriggerWhy::kMemberState);
}

TEST(Judge, AnOpenComplaintHoldsBackAndGivesUpAtTheEnd) {
  const MemberFacts complaining{.complaint_open = true};
  EXPECT_EQ(JudgeNow(Note(), complaining).outcome, TriggerOutcome::kHeldBack);
  EXPECT_EQ(JudgeNow(Note(), complaining, {}, kNow + kDay * 7).outcome, TriggerOutcome::kHeldBack);
  const TriggerVerdict late = JudgeNow(Note(), complaining, {}, kNow + kDay * 8);
  EXPECT_EQ(late.outcome, TriggerOutcome::kWithheld);
  EXPECT_EQ(late.why, TriggerWhy::kComplaintOpen);
}

TEST(Judge, WhatCameBackBeforeIsNotThankedFor) {
  Purchase purchase = Bought();
  purchase.returned.whole = true;
  const TriggerVerdict verdict = Judge(Note(), At(purchase), {}, {}, kNow);
  EXPECT_EQ(verdict.outcome, TriggerOutcome::kCancelled);
  EXPECT_EQ(verdict.why, TriggerWhy::kReturned);
}

TEST(JudgeDue, ItsOwnRowIsNotWhatTheyHadBefore) {
  Trigger once = Note();
  once.once_per_member = true;
  PastThanks own = {.trigger = "ceo-note",
                    .subject = Uuid{{7}},
                    .version = 1,
                    .outcome = TriggerOutcome::kDue,
                    .at = kNow};
  EXPECT_EQ(JudgeDue(once, Uuid{{7}}, kNow, {.past = {own}}, {}, kNow).outcome,
            TriggerOutcome::kGiven);
  own.outcome = TriggerOutcome::kGiven;
  EXPECT_EQ(JudgeDue(once, Uuid{{8}}, kNow, {.past = {own}}, {}, kNow).why, TriggerWhy::kHadIt);
}

}  // namespace
}  // namespace trigger_rules_test
}  // namespace gratis::thanks
