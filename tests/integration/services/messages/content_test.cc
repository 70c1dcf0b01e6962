#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/match.h"
#include "tests/integration/services/messages/content_house.h"

namespace gratis::messages {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kOffer[] =
    "Thank you, {{member.name}}. {{#voucher}}{{voucher.worth}} off with {{voucher.code}}, "
    "{{#voucher.ends}}until {{voucher.ends}}{{/voucher.ends}}{{^voucher.ends}}for ever"
    "{{/voucher.ends}}. {{/voucher}}{{#feedback}}How was it? {{feedback.url}} {{/feedback}}"
    "{{sender.name}}, {{sender.title}}{{#unsubscribe}} {{unsubscribe.url}}{{/unsubscribe}}";

class ContentTest : public ContentHouse {
 protected:
  void SetUp() override {
    ASSERT_TRUE(SetTemplate(Note("ceo-note", {kOffer})).ok());
    ASSERT_TRUE(SetTemplate(Note("birthday-gift",
                                 {"{{#gift}}{{points}} points{{/gift}}{{#complaint}}, and sorry"
                                  "{{/complaint}} {{#unsubscribe}}{{unsubscribe.url}}"
                                  "{{/unsubscribe}}"},
                                 Purpose::kMarketing))
                    .ok());
  }

  std::vector<LetterKey> LetterKeysOf(const MemberId& member) {
    std::vector<LetterKey> keys;
    for (const SeenMessage& seen : MessagesOf(member)) {
      keys.push_back(
          {program_.number, ledger::PartitionOf(program_, member), seen.message.id.uuid});
    }
    return keys;
  }
  std::vector<std::optional<Email>> LettersOf(const MemberId& member) {
    return Open(LetterKeysOf(member));
  }
  std::vector<std::optional<Email>> Open(const std::vector<LetterKey>& keys) {
    KeptLetters kept(vault_);
    std::vector<std::optional<Email>> letters;
    const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(letters, kept.Open(tx, keys));
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return letters;
  }
};

// --- story 1 ---

TEST_F(ContentTest, AfterAPurchaseTheFounderSaysThankYouAsksAndGivesTwentyPercentForEver) {
  const MemberId ada = AddMember("ada");
  const VoucherId voucher = Issue(ada, At("2026-11-28 09:00"));
  Thanks(ada, At("2026-11-28 09:00"),
         absl::StrCat(",\"feedback\":true,\"voucher\":\"", voucher.ToString(), "\""));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  const auto letters = LettersOf(ada);
  ASSERT_EQ(letters.size(), 1u);
  ASSERT_TRUE(letters[0]);
  const std::string code =
      ledger::GroupVoucherCode(ledger::VoucherCodes(vault_).CodeOf(program_.number, voucher));
  const MessageId message = MessagesOf(ada)[0].message.id;
  EXPECT_EQ(
      letters[0]->text,
      absl::StrCat("Thank you, ada. 20% off with ", code,
                   ", for ever. How was it? https://shop.example/how?message=", message.ToString(),
                   " Anna Keller, founder ", letters[0]->unsubscribe_url));
  EXPECT_EQ(letters[0]->subject, "To ada");
  EXPECT_EQ(letters[0]->from_name, "Anna Keller");
  EXPECT_EQ(letters[0]->from_address, "anna@shop.example");
  EXPECT_EQ(letters[0]->to, "ada@example.org");
  EXPECT_THAT(letters[0]->unsubscribe_url, HasSubstr("https://shop.example/u?token="));
  EXPECT_EQ(Count("gratis_messages.delivery"), 1);
}

TEST_F(ContentTest, WithoutConsentItIsABareThankYouAndSaysWhatItLacks) {
  const MemberId ada = AddMember("ada");
  recipients_.people[ada].consents = {};
  const VoucherId voucher = Issue(ada, At("2026-11-28 09:00"));
  Thanks(ada, At("2026-11-28 09:00"),
         absl::StrCat(",\"feedback\":true,\"voucher\":\"", voucher.ToString(), "\""));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  EXPECT_EQ(LastTextOf(ada), "Thank you, ada. Anna Keller, founder");
  EXPECT_EQ(LettersOf(ada)[0]->unsubscribe_url, "");
  EXPECT_THAT(MessagesOf(ada)[0].message.left_out, ElementsAre("voucher", "feedback"));
  EXPECT_EQ(Count("gratis_messages.delivery WHERE marketing"), 0);
}

TEST_F(ContentTest, WhatATemplateAsksOrGivesInItsOwnWordsGoesToWhoAgreedToThat) {
  ASSERT_TRUE(SetTemplate(Note("ask", {"Please review us: https://shop.example/review"})).ok());
  const std::string ask = R"({"template":"ask","purpose":"review","review":true})";
  const std::string give = R"({"template":"ask","purpose":"marketing","points":5})";
  const std::string tell = R"({"template":"ask","purpose":"service"})";
  const absl::Time at = At("2026-11-28 09:00");
  const auto said = [&](const std::string& who, const Consents& consents) {
    const MemberId member = AddMember(who);
    recipients_.people[member].consents = consents;
    Happens(ledger::FactKind::kThankYou, member, at, ask);
    Happens(ledger::FactKind::kThankYou, member, at + absl::Seconds(1), give, 5);
    Happens(ledger::FactKind::kThankYou, member, at + absl::Seconds(2), tell);
    Turn(at + absl::Minutes(1));
    return FatesOf(member);
  };
  EXPECT_EQ(said("ada", {}), "withheld 2, withheld 2, sent");
  EXPECT_EQ(said("bob", {.surveys = true}), "sent, withheld 2, sent");
  EXPECT_EQ(said("cleo", {.marketing = true}), "withheld 2, sent, sent");
  EXPECT_EQ(said("dan", {.objected = true}), "withheld 15, withheld 15, sent");

  const MemberId objector = AddMember("eva");
  recipients_.people[objector].consents = {.objected = true};
  Happens(ledger::FactKind::kThankYou, objector, at,
          R"({"template":"ask","review":true,"channels":["inbox"]})");
  Turn(at + absl::Minutes(1));
  EXPECT_EQ(FatesOf(objector), "withheld 15");

  // A preview says so, too.
  recipients_.people[objector].consents = {.marketing = true};
  const PreviewOrder order{.message_template = *templates_.Get(program_, "ask", 0, Soon()),
                           .member = objector,
                           .figures = *ReadFigures(ask)};
  EXPECT_FALSE(messages_.PreviewOf(program_, order, at, Soon())->consented);
}

// --- story 4 ---

TEST_F(ContentTest, WhatIsBackIsToldToWhoAskedAndOtherwiseToWhoAgreedToMarketing) {
  ASSERT_TRUE(
      SetTemplate(Note("back-in-stock", {"{{#restock}}{{restock.item}} is back.{{/restock}}"
                                         "{{#unsubscribe}} {{unsubscribe.url}}{{/unsubscribe}}"}))
          .ok());
  const auto back = [this](const MemberId& member, const std::string& purpose) {
    Happens(ledger::FactKind::kThankYou, member, At("2026-11-28 09:00"),
            absl::StrCat("{\"template\":\"back-in-stock\",\"purpose\":\"", purpose,
                         "\",\"sku\":\"moons\",\"restocked\":\"Duvet\"}"));
  };
  const MemberId asked = AddMember("ada");
  const MemberId noticed = AddMember("bob");
  const MemberId agreed = AddMember("cleo");
  recipients_.people[asked].consents = {};
  recipients_.people[noticed].consents = {};
  back(asked, "service");
  back(noticed, "marketing");
  back(agreed, "marketing");
  Turn(At("2026-11-28 09:01"));
  EXPECT_EQ(FatesOf(asked), "sent");
  EXPECT_EQ(LastTextOf(asked), "Duvet is back.");
  EXPECT_EQ(FatesOf(noticed), "withheld 2");
  EXPECT_EQ(FatesOf(agreed), "sent");
  EXPECT_THAT(LastTextOf(agreed), HasSubstr("Duvet is back. https://shop.example/u?token="));
  EXPECT_EQ(Count("gratis_messages.delivery WHERE marketing"), 1);
}

// --- exactly once ---

TEST_F(ContentTest, EachFactIsSaidOnceHoweverOftenAndByHoweverManyItIsRead) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([this] {
      for (int32_t p = program_.first_partition; p <= program_.last_partition(); ++p) {
        EXPECT_TRUE(intents_.Keep(program_, p, At("2026-11-28 09:01"), Soon(), {}).ok());
      }
      EXPECT_TRUE(sending_.SendDue(program_, At("2026-11-28 09:01"), Soon(), {}).ok());
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(FatesOf(ada), "sent");
  Turn(At("2026-11-28 09:02"));
  EXPECT_EQ(FatesOf(ada), "sent");
  EXPECT_EQ(Count("gratis_messages.delivery"), 1);
  // Whoever begins to follow goes on where the last one stood.
  const auto cursor = intents_.Followed(program_, Soon());
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  ASSERT_EQ((*cursor)->size(), static_cast<size_t>(program_.partitions));
  EXPECT_GT((*cursor)->at(ledger::PartitionOf(program_, ada)), 0);
}

TEST_F(ContentTest, AnImportOfOldOrdersSendsNothingAndOneOfTodaySendsOne) {
  const MemberId ada = AddMember("ada");
  for (int day = 1; day <= 9; ++day) {
    Thanks(ada, At(absl::StrCat("2026-10-0", day, " 09:00")));
  }
  // Posted late, about something long ago.
  Thanks(ada, At("2026-11-28 09:00"), ",\"occurred_at\":\"2025-01-01T10:00:00Z\"");
  const Sending::Report report = Turn(At("2026-11-28 09:01"));
  EXPECT_EQ(report.sent, 0);
  EXPECT_EQ(report.withheld, 10);
  Thanks(ada, At("2026-11-28 09:05"));
  EXPECT_EQ(Turn(At("2026-11-28 09:06")).sent, 1);
  EXPECT_EQ(Count("gratis_messages.message WHERE why = 1"), 10);
  EXPECT_EQ(Count("gratis_messages.delivery"), 1);
}

TEST_F(ContentTest, WhenMembersDoNotAnswerItIsAskedAgain) {
  const MemberId ada = AddMember("ada");
  const Recipient person = recipients_.people[ada];
  recipients_.people.erase(ada);
  Thanks(ada, At("2026-11-28 09:00"));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).postponed, 1);
  EXPECT_EQ(FatesOf(ada), "waiting 0");
  recipients_.people[ada] = person;
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 0) << "a minute later, not at once";
  EXPECT_EQ(Turn(At("2026-11-28 09:02")).sent, 1);
}

