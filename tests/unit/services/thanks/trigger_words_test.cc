#include "services/thanks/trigger_words.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "services/thanks/trigger_body.h"
#include "services/thanks/trigger_contract.h"

namespace gratis::thanks {
namespace trigger_words_test {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // 2027-01-15

Trigger Note() {
  Trigger trigger{.code = "ceo-note", .version = 3};
  trigger.sender_code = "ceo";
  trigger.sender_name = "Anna Keller, founder";
  trigger.template_code = "ceo-note";
  return trigger;
}

TriggerResult Result(TriggerOutcome outcome, TriggerWhy why = TriggerWhy::kNone) {
  return {.subject = Uuid{{7}},
          .member = {Uuid{{1}}},
          .purchase = {Uuid{{7}}},
          .trigger = "ceo-note",
          .version = 3,
          .outcome = outcome,
          .why = why,
          .due_at = kNow,
          .decided_at = kNow,
          .store = "zurich"};
}

std::string Sentence(const TriggerResult& result, const Trigger& trigger) {
  return SentenceOf(result, trigger, "USD", absl::UTCTimeZone());
}

TEST(SentenceOf, SaysWhoThankedAndWithWhat) {
  Trigger trigger = Note();
  EXPECT_EQ(Sentence(Result(TriggerOutcome::kGiven), trigger),
            "Anna Keller, founder, said thank you, on 2027-01-15.");
  trigger.question = Question::kFeedback;
  trigger.voucher = TriggerVoucher{.kind = ledger::VoucherKind::kPercentage, .basis_points = 2000};
  TriggerResult third = Result(TriggerOutcome::kGiven);
  third.position = 3;
  EXPECT_EQ(Sentence(third, trigger),
            "Anna Keller, founder, said thank you and asked how it was and gave 20% off, with no "
            "end, for purchase number 3, on 2027-01-15.");
}

TEST(SentenceOf, SaysWhyNot) {
  EXPECT_EQ(Sentence(Result(TriggerOutcome::kWithheld, TriggerWhy::kTooLate), Note()),
            "Not given: it was more than 7 days old, and would have been odd.");
  EXPECT_EQ(Sentence(Result(TriggerOutcome::kCancelled, TriggerWhy::kReturned), Note()),
            "Called off: all of the purchase came back.");
  EXPECT_EQ(Sentence(Result(TriggerOutcome::kHeldBack, TriggerWhy::kComplaintOpen), Note()),
            "It waits: a complaint is open. It comes once that is resolved, if that is by "
            "2027-01-22.");
  EXPECT_EQ(Sentence(Result(TriggerOutcome::kNotMeant, TriggerWhy::kOtherStore), Note()),
            "Not meant: it is for other stores.");
}

TEST(SentenceOf, EveryReasonHasWordsAndANameOfItsOwn) {
  std::set<std::string> sentences;
  std::set<std::string_view> names;
  constexpr int kLast = static_cast<int>(TriggerWhy::kSwitchedOff);
  for (int why = 1; why <= kLast; ++why) {
    sentences.insert(
        Sentence(Result(TriggerOutcome::kWithheld, static_cast<TriggerWhy>(why)), Note()));
    names.insert(NameOf(static_cast<TriggerWhy>(why)));
  }
  EXPECT_EQ(sentences.size(), kLast);
  EXPECT_EQ(names.size(), kLast);
}

TEST(GiftText, SaysWhatItIs) {
  Trigger trigger = Note();
  EXPECT_EQ(GiftText(trigger, "USD"), "");
  trigger.points = 1;
  EXPECT_EQ(GiftText(trigger, "USD"), "1 point");
  trigger.points = 0;
  trigger.voucher = TriggerVoucher{.worth = 500, .valid_days = 30};
  EXPECT_EQ(GiftText(trigger, "USD"), "5.00 USD off, for 30 days");
  trigger.voucher = TriggerVoucher{.kind = ledger::VoucherKind::kPercentage, .basis_points = 1250};
  EXPECT_EQ(GiftText(trigger, "USD"), "12.5% off, with no end");
  trigger.voucher = TriggerVoucher{.kind = ledger::VoucherKind::kItem, .item = "coffee"};
  EXPECT_EQ(GiftText(trigger, "USD"), "the item coffee, with no end");
}

TEST(CashierLine, TellsWhatWasGivenBeforeWhatWasNot) {
  const auto line = [](std::vector<ToldResult> told) {
    return CashierLine(told, "USD", absl::UTCTimeZone());
  };
  EXPECT_EQ(line({}), "");
  EXPECT_EQ(line({{Result(TriggerOutcome::kNotMeant, TriggerWhy::kNoGap), Note()}}), "");
  const std::vector<ToldResult> both = {
      {Result(TriggerOutcome::kWithheld, TriggerWhy::kLimit), Note()},
      {Result(TriggerOutcome::kGiven), Note()}};
  EXPECT_EQ(line(both), "Anna Keller, founder, said thank you, on 2027-01-15.");
  EXPECT_EQ(line({both[1], both[1]}),
            "Anna Keller, founder, said thank you, on 2027-01-15. And 1 more.");
}

TEST(CashierLine, TellsWhyWhatWasSaidDidNotGoOut) {
  ToldResult told{Result(TriggerOutcome::kGiven), Note()};
  messages::v1::Message& mail = told.said.emplace_back();
  mail.set_channel(messages::v1::MESSAGE_CHANNEL_EMAIL);
  mail.set_state(messages::v1::MESSAGE_STATE_WAITING);
  mail.set_sentence("It waits until 2027-01-16 08:00 UTC: it is night where the member lives.");
  const auto line = [&] { return CashierLine({told, told}, "USD", absl::UTCTimeZone()); };
  EXPECT_EQ(line(),
            "Anna Keller, founder, said thank you, on 2027-01-15. E-mail: It waits until "
            "2027-01-16 08:00 UTC: it is night where the member lives. And 1 more.");
  // What went out without a part of it says which; what went out whole needs no words.
  told.said[0].set_state(messages::v1::MESSAGE_STATE_SENT);
  told.said[0].add_left_out("voucher");
  told.said[0].set_sentence("It went to e-mail on 2027-01-15 08:00 UTC, without voucher.");
  EXPECT_EQ(line(),
            "Anna Keller, founder, said thank you, on 2027-01-15. E-mail: It went to e-mail on "
            "2027-01-15 08:00 UTC, without voucher. And 1 more.");
  told.said[0].clear_left_out();
  EXPECT_EQ(line(), "Anna Keller, founder, said thank you, on 2027-01-15. And 1 more.");
}

TEST(ToContract, AResultIsToldWithTheMessagesItBecame) {
  ToldResult told{Result(TriggerOutcome::kGiven), Note()};
  told.said.emplace_back().set_message_id("msg_1");
  told.said.emplace_back().set_message_id("msg_2");
  const v1::TriggerResult result = ToContract(told, "USD", absl::UTCTimeZone());
  ASSERT_EQ(result.messages_size(), 2);
  EXPECT_EQ(result.messages(0).message_id(), "msg_1");
  EXPECT_EQ(result.messages(1).message_id(), "msg_2");
}

TEST(FiguresOf, HoldsIdsAndFiguresAndNoName) {
  Trigger trigger = Note();
  trigger.question = Question::kFeedback;
  trigger.voucher = TriggerVoucher{.kind = ledger::VoucherKind::kPercentage, .basis_points = 2000};
  trigger.task = "hand-written-note";
  trigger.channels = {"email"};
  TriggerResult result = Result(TriggerOutcome::kGiven);
  result.voucher = {Uuid{{8}}};
  const std::string text = FiguresOf(result, trigger);
  EXPECT_EQ(text.find("Anna"), std::string::npos);
  const auto figures = nlohmann::json::parse(text, nullptr, false);
  ASSERT_TRUE(figures.is_object()) << text;
  EXPECT_EQ(figures["trigger"], "ceo-note");
  EXPECT_EQ(figures["trigger_version"], 3);
  EXPECT_EQ(figures["template"], "ceo-note");
  EXPECT_EQ(figures["purpose"], "marketing");
  EXPECT_EQ(figures["sender"], "ceo");
  EXPECT_EQ(figures["channels"], nlohmann::json({"email", "task"}));
  EXPECT_EQ(figures["purchase"], result.purchase.ToString());
  EXPECT_EQ(figures["voucher"], result.voucher.ToString());
  EXPECT_EQ(figures["feedback"], true);
  EXPECT_EQ(figures["store"], "zurich");
  EXPECT_EQ(figures["max_age_seconds"], 7 * 24 * 3600);
  trigger.channels = {"inbox", "task"};
  EXPECT_EQ(nlohmann::json::parse(FiguresOf(result, trigger), nullptr, false)["channels"],
            nlohmann::json({"inbox", "task"}))
      << "one task, however it is asked for";
}

TEST(FiguresOf, SaysHowLongAVoucherWouldLiveUntilItIsThere) {
  Trigger trigger = Note();
  trigger.voucher = TriggerVoucher{
      .kind = ledger::VoucherKind::kPercentage, .basis_points = 2000, .valid_days = 30};
  TriggerResult result = Result(TriggerOutcome::kGiven);
  EXPECT_EQ(nlohmann::json::parse(FiguresOf(result, trigger))["valid_days"], 30);
  result.voucher = {Uuid{{8}}};
  EXPECT_FALSE(nlohmann::json::parse(FiguresOf(result, trigger)).contains("valid_days"));
}

TEST(FiguresOf, SaysOfWhatIsSaidWhetherItsTriggerPicksByProfile) {
  const auto says = [](const Trigger& trigger) {
    const auto figures =
        nlohmann::json::parse(FiguresOf(Result(TriggerOutcome::kGiven), trigger), nullptr, false);
    return figures.contains("by_profile") && figures["by_profile"] == true;
  };
  Trigger trigger = Note();
  EXPECT_FALSE(says(trigger));
  trigger.audience.tiers = {"gold"};
  EXPECT_TRUE(says(trigger));
  trigger.template_code.clear();
  trigger.points = 50;
  EXPECT_FALSE(says(trigger)) << "nothing is said, and a gift is for everybody";
  trigger.task = "card";
  EXPECT_TRUE(says(trigger));
}

TEST(CancelFigures, SayWhy) {
  const auto figures = nlohmann::json::parse(
      CancelFigures(Result(TriggerOutcome::kCancelled, TriggerWhy::kReturned)), nullptr, false);
  EXPECT_EQ(figures["why"], "returned");
  EXPECT_EQ(figures["trigger"], "ceo-note");
}

Trigger Whole() {
  Trigger trigger = Note();
  trigger.event = TriggerEvent::kNthPurchase;
  trigger.nth = 10;
  trigger.every = true;
  trigger.delay_minutes = 90;
  trigger.audience = {.stores = {"zurich"},
                      .channels = {"web"},
                      .skus = {"a"},
                      .categories = {"b"},
                      .tiers = {"gold"},
                      .lacking = true};
  trigger.once_per_member = true;
  trigger.rest_days = 30;
  trigger.max_age_days = 3;
  trigger.priority = -5;
  trigger.channels = {"email", "inbox"};
  trigger.brand_story = true;
  trigger.question = Question::kFeedback;
  trigger.voucher = TriggerVoucher{
      .kind = ledger::VoucherKind::kFixed, .worth = 500, .valid_days = 60, .evergreen = true};
  trigger.budget = {Uuid{{3}}};
  trigger.task = "note";
  return trigger;
}

TEST(TriggerBody, ComesBackAsItWasKept) {
  const absl::StatusOr<Trigger> read = ParseTriggerBody(TriggerBody(Whole()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(TriggerBody(*read), TriggerBody(Whole()));
  EXPECT_EQ(read->sender_name, "Anna Keller, founder");
  EXPECT_EQ(read->audience, Whole().audience);
  EXPECT_EQ(read->voucher, Whole().voucher);
  EXPECT_FALSE(ParseTriggerBody("[]").ok());
}

TEST(TriggerFigures, NameNobody) {
  EXPECT_EQ(TriggerFigures(Whole()).find("Anna"), std::string::npos);
}

TEST(TriggerContract, ComesBackAsItWasGiven) {
  const v1::Trigger message = ToContract(Whole(), "USD");
  const absl::StatusOr<Trigger> read = ParseTrigger(message, "USD");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(TriggerBody(*read), TriggerBody(Whole()));
  EXPECT_EQ(message.purpose(), v1::TRIGGER_PURPOSE_MARKETING);
  EXPECT_TRUE(message.by_profile());
  EXPECT_FALSE(ToContract(Note(), "USD").by_profile());
  EXPECT_FALSE(ParseTrigger(message, "CHF").ok());
}

}  // namespace
}  // namespace trigger_words_test
}  // namespace gratis::thanks