TEST_F(ContentTest, WhatThereAreNoWordsForIsNotSaidAndNobodyIsAskedAbout) {
  const MemberId ada = AddMember("ada");
  Happens(ledger::FactKind::kThankYou, ada, At("2026-11-28 09:00"),
          "{\"template\":\"never-written\"}");
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).withheld, 1);
  EXPECT_EQ(FatesOf(ada), absl::StrCat("withheld ", static_cast<int>(Why::kNoTemplate)));
  EXPECT_EQ(recipients_.times_asked, 0);
}

// --- story 3 ---

TEST_F(ContentTest, AcrossAllTriggersThereIsACap) {
  MessagingPolicy policy = *templates_.CurrentPolicy(program_, Soon());
  policy.cap_messages = 3;
  policy.cap_days = 3;
  ASSERT_TRUE(SetPolicy(policy).ok());
  const MemberId ada = AddMember("ada");
  for (int i = 0; i < 3; ++i) Thanks(ada, At("2026-11-25 09:00"));
  Happens(ledger::FactKind::kBirthdayGift, ada, At("2026-11-25 10:00"), "{\"year\":2026}", 100);
  Turn(At("2026-11-25 10:01"));
  EXPECT_EQ(FatesOf(ada), "sent, sent, sent, waiting 3");
  Turn(At("2026-11-28 10:00"));
  EXPECT_EQ(FatesOf(ada), "sent, sent, sent, waiting 3");
  Turn(At("2026-11-28 10:01"));
  EXPECT_EQ(FatesOf(ada), "sent, sent, sent, sent");
  EXPECT_EQ(Count("gratis_messages.delivery"), 4);
}

TEST_F(ContentTest, NightsAreWaitedFor) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 21:30"));
  Turn(At("2026-11-28 21:31"));
  EXPECT_EQ(FatesOf(ada), "waiting 4");
  EXPECT_EQ(MessagesOf(ada)[0].message.verdict.due_at, At("2026-11-29 08:00"));
  Turn(At("2026-11-29 07:59"));
  EXPECT_EQ(FatesOf(ada), "waiting 4");
  Turn(At("2026-11-29 08:00"));
  EXPECT_EQ(FatesOf(ada), "sent");
}

TEST_F(ContentTest, WhatIsSaidOfAPurchaseIsFoundByItAndSaysWhatItWaitsFor) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 21:30"));  // of pur_1
  Happens(ledger::FactKind::kThankYou, ada, At("2026-11-28 21:30"),
          "{\"template\":\"ceo-note\",\"purchase\":\"pur_2\"}");
  Turn(At("2026-11-28 21:31"));
  const auto about = [&](const std::string& purchase) {
    return *messages_.List(program_, ada, LastPlace(), 0, purchase, 10, Soon());
  };
  EXPECT_EQ(about("").size(), 2U);
  EXPECT_EQ(about("pur_3").size(), 0U);
  const std::vector<SeenMessage> found = about("pur_2");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message.purchase, "pur_2");
  const v1::Message told = ToContract(found[0], *base::LoadZone(program_.time_zone));
  EXPECT_EQ(told.why(), v1::MESSAGE_REASON_QUIET_HOURS);
  EXPECT_THAT(told.sentence(), ::testing::StartsWith("It waits until 2026-11-29 08:00 "));
}

TEST_F(ContentTest, WordingsDoNotRepeatForTheSameMember) {
  ASSERT_TRUE(SetTemplate(Note("ceo-note", {"first", "second", "third"})).ok());
  const MemberId ada = AddMember("ada");
  const MemberId ben = AddMember("ben");
  std::vector<std::string> said;
  for (int i = 0; i < 4; ++i) {
    const absl::Time at = At("2026-11-02 09:00") + absl::Hours(24 * 7 * i);
    Thanks(ada, at);
    Turn(at);
    said.push_back(LastTextOf(ada));
  }
  EXPECT_THAT(said, ElementsAre("first", "second", "third", "first"));
  // At once, too; and everybody has turns of their own.
  for (int i = 0; i < 3; ++i) Thanks(ben, At("2026-11-28 09:00"));
  Turn(At("2026-11-28 09:00"));
  EXPECT_EQ(Count("gratis_messages.message WHERE variant = 0"), 3);
  EXPECT_EQ(Count("gratis_messages.message WHERE variant = 1"), 2);
  EXPECT_EQ(Count("gratis_messages.message WHERE variant = 2"), 2);
}

// --- story 9 ---

TEST_F(ContentTest, WhileAComplaintIsOpenNothingIsCelebratedThenOneTactfulLine) {
  const MemberId ada = AddMember("ada");
  Happens(ledger::FactKind::kComplaintOpened, ada, At("2026-11-20 09:00"),
          "{\"complaint\":\"air\"}");
  Happens(ledger::FactKind::kBirthdayGift, ada, At("2026-11-21 09:00"), "{\"year\":2026}", 100);
  Thanks(ada, At("2026-11-22 09:00"));
  Turn(At("2026-11-22 09:01"));
  EXPECT_EQ(FatesOf(ada), "waiting 5, waiting 5");
  EXPECT_EQ(Count("gratis_messages.delivery"), 0);
  Happens(ledger::FactKind::kComplaintOpened, ada, At("2026-11-22 10:00"),
          "{\"complaint\":\"water\"}");
  Happens(ledger::FactKind::kComplaintResolved, ada, At("2026-11-23 09:00"),
          "{\"complaint\":\"air\"}");
  Turn(At("2026-11-23 09:01"));
  EXPECT_EQ(FatesOf(ada), "waiting 5, waiting 5") << "another one is still open";
  Happens(ledger::FactKind::kComplaintResolved, ada, At("2026-11-24 09:00"),
          "{\"complaint\":\"water\"}");
  Turn(At("2026-11-24 09:01"));
  EXPECT_EQ(FatesOf(ada), "sent, withheld 11") << "the one that tells of the gift";
  EXPECT_EQ(Count("gratis_messages.delivery"), 1);
  const std::vector<std::optional<Email>> letters = LettersOf(ada);
  const auto said = std::find_if(letters.begin(), letters.end(),
                                 [](const auto& letter) { return letter.has_value(); });
  ASSERT_NE(said, letters.end());
  EXPECT_THAT((*said)->text, HasSubstr("100 points, and sorry"));
}

// Whatever waited is said if anything of it may be.
TEST_F(ContentTest, IfTheOneLineMayNotBeSaidTheNextIs) {
  const MemberId ada = AddMember("ada");
  recipients_.people[ada].consents = {};
  Happens(ledger::FactKind::kComplaintOpened, ada, At("2026-11-20 09:00"),
          "{\"complaint\":\"air\"}");
  Happens(ledger::FactKind::kBirthdayGift, ada, At("2026-11-21 09:00"), "{\"year\":2026}", 100);
  Thanks(ada, At("2026-11-22 09:00"));
  Thanks(ada, At("2026-11-22 10:00"));
  Turn(At("2026-11-22 10:01"));
  Happens(ledger::FactKind::kComplaintResolved, ada, At("2026-11-24 09:00"),
          "{\"complaint\":\"air\"}");
  Turn(At("2026-11-24 09:01"));
  EXPECT_EQ(FatesOf(ada), "withheld 2, withheld 11, sent");
  EXPECT_EQ(Count("gratis_messages.delivery"), 1);
}

// --- what came between a decision and its letter ---

class LettersInLine : public ContentTest {
 protected:
  // What was decided holds no more, and the mail server is tried again.
  void Lapse() {
    database_.Execute(
        "UPDATE gratis_messages.delivery SET holds_until = now() - interval '1 second', next_at = "
        "now() WHERE state = 1");
  }
  int64_t MayGo() {
    return Count(
        "gratis_messages.delivery WHERE state = 1 AND next_at <= now() AND holds_until > now()");
  }
  int64_t Dead() {
    return Count("gratis_messages.delivery WHERE state = 4 AND reason = 'withheld'");
  }
  int64_t Sent() { return Count("gratis_messages.tally WHERE sent = 1"); }
};

TEST_F(LettersInLine, OneThatDidNotGoIsDecidedAnewAndGoes) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  EXPECT_EQ(MayGo(), 1);
  Lapse();
  EXPECT_EQ(MayGo(), 0);
  EXPECT_EQ(Turn(At("2026-11-28 09:10")).sent, 1);
  EXPECT_EQ(MayGo(), 1);
  EXPECT_EQ(Count("gratis_messages.delivery"), 1);
  EXPECT_EQ(Sent(), 1) << "it counts once";
}

TEST_F(LettersInLine, NobodyIsWrittenToAtNight) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 20:50"));
  EXPECT_EQ(Turn(At("2026-11-28 20:51")).sent, 1);
  Lapse();
  EXPECT_EQ(Turn(At("2026-11-28 23:00")).waiting, 1);
  EXPECT_EQ(FatesOf(ada), "waiting 4");
  EXPECT_EQ(MayGo(), 0);
  EXPECT_EQ(
      Count("gratis_messages.delivery WHERE state = 1 AND next_at > now() + interval '8 hours' "
            "AND give_up_at > now() + interval '32 hours'"),
      1);
  EXPECT_EQ(Count("gratis_messages.tally WHERE sent > 0"), 0);
  Turn(At("2026-11-29 08:01"));
  EXPECT_EQ(FatesOf(ada), "sent");
  EXPECT_EQ(MayGo(), 1);
  EXPECT_EQ(Sent(), 1);
}

TEST_F(LettersInLine, WhoLeftTheListMeanwhileGetsNone) {
  const MemberId ada = AddMember("ada");
  Happens(ledger::FactKind::kBirthdayGift, ada, At("2026-11-28 09:00"), "{\"year\":2026}", 100);
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  recipients_.people[ada].consents = {};
  Happens(ledger::FactKind::kConsentRecorded, ada, At("2026-11-28 09:02"),
          "{\"withdrawn\":[\"marketing\"]}");
  Keep(At("2026-11-28 09:02"));
  EXPECT_EQ(MayGo(), 0) << "however short ago it was decided";
  EXPECT_EQ(Turn(At("2026-11-28 09:03")).withheld, 1);
  EXPECT_EQ(FatesOf(ada), "withheld 2");
  EXPECT_EQ(Dead(), 1);
  EXPECT_EQ(Count("gratis_messages.tally WHERE sent > 0"), 0);
}

TEST_F(LettersInLine, WhoWantsNoProfilingMeanwhileGetsNothingThatPickedThemByIt) {
  for (const bool objected : {false, true}) {
    const MemberId member = AddMember(objected ? "bob" : "ada");
    const absl::Time at = At(objected ? "2026-11-28 10:00" : "2026-11-28 09:00");
    Thanks(member, at, ",\"purpose\":\"marketing\",\"points\":5,\"by_profile\":true");
    Thanks(member, at + absl::Seconds(1), ",\"purpose\":\"service\",\"by_profile\":true");
    EXPECT_EQ(Turn(at + absl::Minutes(1)).sent, 2);
    recipients_.people[member].consents.no_profiling = true;
    recipients_.people[member].consents.objected = objected;
    Happens(ledger::FactKind::kConsentRecorded, member, at + absl::Minutes(2),
            objected ? R"({"objection":true,"withdrawn":["marketing/email","profiling"]})"
                     : R"({"withdrawn":["profiling"]})");
    Keep(at + absl::Minutes(2));
    EXPECT_EQ(Count("gratis_messages.delivery WHERE state = 1 AND holds_until = '-infinity'"), 2)
        << "however short ago it was decided";
    Turn(at + absl::Minutes(3));
    EXPECT_EQ(FatesOf(member), "withheld 16, sent");
  }
  EXPECT_EQ(Dead(), 2);
  EXPECT_EQ(MayGo(), 2);
}

TEST_F(LettersInLine, WhoDiedMeanwhileGetsNone) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  recipients_.people[ada].state = ledger::MemberState::kDeceased;
  Happens(ledger::FactKind::kMemberStateSet, ada, At("2026-11-28 09:02"), "{}");
  Turn(At("2026-11-28 09:03"));
  EXPECT_EQ(FatesOf(ada), "withheld 9");
  EXPECT_EQ(Dead(), 1);
}

TEST_F(LettersInLine, WhoComplainsMeanwhileIsNotThankedUntilItIsMended) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  Happens(ledger::FactKind::kComplaintOpened, ada, At("2026-11-28 09:02"),
          "{\"complaint\":\"air\"}");
  Turn(At("2026-11-28 09:03"));
  EXPECT_EQ(FatesOf(ada), "waiting 5");
  EXPECT_EQ(MayGo(), 0);
  Happens(ledger::FactKind::kComplaintResolved, ada, At("2026-11-29 09:00"),
          "{\"complaint\":\"air\"}");
  Turn(At("2026-11-29 09:01"));
  EXPECT_EQ(FatesOf(ada), "sent");
  EXPECT_EQ(MayGo(), 1);
  EXPECT_EQ(Count("gratis_messages.delivery"), 1);
}

TEST_F(LettersInLine, NothingIsSaidOfWhatCameBackMeanwhile) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  Happens(ledger::FactKind::kReturn, ada, At("2026-11-28 09:02"),
          "{\"purchase\":\"pur_1\",\"whole\":true}");
  Turn(At("2026-11-28 09:03"));
  EXPECT_EQ(FatesOf(ada), "withheld 10");
  EXPECT_EQ(MayGo(), 0);
  EXPECT_EQ(Dead(), 1);
  EXPECT_EQ(Count("gratis_messages.tally WHERE sent > 0"), 0);
}

TEST_F(LettersInLine, WhatHasGoneStaysAsItWas) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  EXPECT_EQ(Turn(At("2026-11-28 09:01")).sent, 1);
  database_.Execute(
      "UPDATE gratis_messages.delivery SET state = 3, next_at = now(), holds_until = now()");
  Happens(ledger::FactKind::kReturn, ada, At("2026-11-28 09:02"),
          "{\"purchase\":\"pur_1\",\"whole\":true}");
  Turn(At("2026-11-28 23:00"));
  EXPECT_EQ(FatesOf(ada), "sent");
  EXPECT_EQ(Sent(), 1);
}

// --- who wants no profiling ---

TEST_F(ContentTest, WhoWantsNoProfilingIsNotWrittenToForWhatPickedThemByIt) {
  const MemberId asked = AddMember("ada");
  const MemberId never_asked = AddMember("bob");
  recipients_.people[asked].consents.no_profiling = true;
  for (const MemberId& member : {asked, never_asked}) {
    const std::string voucher =
        absl::StrCat(",\"voucher\":\"", Issue(member, At("2026-11-28 08:50")).ToString(), "\"");
    Thanks(member, At("2026-11-28 09:00"),
           ",\"purpose\":\"marketing\",\"by_profile\":true" + voucher);
    Thanks(member, At("2026-11-28 09:01"), ",\"purpose\":\"service\",\"by_profile\":true");
    Thanks(member, At("2026-11-28 09:02"), ",\"purpose\":\"marketing\"" + voucher);
  }
  Turn(At("2026-11-28 09:03"));
  EXPECT_EQ(FatesOf(never_asked), "sent, sent, sent");
  EXPECT_EQ(FatesOf(asked), "withheld 16, sent, sent");
  EXPECT_EQ(Count("gratis_messages.delivery"), 5);
}

TEST_F(ContentTest, WhoWantsNoProfilingIsNotToldByAnotherWayEither) {
  const MemberId ada = AddMember("ada");
  recipients_.people[ada].consents.no_profiling = true;
  Thanks(ada, At("2026-11-28 09:00"),
         ",\"channels\":[\"email\",\"inbox\",\"task\"],\"task\":\"card\",\"points\":5,"
         "\"purpose\":\"marketing\",\"by_profile\":true");
  Turn(At("2026-11-28 09:01"));
  EXPECT_EQ(FatesOf(ada), "withheld 16, withheld 16, withheld 16");
  EXPECT_EQ(Count("gratis_messages.task"), 0);
  // Staff may write a card for the tenth visit that offers nothing.
  Thanks(ada, At("2026-11-28 09:02"),
         ",\"channels\":[\"task\"],\"task\":\"card\",\"by_profile\":true");
  Turn(At("2026-11-28 09:03"));
  EXPECT_EQ(Count("gratis_messages.task"), 1);
}

TEST_F(ContentTest, ASurpriseForThoseWhoBoughtIsGivenAndNotToldToWhoWantsNoProfiling) {
  ASSERT_TRUE(SetTemplate(Note("surprise-gift",
                               {"{{#gift}}{{points}} points{{/gift}} {{#unsubscribe}}"
                                "{{unsubscribe.url}}{{/unsubscribe}}"},
                               Purpose::kMarketing))
                  .ok());
  const MemberId ada = AddMember("ada");
  recipients_.people[ada].consents.no_profiling = true;
  Happens(ledger::FactKind::kSurpriseGift, ada, At("2026-11-28 09:00"),
          R"({"surprise":"november","by_profile":true,"points":100})", 100);
  Happens(ledger::FactKind::kSurpriseGift, ada, At("2026-11-28 09:01"),
          R"({"surprise":"december","points":100})", 100);
  Happens(ledger::FactKind::kBirthdayGift, ada, At("2026-11-28 09:02"), "{\"year\":2026}", 100);
  Turn(At("2026-11-28 09:03"));
  EXPECT_EQ(FatesOf(ada), "withheld 16, sent, sent");
}

TEST_F(ContentTest, WhoSaysNoToProfilingAtNightFindsNothingOfItInTheMorning) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 21:30"), ",\"purpose\":\"survey\",\"by_profile\":true");
  Turn(At("2026-11-28 21:31"));
  EXPECT_EQ(FatesOf(ada), "waiting 4");
  recipients_.people[ada].consents.no_profiling = true;
  Turn(At("2026-11-29 08:00"));
  EXPECT_EQ(FatesOf(ada), "withheld 16");
  EXPECT_EQ(Count("gratis_messages.delivery"), 0);
}

// --- the inbox ---

TEST_F(ContentTest, WhoObjectedToMarketingFindsNoOffersInTheInbox) {
  for (const bool objected : {false, true}) {
    const MemberId member = AddMember(objected ? "ada" : "bob");
    recipients_.people[member].consents = {.objected = objected};
    const VoucherId voucher = Issue(member, At("2026-11-28 09:00"));
    Thanks(member, At("2026-11-28 09:00"),
           absl::StrCat(",\"channels\":[\"inbox\"],\"voucher\":\"", voucher.ToString(), "\""));
    Turn(At("2026-11-28 09:01"));
    EXPECT_EQ(FatesOf(member), "sent");
    EXPECT_EQ(LastTextOf(member).find("20% off") == std::string::npos, objected);
  }
}

TEST_F(ContentTest, AfterAComplaintItsOwnTemplateSpeaksIfThereIsOne) {
  ASSERT_TRUE(SetTemplate(Note("after-complaint",
                               {"We are glad it is mended.{{#gift}} {{points}} points are yours."
                                "{{/gift}}{{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}"}))
                  .ok());
  const MemberId ada = AddMember("ada");
  Happens(ledger::FactKind::kComplaintOpened, ada, At("2026-11-01 09:00"), "{\"complaint\":\"a\"}");
  Happens(ledger::FactKind::kBirthdayGift, ada, At("2026-11-02 09:00"), "{\"year\":2026}", 100);
  Turn(At("2026-11-02 09:01"));
  // Later than a birthday would be written about otherwise.
  Happens(ledger::FactKind::kComplaintResolved, ada, At("2026-11-20 09:00"),
          "{\"complaint\":\"a\"}");
  Turn(At("2026-11-20 09:01"));
  EXPECT_THAT(LastTextOf(ada), HasSubstr("We are glad it is mended. 100 points are yours."));
  EXPECT_EQ(MessagesOf(ada)[0].message.template_code, "after-complaint");
}

TEST_F(ContentTest, AComplaintThatWasMendedBeforeHoldsNothingBack) {
  const MemberId ada = AddMember("ada");
  Happens(ledger::FactKind::kComplaintOpened, ada, At("2026-11-20 09:00"), "{\"complaint\":\"a\"}");
  Happens(ledger::FactKind::kComplaintResolved, ada, At("2026-11-20 10:00"),
          "{\"complaint\":\"a\"}");
  Happens(ledger::FactKind::kComplaintResolved, ada, At("2026-11-20 10:00"),
          "{\"complaint\":\"never opened\"}");
  Thanks(ada, At("2026-11-20 11:00"));
  EXPECT_EQ(Turn(At("2026-11-20 11:01")).sent, 1);
}

// --- what came back, who left ---

TEST_F(ContentTest, NothingIsSaidOfAPurchaseThatCameBackFirst) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 21:30"));
  Turn(At("2026-11-28 21:31"));
  Happens(ledger::FactKind::kReturn, ada, At("2026-11-28 22:00"),
          "{\"purchase\":\"pur_2\",\"whole\":true}");
  Happens(ledger::FactKind::kThanksCancelled, ada, At("2026-11-28 22:00"),
          "{\"purchase\":\"pur_1\",\"trigger\":\"other\"}");
  Turn(At("2026-11-28 22:01"));
  EXPECT_EQ(FatesOf(ada), "waiting 4");
  Happens(ledger::FactKind::kReturn, ada, At("2026-11-28 22:05"),
          "{\"purchase\":\"pur_1\",\"whole\":true}");
  Turn(At("2026-11-29 09:00"));
  EXPECT_EQ(FatesOf(ada), "withheld 10");
  EXPECT_EQ(Count("gratis_messages.delivery"), 0);
}

TEST_F(ContentTest, WhatIsReadTogetherCountsInTheOrderInWhichItWasWritten) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  Happens(ledger::FactKind::kReturn, ada, At("2026-11-28 09:01"),
          "{\"purchase\":\"pur_1\",\"whole\":true}");
  Thanks(ada, At("2026-11-28 09:02"));
  const Sending::Report report = Turn(At("2026-11-28 09:03"));
  EXPECT_EQ(report.sent, 1) << "what was said after it came back";
  EXPECT_EQ(Count("gratis_messages.message WHERE state = 3 AND why = 10"), 1);
}

TEST_F(ContentTest, OfThoseWhoWereErasedNoTextIsLeftAndNothingGoesOut) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  Turn(At("2026-11-28 09:01"));
  Thanks(ada, At("2026-11-28 21:30"), ",\"channels\":[\"email\",\"task\"]");
  Turn(At("2026-11-28 21:31"));
  EXPECT_EQ(Count("gratis_messages.message WHERE sealed IS NOT NULL"), 2);
  Happens(ledger::FactKind::kMemberErased, ada, At("2026-11-28 22:00"), "{}");
  Keep(At("2026-11-28 22:01"));
  EXPECT_EQ(Count("gratis_messages.message WHERE sealed IS NOT NULL OR data_key IS NOT NULL"), 0);
  EXPECT_EQ(Count("gratis_messages.message WHERE state = 1"), 0);
  EXPECT_EQ(Count("gratis_messages.task WHERE state = 5"), 1);
  const std::vector<std::optional<Email>> letters = LettersOf(ada);
  EXPECT_TRUE(std::none_of(letters.begin(), letters.end(),
                           [](const std::optional<Email>& letter) { return letter.has_value(); }));
}

TEST_F(ContentTest, OfThoseWhoWereErasedNoTextIsToldBeforeTheJournalWasRead) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"), ",\"channels\":[\"email\",\"task\"]");
  Turn(At("2026-11-28 09:01"));
  const std::vector<LetterKey> letters = LetterKeysOf(ada);
  ASSERT_EQ(letters.size(), 2u);
  const auto tasks = [this] { return *messages_.ListTasks(program_, {}, {}, 0, 100, Soon()); };
  ASSERT_EQ(tasks().size(), 1u);
  EXPECT_EQ(tasks()[0].text, "For ada: ceo-note");

  Erase(ada, At("2026-11-28 10:00"));
  EXPECT_EQ(Count("gratis_messages.message WHERE sealed IS NOT NULL"), 2) << "nobody followed yet";
  for (const LetterKey& letter : letters) {
    const auto seen = messages_.Get(program_, MessageId{letter.message}, Soon());
    ASSERT_TRUE(seen.ok()) << seen.status();
    EXPECT_FALSE(seen->text);
  }
  ASSERT_EQ(tasks().size(), 1u);
  EXPECT_EQ(tasks()[0].text, "");
  for (const std::optional<Email>& letter : Open(letters)) EXPECT_FALSE(letter);
  Keep(At("2026-11-28 10:01"));
  EXPECT_EQ(Count("gratis_messages.message WHERE sealed IS NOT NULL"), 0);
}

TEST_F(ContentTest, TextsAreKeptForNinetyDaysAndSealed) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-08-01 09:00"));
  Turn(At("2026-08-01 09:01"));
  EXPECT_EQ(Count("gratis_messages.message WHERE position('ada'::bytea IN sealed) > 0"), 0);
  EXPECT_EQ(*messages_.Purge(program_, At("2026-10-30 08:00"), Soon(), {}), 0);
  EXPECT_EQ(LastTextOf(ada), "Thank you, ada. Anna Keller, founder");
  EXPECT_EQ(*messages_.Purge(program_, At("2026-10-30 08:02"), Soon(), {}), 1);
  EXPECT_EQ(LastTextOf(ada), "");
  EXPECT_EQ(FatesOf(ada), "sent") << "that it was said is still known";
}

TEST_F(ContentTest, TheLinkTakesThemOffTheListAndNoOther) {
  const MemberId ada = AddMember("ada");
  const VoucherId voucher = Issue(ada, At("2026-11-28 09:00"));
  Thanks(ada, At("2026-11-28 09:00"), absl::StrCat(",\"voucher\":\"", voucher.ToString(), "\""));
  Turn(At("2026-11-28 09:01"));
  const std::string url = LettersOf(ada)[0]->unsubscribe_url;
  const std::string token = url.substr(url.find("token=") + 6);
  const absl::Time at = At("2026-11-28 10:00");
  const auto whom = messages_.Unsubscribe(program_, token, "press-1", at, Soon());
  ASSERT_TRUE(whom.ok()) << whom.status();
  EXPECT_EQ(*whom, ada);
  ASSERT_TRUE(messages_.Unsubscribe(program_, token, "press-1", at, Soon()).ok());
  ASSERT_TRUE(messages_.Unsubscribe(program_, token, "press-2", at, Soon()).ok());
  ASSERT_EQ(recipients_.withdrawn.size(), 3u);
  EXPECT_EQ(recipients_.withdrawn[0], recipients_.withdrawn[1]) << "the same press, the same id";
  EXPECT_NE(recipients_.withdrawn[0].second, recipients_.withdrawn[2].second);
  EXPECT_EQ(ReasonOf(messages_.Unsubscribe(program_, token + "A", "x", at, Soon()).status()),
            Reason::kUnsubscribeTokenInvalid);
  EXPECT_EQ(ReasonOf(messages_.Unsubscribe(program_, token, "", at, Soon()).status()),
            Reason::kRequestIdMissing);
}

// --- templates and previews ---

TEST_F(ContentTest, VersionsAreKeptAndTheNewestSpeaks) {
  EXPECT_TRUE(SetTemplate(Note("ceo-note", {"second"}), "two").ok());
  EXPECT_TRUE(SetTemplate(Note("ceo-note", {"second"}), "two").ok()) << "a retry";
  EXPECT_EQ(templates_.Get(program_, "ceo-note", 0, Soon())->version, 2);
  EXPECT_EQ(templates_.Get(program_, "ceo-note", 1, Soon())->wordings[0].text, kOffer);
  EXPECT_EQ(ReasonOf(templates_.Get(program_, "ceo-note", 3, Soon()).status()),
            Reason::kTemplateNotFound);
  EXPECT_EQ(ReasonOf(templates_.Get(program_, "other", 0, Soon()).status()),
            Reason::kTemplateNotFound);
  const auto listed = templates_.List(program_, "birthday-gift", 10, Soon());
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0].set_by, "key_test");
  EXPECT_EQ(Count("ledger.journal WHERE kind = 91"), 3);
}

TEST_F(ContentTest, ATemplateNamesASenderThatThereIs) {
  Template note = Note("x", {"y"});
  note.sender = "nobody";
  const absl::Status refused = SetTemplate(note).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kTemplateInvalid);
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"where", "sender"}}));
}

TEST_F(ContentTest, APreviewIsWhatIsSent) {
  const MemberId ada = AddMember("ada");
  Happens(ledger::FactKind::kBirthdayGift, ada, At("2026-11-28 09:00"), "{\"year\":2026}", 100);
  Turn(At("2026-11-28 09:01"));
  const SeenMessage sent = *messages_.Get(program_, MessagesOf(ada)[0].message.id, Soon());
  PreviewOrder order{.message_template = *templates_.Get(program_, "birthday-gift", 0, Soon()),
                     .member = ada,
                     .transaction = sent.message.transaction};
  const auto preview = messages_.PreviewOf(program_, order, At("2026-11-28 09:02"), Soon());
  ASSERT_TRUE(preview.ok()) << preview.status();
  const std::string token = "https://shop.example/u?token=";
  EXPECT_EQ(preview->composed.wording.text, "100 points " + token + "preview");
  EXPECT_TRUE(absl::StartsWith(sent.text->text(), "100 points " + token));
  EXPECT_EQ(preview->composed.wording.subject, sent.text->subject());
  EXPECT_TRUE(preview->consented);
  recipients_.people[ada].consents = {};
  EXPECT_FALSE(messages_.PreviewOf(program_, order, At("2026-11-28 09:02"), Soon())->consented);
  order.transaction = NewTransaction(ada, At("2026-11-28 09:02"));
  EXPECT_EQ(ReasonOf(messages_.PreviewOf(program_, order, At("2026-11-28 09:02"), Soon()).status()),
            Reason::kTransactionNotFound);
}

TEST_F(ContentTest, WhatATriggerWouldDoIsShownAsItWouldBeSent) {
  const MemberId ada = AddMember("ada");
  const auto shown = [&](const std::string& figures) {
    const auto read = ReadFigures(figures);
    EXPECT_TRUE(read.ok()) << read.status();
    const PreviewOrder order{.message_template = *templates_.Get(program_, "ceo-note", 0, Soon()),
                             .member = ada,
                             .figures = *read};
    return *messages_.PreviewOf(program_, order, At("2026-11-28 09:02"), Soon());
  };
  const std::string voucher =
      R"("template":"ceo-note","purpose":"marketing","basis_points":2000,"feedback":true)";
  Preview preview = shown("{" + voucher + R"(,"valid_days":0})");
  EXPECT_EQ(preview.composed.wording.text,
            absl::StrCat("Thank you, ada. 20% off with PREVIEW, for ever. How was it? "
                         "https://shop.example/how?message=",
                         MessageId{}.ToString(),
                         " Anna Keller, founder https://shop.example/u?token=preview"));
  preview = shown("{" + voucher + R"(,"valid_days":30,"occurred_at":"2026-11-28T10:00:00Z"})");
  EXPECT_THAT(preview.composed.wording.text, HasSubstr("PREVIEW, until 2026-12-28."));
  EXPECT_TRUE(preview.consented);
  EXPECT_EQ(Count("gratis_messages.message"), 0);

  recipients_.people[ada].consents = {};
  preview = shown("{" + voucher + R"(,"valid_days":0})");
  EXPECT_EQ(preview.composed.wording.text, "Thank you, ada. Anna Keller, founder");
  EXPECT_THAT(preview.composed.left_out, ElementsAre("voucher", "feedback"));
  EXPECT_TRUE(preview.consented);
  // The brand's story is marketing, whatever its template says.
  EXPECT_FALSE(shown(R"({"template":"ceo-note","purpose":"marketing"})").consented);
  // Who wants no profiling is not told of what they were picked for by what they did.
  recipients_.people[ada].consents = {.marketing = true, .no_profiling = true};
  EXPECT_TRUE(shown("{" + voucher + R"(,"valid_days":0})").consented);
  EXPECT_FALSE(shown("{" + voucher + R"(,"valid_days":0,"by_profile":true})").consented);
}

// --- tasks and inbox ---

class TaskTest : public ContentTest {
 protected:
  std::vector<SeenTask> Tasks(std::vector<std::string> stores = {}, int16_t state = 0) {
    return *messages_.ListTasks(program_, {}, stores, state, 100, Soon());
  }
  absl::StatusOr<std::string> Change(const MessageId& task, TaskState to, const std::string& staff,
                                     const std::string& request_id = "",
                                     const std::string& store = "") {
    const absl::Time now = At("2026-11-28 12:00");
    ASSIGN_OR_RETURN(auto change,
                     TaskChange::Make(program_, {task, to, staff, store}, {ids_.Next(now)}));
    return Post(task_changes_, std::move(change), {}, now, request_id);
  }
};

TEST_F(TaskTest, ACardForTheParcelIsOnePersonsToWrite) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"), ",\"channels\":[\"task\"],\"store\":\"zurich-1\"");
  Turn(At("2026-11-28 09:01"));
  ASSERT_EQ(Tasks().size(), 1u);
  const SeenTask task = Tasks({"zurich-1", ""})[0];
  EXPECT_EQ(task.text, "For ada: ceo-note");
  EXPECT_EQ(task.task.purchase, "pur_1");
  EXPECT_THAT(Tasks({"bern-1", ""}), IsEmpty());

  ASSERT_TRUE(Change(task.task.id, TaskState::kTaken, "anna", "take").ok());
  ASSERT_TRUE(Change(task.task.id, TaskState::kTaken, "anna", "take").ok()) << "a retry";
  EXPECT_EQ(ReasonOf(Change(task.task.id, TaskState::kTaken, "ben").status()), Reason::kTaskTaken);
  EXPECT_EQ(ReasonOf(Change(task.task.id, TaskState::kDone, "ben").status()), Reason::kTaskTaken);
  EXPECT_EQ(ReasonOf(Change(task.task.id, TaskState::kDone, "anna", "", "bern-1").status()),
            Reason::kStoreNotAllowed);
  EXPECT_EQ(Tasks()[0].task.staff, "anna");
  ASSERT_TRUE(Change(task.task.id, TaskState::kOpen, "anna").ok());
  ASSERT_TRUE(Change(task.task.id, TaskState::kDone, "ben", "done").ok());
  EXPECT_THAT(Tasks(), IsEmpty());
  EXPECT_EQ(Tasks({}, 3).size(), 1u);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 95 AND detail LIKE '%\"outcome\":\"done\"%'"), 1);
  EXPECT_EQ(ReasonOf(Change(task.task.id, TaskState::kTaken, "ben").status()), Reason::kTaskEnded);
}

TEST_F(TaskTest, OfManyAtOnceOneGetsIt) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"), ",\"channels\":[\"task\"]");
  Turn(At("2026-11-28 09:01"));
  const MessageId task = Tasks()[0].task.id;
  std::atomic<int> taken = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> staff;
  for (int i = 0; i < 8; ++i) {
    staff.emplace_back([&, i] {
      const absl::Status status =
          Change(task, TaskState::kTaken, absl::StrCat("staff-", i)).status();
      if (status.ok()) ++taken;
      if (ReasonOf(status) == Reason::kTaskTaken) ++refused;
    });
  }
  for (std::thread& one : staff) one.join();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(TaskTest, WhatCameBackIsNoLongerToBeDone) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"), ",\"channels\":[\"task\"]");
  Turn(At("2026-11-28 09:01"));
  const MessageId task = Tasks()[0].task.id;
  Happens(ledger::FactKind::kReturn, ada, At("2026-11-28 10:00"),
          "{\"purchase\":\"pur_1\",\"whole\":true}");
  Turn(At("2026-11-28 10:01"));
  EXPECT_THAT(Tasks(), IsEmpty());
  EXPECT_EQ(ReasonOf(Change(task, TaskState::kTaken, "anna").status()), Reason::kTaskEnded);
  MessageId nobodys = task;
  nobodys.uuid.bytes[15] ^= 1;
  EXPECT_EQ(ReasonOf(Change(nobodys, TaskState::kTaken, "anna").status()), Reason::kTaskNotFound);
}

TEST_F(TaskTest, NobodyDoesAnythingForWhoIsNotToHearOfItAnyMore) {
  using ledger::MemberState;
  const MemberId other = AddMember("eva");
  Thanks(other, At("2026-11-28 09:00"), ",\"channels\":[\"task\"]");
  for (const MemberState state : {MemberState::kDeceased, MemberState::kRestricted,
                                  MemberState::kClosed, MemberState::kSuspended}) {
    SCOPED_TRACE(std::string(ledger::NameOf(state)));
    const MemberId ada = AddMember(absl::StrCat("ada", static_cast<int>(state)));
    Thanks(ada, At("2026-11-28 09:00"), ",\"channels\":[\"task\"]");
    Thanks(ada, At("2026-11-28 09:01"), ",\"channels\":[\"task\"]");
    Turn(At("2026-11-28 09:02"));
    ASSERT_EQ(Tasks().size(), 3u);
    std::vector<MessageId> theirs;
    for (const SeenTask& task : Tasks()) {
      if (task.task.member == ada) theirs.push_back(task.task.id);
    }
    ASSERT_EQ(theirs.size(), 2u);
    ASSERT_TRUE(Change(theirs[0], TaskState::kTaken, "anna").ok());

    Becomes(ada, state, At("2026-11-28 12:00"));
    // Before the journal was read that far, too.
    for (const SeenTask& task : Tasks()) {
      EXPECT_EQ(task.text.empty(), task.task.member == ada);
    }
    EXPECT_EQ(ReasonOf(Change(theirs[1], TaskState::kTaken, "ben").status()), Reason::kTaskEnded);
    EXPECT_EQ(ReasonOf(Change(theirs[0], TaskState::kDone, "anna").status()), Reason::kTaskEnded);

    Keep(At("2026-11-28 12:01"));
    ASSERT_EQ(Tasks().size(), 1u);
    EXPECT_EQ(Tasks()[0].task.member, other);
    EXPECT_EQ(FatesOf(ada), "withheld 9, withheld 9");
    EXPECT_EQ(Count("gratis_messages.message WHERE sealed IS NOT NULL"), 1);
    EXPECT_EQ(ReasonOf(Change(theirs[1], TaskState::kTaken, "ben").status()), Reason::kTaskEnded);
  }
  EXPECT_EQ(Tasks({}, 5).size(), 8u);
  Becomes(other, MemberState::kEarnOnly, At("2026-11-28 12:00"));
  Turn(At("2026-11-28 12:01"));
  EXPECT_EQ(Tasks().size(), 1u) << "who may not spend may be thanked";
}

TEST_F(TaskTest, WhoObjectedToMarketingGetsNoOfferFromStaff) {
  Template card = Note("card", {"-"});
  card.wordings[0].task = "A card{{#voucher}} with {{voucher.worth}}{{/voucher}}";
  ASSERT_TRUE(SetTemplate(card).ok());
  ASSERT_TRUE(SetTemplate(Note("story", {"{{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}"},
                               Purpose::kMarketing))
                  .ok());
  for (const bool objected : {false, true}) {
    const MemberId member = AddMember(objected ? "ada" : "bob");
    recipients_.people[member].consents = {.objected = objected};
    const VoucherId voucher = Issue(member, At("2026-11-28 09:00"));
    Thanks(member, At("2026-11-28 09:00"),
           absl::StrCat(",\"channels\":[\"task\"],\"task\":\"card\",\"voucher\":\"",
                        voucher.ToString(), "\""));
    Thanks(member, At("2026-11-28 09:01"), ",\"channels\":[\"task\"],\"task\":\"story\"");
    Turn(At("2026-11-28 09:02"));
    EXPECT_EQ(FatesOf(member), objected ? "sent, withheld 15" : "sent, sent");
    std::vector<std::string> texts;
    for (const SeenTask& task : Tasks()) {
      if (task.task.member == member) texts.push_back(task.text);
    }
    if (objected) {
      EXPECT_THAT(texts, ElementsAre("A card"));
    } else {
      EXPECT_THAT(texts, UnorderedElementsAre("A card with 20%", "For bob: story"));
    }
  }
}

TEST_F(TaskTest, WhoObjectsEndsWhatStaffHaveNotDoneButTheThanks) {
  Template card = Note("card", {"-"});
  card.wordings[0].task = "A card{{#voucher}} with {{voucher.worth}}{{/voucher}}";
  ASSERT_TRUE(SetTemplate(card).ok());
  const MemberId ada = AddMember("ada");
  const std::string task = ",\"channels\":[\"task\"],\"task\":\"card\"";
  const VoucherId voucher = Issue(ada, At("2026-11-28 09:00"));
  Thanks(ada, At("2026-11-28 09:00"), task);
  Thanks(ada, At("2026-11-28 09:01"),
         absl::StrCat(task, ",\"voucher\":\"", voucher.ToString(), "\""));
  Thanks(ada, At("2026-11-28 09:02"), task + ",\"brand_story\":true");
  Thanks(ada, At("2026-11-28 09:03"), task + ",\"points\":5,\"by_profile\":true");
  Turn(At("2026-11-28 09:04"));
  EXPECT_EQ(FatesOf(ada), "sent, sent, sent, sent");
  Happens(ledger::FactKind::kConsentRecorded, ada, At("2026-11-28 10:00"),
          R"({"granted":[],"withdrawn":["marketing/email"]})");
  Keep(At("2026-11-28 10:01"));
  EXPECT_EQ(FatesOf(ada), "sent, sent, sent, sent") << "it is no e-mail";
  Happens(ledger::FactKind::kConsentRecorded, ada, At("2026-11-28 11:00"),
          R"({"granted":[],"withdrawn":["profiling"]})");
  Keep(At("2026-11-28 11:01"));
  EXPECT_EQ(FatesOf(ada), "sent, sent, sent, withheld 16");
  Happens(ledger::FactKind::kConsentRecorded, ada, At("2026-11-28 12:00"),
          R"({"granted":[],"withdrawn":["marketing/email","profiling"],"objection":true})");
  Keep(At("2026-11-28 12:01"));
  EXPECT_EQ(FatesOf(ada), "sent, withheld 15, withheld 15, withheld 16");
  ASSERT_EQ(Tasks().size(), 1u);
  EXPECT_EQ(Tasks()[0].text, "A card");
}

TEST_F(TaskTest, TheInboxOfWhoIsLeftAloneShowsNothing) {
  using ledger::MemberState;
  for (const MemberState state :
       {MemberState::kDeceased, MemberState::kRestricted, MemberState::kClosed}) {
    SCOPED_TRACE(std::string(ledger::NameOf(state)));
    const MemberId ada = AddMember(absl::StrCat("ada", static_cast<int>(state)));
    Thanks(ada, At("2026-11-28 09:00"), ",\"channels\":[\"inbox\"]");
    Turn(At("2026-11-28 09:01"));
    const auto inbox = [&] {
      return *messages_.ListInbox(program_, ada, LastPlace(), false, 10, Soon());
    };
    ASSERT_EQ(inbox().size(), 1u);
    const MessageId id = inbox()[0].id;
    const auto read = [&] {
      return Post(read_marks_, std::make_unique<ReadMark>(ada, id), ada, At("2026-11-28 11:00"))
          .status();
    };
    Becomes(ada, state, At("2026-11-28 10:00"));
    EXPECT_THAT(inbox(), IsEmpty());
    EXPECT_EQ(ReasonOf(read()), Reason::kMessageNotFound);
    EXPECT_EQ(Count("gratis_messages.inbox_read"), 0);
    Becomes(ada, MemberState::kActive, At("2026-11-28 12:00"));
    EXPECT_EQ(inbox().size(), 1u) << "it was kept";
  }
}

TEST_F(TaskTest, TheInboxIsReadOnceAndIsTheirs) {
  const MemberId ada = AddMember("ada");
  const MemberId ben = AddMember("ben");
  recipients_.people[ada].consents = {};
  Thanks(ada, At("2026-11-28 21:30"), ",\"channels\":[\"inbox\"]");
  Turn(At("2026-11-28 21:31"));
  const auto inbox = [&](const MemberId& member, bool unread) {
    return *messages_.ListInbox(program_, member, LastPlace(), unread, 10, Soon());
  };
  ASSERT_EQ(inbox(ada, true).size(), 1u);
  EXPECT_EQ(inbox(ada, true)[0].text.subject(), "To ada");
  EXPECT_THAT(inbox(ben, false), IsEmpty());
  const MessageId id = inbox(ada, true)[0].id;
  const auto read = [&](const MemberId& member, const std::string& request_id) {
    return Post(read_marks_, std::make_unique<ReadMark>(member, id), member, At("2026-11-28 22:00"),
                request_id)
        .status();
  };
  EXPECT_EQ(ReasonOf(read(ben, "b")), Reason::kMessageNotFound);
  EXPECT_TRUE(read(ada, "a").ok());
  EXPECT_TRUE(read(ada, "again").ok());
  EXPECT_THAT(inbox(ada, true), IsEmpty());
  ASSERT_EQ(inbox(ada, false).size(), 1u);
  EXPECT_EQ(inbox(ada, false)[0].read_at, At("2026-11-28 22:00"));
  EXPECT_EQ(Count("gratis_messages.delivery WHERE channel = 3"), 1) << "it is in the log";
}

}  // namespace
}  // namespace gratis::messages
