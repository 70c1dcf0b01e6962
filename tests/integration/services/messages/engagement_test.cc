#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "gratis/messages/v1/engagements.pb.h"
#include "services/messages/delivery_store.h"
#include "services/messages/engagements.h"
#include "services/messages/messages_sql.h"
#include "tests/integration/services/messages/content_house.h"

namespace gratis::messages {
namespace engagement_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kOffer[] =
    "{{#voucher}}{{voucher.worth}}: {{voucher.code}}{{/voucher}} {{#gift}}{{points}}{{/gift}} "
    "{{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}";

class EngagementTest : public ContentHouse {
 protected:
  void SetUp() override {
    ASSERT_TRUE(SetTemplate(Note("ceo-note", {std::string("First. ") + kOffer,
                                              std::string("Second. ") + kOffer}))
                    .ok());
  }

  static std::string With(const VoucherId& voucher) {
    return absl::StrCat(",\"voucher\":\"", voucher.ToString(), "\"");
  }

  MessageResults Results(const ResultKey& after = {.day = absl::CivilDay(2026, 1, 1)},
                         int32_t limit = 1000) {
    const auto results = engagements_.List(
        program_,
        {.from = absl::CivilDay(2026, 1, 2), .to = absl::CivilDay(2027, 12, 31), .after = after},
        limit, Soon());
    EXPECT_TRUE(results.ok()) << results.status();
    return results.value_or(MessageResults{});
  }
  // "2026-11-24/0: 2 sent, 1 opened", and whatever else there is.
  std::vector<std::string> Figures() {
    std::vector<std::string> figures;
    for (const MessageResult& result : Results().results) {
      std::string text = absl::StrCat(base::FormatDay(result.key.day), "/", result.key.variant,
                                      ": ", result.sent, " sent");
      if (result.opened != 0) absl::StrAppend(&text, ", ", result.opened, " opened");
      if (result.clicked != 0) absl::StrAppend(&text, ", ", result.clicked, " clicked");
      if (result.redeemed != 0) absl::StrAppend(&text, ", ", result.redeemed, " redeemed");
      if (result.unsubscribed != 0) absl::StrAppend(&text, ", ", result.unsubscribed, " left");
      figures.push_back(text);
    }
    return figures;
  }

  MessageId LastTo(const MemberId& member) { return MessagesOf(member).front().message.id; }

  // "kept", "ignored 1".
  std::string Report(const MessageId& message, EngagementKind kind, absl::Time at) {
    const auto report = engagements_.AboutWhom(
        program_, {.message = message, .kind = kind, .happened_at = at}, Soon());
    if (!report.ok()) return std::string(Describe(*ReasonOf(report.status())).name);
    auto mark = EngagementMark::Make(program_, *report);
    EXPECT_TRUE(mark.ok()) << mark.status();
    const auto answer = Post(marks_, *std::move(mark), {}, at);
    EXPECT_TRUE(answer.ok()) << answer.status();
    v1::RecordEngagementResponse response;
    EXPECT_TRUE(response.ParseFromString(*answer));
    return response.recorded() ? "kept" : absl::StrCat("ignored ", response.ignored());
  }

  TransactionId Redeem(const MemberId& member, const VoucherId& voucher, absl::Time at) {
    const TransactionId transaction = NewTransaction(member, at);
    const absl::Status redeemed = Do(member, at, [&](ledger::Books& books) {
      return ledger::RedeemVoucher(books,
                                   {.kind = ledger::FactKind::kVoucherRedeemed,
                                    .transaction = transaction,
                                    .member = member,
                                    .effective_at = at},
                                   voucher, 1);
    });
    EXPECT_TRUE(redeemed.ok()) << redeemed;
    return transaction;
  }
  TransactionId Spend(const MemberId& member, int64_t points, absl::Time at) {
    const TransactionId transaction = NewTransaction(member, at);
    const absl::Status spent = Do(member, at, [&](ledger::Books& books) {
      return ledger::Spend(books,
                           {.kind = ledger::FactKind::kSpend,
                            .transaction = transaction,
                            .member = member,
                            .effective_at = at},
                           points);
    });
    EXPECT_TRUE(spent.ok()) << spent;
    return transaction;
  }
  void Reverse(const MemberId& member, const TransactionId& undone, absl::Time at,
               int64_t points = 0) {
    const TransactionId transaction = NewTransaction(member, at);
    const absl::Status reversed = Do(member, at, [&](ledger::Books& books) {
      return ledger::Reverse(books, {.posting = {.kind = ledger::FactKind::kSpendReversed,
                                                 .transaction = transaction,
                                                 .member = member,
                                                 .effective_at = at},
                                     .undone = undone,
                                     .points = points})
          .status();
    });
    EXPECT_TRUE(reversed.ok()) << reversed;
  }

  EngagementMarks marks_;
  Engagements engagements_{pool_, recipients_};
};

TEST_F(EngagementTest, WhatWentOutIsCountedByDayAndWording) {
  const MemberId ada = AddMember("ada");
  const MemberId ben = AddMember("ben");
  Thanks(ada, At("2026-11-24 09:00"));
  Thanks(ben, At("2026-11-24 09:00"));
  Turn(At("2026-11-24 09:01"));
  // Tasks are for staff; what waits for the morning counts when it goes.
  Thanks(ada, At("2026-11-24 22:30"));
  Thanks(ben, At("2026-11-24 22:30"), ",\"channels\":[\"task\"]");
  EXPECT_EQ(Turn(At("2026-11-24 22:31")).sent, 1);
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 2 sent"));
  Turn(At("2026-11-25 08:00"));
  Turn(At("2026-11-25 08:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 2 sent", "2026-11-25/1: 1 sent"));
  const ResultKey key = Results().results[0].key;
  EXPECT_EQ(key.template_code, "ceo-note");
  EXPECT_EQ(key.template_version, 1);
  EXPECT_EQ(key.trigger, "ceo-note");
  EXPECT_EQ(key.channel, ChannelKind::kEmail);
  // Page by page it is the same list.
  const MessageResults first = Results({.day = absl::CivilDay(2026, 1, 1)}, 1);
  ASSERT_THAT(first.results, SizeIs(1));
  const MessageResults second = Results(first.results[0].key, 1);
  ASSERT_THAT(second.results, SizeIs(1));
  EXPECT_EQ(second.results[0].key.variant, 1);
  EXPECT_THAT(Results(second.results[0].key, 1).results, IsEmpty());
}

TEST_F(EngagementTest, WhatIsReportedOfAMailCountsOnce) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-24 09:00"));
  Turn(At("2026-11-24 09:01"));
  EXPECT_FALSE(Results().mail_opens_known) << "not known is not none";
  const MessageId mail = LastTo(ada);
  const absl::Time at = At("2026-11-26 10:00");
  std::vector<std::thread> services;
  for (int i = 0; i < 4; ++i) {
    services.emplace_back([&] { EXPECT_EQ(Report(mail, EngagementKind::kClicked, at), "kept"); });
  }
  for (std::thread& one : services) one.join();
  EXPECT_EQ(Report(mail, EngagementKind::kOpened, at + absl::Hours(1)), "kept");
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent, 1 opened, 1 clicked"));
  EXPECT_TRUE(Results().mail_opens_known);
  EXPECT_EQ(Count("gratis_messages.engagement"), 2);
  // The mail's Message-ID begins with its delivery, which leads to it.
  DeliveryKey delivery;
  const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
    const Uuid messages[] = {mail.uuid};
    ASSIGN_OR_RETURN(const auto found, ReadDeliveries(tx, program_.number, messages));
    delivery = found.at(0).key;
    return absl::OkStatus();
  });
  ASSERT_TRUE(read.ok()) << read;
  const auto message = engagements_.MessageOf(program_, {delivery.delivery}, Soon());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(*message, mail);
}

TEST_F(EngagementTest, OfWhoObjectsToProfilingNothingIsKept) {
  const MemberId ada = AddMember("ada");
  const MemberId ben = AddMember("ben");
  for (const MemberId& member : {ada, ben}) Thanks(member, At("2026-11-24 09:00"));
  Turn(At("2026-11-24 09:01"));
  recipients_.people[ben].consents.no_profiling = true;
  EXPECT_EQ(Report(LastTo(ben), EngagementKind::kOpened, At("2026-11-24 10:00")), "ignored 1");
  EXPECT_EQ(Count("gratis_messages.engagement"), 0);
  EXPECT_EQ(Report(LastTo(ada), EngagementKind::kClicked, At("2026-11-24 10:00")), "kept");
  EXPECT_EQ(Count("gratis_messages.engagement"), 2);
  // What was kept goes when they say so; the count is nobody's.
  Happens(ledger::FactKind::kConsentRecorded, ada, At("2026-11-24 11:00"),
          "{\"granted\":[],\"withdrawn\":[\"profiling\"]}");
  Keep(At("2026-11-24 11:01"));
  EXPECT_EQ(Count("gratis_messages.engagement"), 0);
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 2 sent, 1 opened, 1 clicked"));
}

TEST_F(EngagementTest, OfWhoIsRestrictedDeceasedOrClosedNothingIsKept) {
  using ledger::MemberState;
  for (const MemberState state :
       {MemberState::kRestricted, MemberState::kDeceased, MemberState::kClosed}) {
    const MemberId ada = AddMember(absl::StrCat("ada", static_cast<int>(state)));
    Thanks(ada, At("2026-11-24 09:00"));
    Turn(At("2026-11-24 09:01"));
    Becomes(ada, state, At("2026-11-24 09:30"));
    EXPECT_EQ(Report(LastTo(ada), EngagementKind::kClicked, At("2026-11-24 10:00")), "ignored 3");
  }
  EXPECT_EQ(Count("gratis_messages.engagement"), 0);
}

TEST_F(EngagementTest, OnlyMailsThatWentOutLatelyAreReported) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-08-01 09:00"));
  Turn(At("2026-08-01 09:01"));
  const MessageId mail = LastTo(ada);
  Thanks(ada, At("2026-08-01 10:00"), ",\"channels\":[\"inbox\"]");
  Turn(At("2026-08-01 10:01"));
  Thanks(ada, At("2026-08-01 22:00"));
  Turn(At("2026-08-01 22:01"));
  const std::vector<SeenMessage> all = MessagesOf(ada);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(Report(all[0].message.id, EngagementKind::kOpened, At("2026-08-01 23:00")),
            "MESSAGE_NOT_FOUND")
      << "it waits for the morning";
  EXPECT_EQ(Report(all[1].message.id, EngagementKind::kOpened, At("2026-08-01 23:00")),
            "MESSAGE_NOT_FOUND")
      << "reading the inbox is a call";
  EXPECT_EQ(Report(mail, EngagementKind::kOpened, At("2026-10-30 10:02")), "ignored 2");
}

TEST_F(EngagementTest, TheInboxSaysByItselfThatItWasRead) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-24 09:00"), ",\"channels\":[\"inbox\",\"email\"]");
  Turn(At("2026-11-24 09:01"));
  MessageId read;
  for (const SeenMessage& seen : MessagesOf(ada)) {
    if (seen.message.channel == ChannelKind::kInbox) read = seen.message.id;
  }
  for (const std::string request_id : {"once", "again"}) {
    EXPECT_TRUE(Post(read_marks_, std::make_unique<ReadMark>(ada, read), ada,
                     At("2026-11-24 10:00"), request_id)
                    .ok());
  }
  const std::vector<MessageResult> results = Results().results;
  ASSERT_THAT(results, SizeIs(2));
  for (const MessageResult& result : results) {
    EXPECT_EQ(result.opened, result.key.channel == ChannelKind::kInbox ? 1 : 0);
  }
}

// --- redeemed ---

TEST_F(EngagementTest, AVoucherCountsForTheLastThatToldOfItUntilItComesBack) {
  const MemberId ada = AddMember("ada");
  const VoucherId voucher = Issue(ada, At("2026-11-24 09:00"));
  Thanks(ada, At("2026-11-24 09:00"), With(voucher));
  Turn(At("2026-11-24 09:01"));
  Thanks(ada, At("2026-11-25 09:00"), With(voucher));
  Turn(At("2026-11-25 09:01"));
  const TransactionId used = Redeem(ada, voucher, At("2026-11-26 09:00"));
  Keep(At("2026-11-26 09:01"));
  Keep(At("2026-11-26 09:02"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent", "2026-11-25/1: 1 sent, 1 redeemed"));
  Reverse(ada, used, At("2026-11-27 09:00"));
  Keep(At("2026-11-27 09:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent", "2026-11-25/1: 1 sent"));
  Redeem(ada, voucher, At("2026-11-28 09:00"));
  Keep(At("2026-11-28 09:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent", "2026-11-25/1: 1 sent, 1 redeemed"));
}

TEST_F(EngagementTest, AVoucherThatWasHeldFirstIsRedeemedWhenItIsCaptured) {
  const MemberId ada = AddMember("ada");
  const VoucherId voucher = Issue(ada, At("2026-11-24 09:00"));
  Thanks(ada, At("2026-11-24 09:00"), With(voucher));
  Turn(At("2026-11-24 09:01"));
  const absl::Time at = At("2026-11-25 09:00");
  const HoldId hold = ledger::Beside(program_, ada, HoldId{ids_.Next(at)});
  const absl::Status held = Do(ada, at, [&](ledger::Books& books) {
    return ledger::HoldVoucher(books,
                               {.posting = {.kind = ledger::FactKind::kHoldPlaced,
                                            .transaction = NewTransaction(ada, at),
                                            .member = ada,
                                            .effective_at = at},
                                .hold = hold,
                                .points = 1,
                                .life = absl::Hours(1)},
                               voucher)
        .status();
  });
  ASSERT_TRUE(held.ok()) << held;
  Keep(at);
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent"));
  const TransactionId used = NewTransaction(ada, at);
  const absl::Status captured = Do(ada, at, [&](ledger::Books& books) {
    return ledger::CaptureHold(books,
                               {.kind = ledger::FactKind::kHoldCaptured,
                                .transaction = used,
                                .member = ada,
                                .effective_at = at},
                               hold, 0)
        .status();
  });
  ASSERT_TRUE(captured.ok()) << captured;
  Keep(at);
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent, 1 redeemed"));
  Reverse(ada, used, At("2026-11-25 10:00"));
  Keep(At("2026-11-25 10:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent"));
}

TEST_F(EngagementTest, PointsAreRedeemedOnceAnyOfTheGivenOnesAre) {
  const MemberId ada = AddMember("ada");
  Happens(ledger::FactKind::kEarn, ada, At("2026-11-23 09:00"), "", 100);
  Happens(ledger::FactKind::kThankYou, ada, At("2026-11-24 09:00"),
          "{\"template\":\"ceo-note\",\"trigger\":\"ceo-note\"}", 50);
  Turn(At("2026-11-24 09:01"));
  // Those that are older go first, and were told of by nobody.
  Spend(ada, 100, At("2026-11-25 09:00"));
  Keep(At("2026-11-25 09:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent"));
  const TransactionId used = Spend(ada, 20, At("2026-11-25 10:00"));
  const TransactionId more = Spend(ada, 5, At("2026-11-25 11:00"));
  Keep(At("2026-11-25 11:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent, 1 redeemed"));
  Reverse(ada, used, At("2026-11-25 12:00"), 15);
  Reverse(ada, more, At("2026-11-25 12:00"));
  Keep(At("2026-11-25 12:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent, 1 redeemed")) << "five are used";
  Reverse(ada, used, At("2026-11-25 13:00"), 5);
  Keep(At("2026-11-25 13:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent"));
}

TEST_F(EngagementTest, WhatWasNotToldIsNotRedeemedByTelling) {
  // It was redeemed while the message waited for the morning.
  const MemberId ada = AddMember("ada");
  const VoucherId early = Issue(ada, At("2026-11-24 22:00"));
  Thanks(ada, At("2026-11-24 22:00"), With(early));
  Turn(At("2026-11-24 22:01"));
  Redeem(ada, early, At("2026-11-24 23:00"));
  Turn(At("2026-11-25 08:00"));
  // It went out without its voucher, for want of consent.
  const MemberId ben = AddMember("ben");
  recipients_.people[ben].consents = {};
  const VoucherId silent = Issue(ben, At("2026-11-25 09:00"));
  Thanks(ben, At("2026-11-25 09:00"), With(silent));
  Turn(At("2026-11-25 09:01"));
  ASSERT_THAT(MessagesOf(ben)[0].message.left_out, ElementsAre("voucher"));
  Redeem(ben, silent, At("2026-11-25 10:00"));
  Keep(At("2026-11-25 10:01"));
  EXPECT_THAT(Figures(), ElementsAre("2026-11-25/0: 2 sent"));
}

TEST_F(EngagementTest, WhatToldOfAGiftIsFoundHoweverMuchTheMemberWasTold) {
  const std::string member = "'00000000-0000-7000-8000-000000000001'";
  database_.Execute(absl::StrCat(
      "INSERT INTO gratis_messages.message (partition, id, member, channel, occasion, template,"
      " transaction, purchase, trigger, store, occurred_at, max_age_seconds, detail, points, seq,"
      " created_at, state, why, due_at, voucher) SELECT 1, md5(i::text)::uuid, ",
      member, ", 1, 1, 'note', md5(i::text)::uuid, '', '', '', '2026-11-24', 60, '', i % 2, i,",
      " '2026-11-24', 2, 0, '2026-11-24', CASE i % 2 WHEN 0 THEN 'vch_' || i ELSE '' END",
      " FROM generate_series(1, 4000) AS i;"
      "ANALYZE gratis_messages.message"));
  const std::string explain =
      absl::StrCat("EXPLAIN EXECUTE noting (1, ", member, ", 7, '', '2026-11-25', 9, 1)");
  pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
  std::string plan;
  const absl::Status read = pg::RunTx(admin, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
    // As whoever runs it again and again does: by one plan for lots and vouchers.
    RETURN_IF_ERROR(tx.RunScript(absl::StrCat(
        "SET LOCAL plan_cache_mode = force_generic_plan;"
        "PREPARE noting (integer, uuid, bigint, text, timestamptz, bigint, bigint) AS ",
        base::Abs(sql::kNoteRedemption.text))));
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(pg::Query{"testing/explain", explain}));
    for (const pg::Row row : rows) absl::StrAppend(&plan, row.Get<std::string>(0), "\n");
    return absl::OkStatus();
  });
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_THAT(plan, HasSubstr("message_of_points"));
  EXPECT_THAT(plan, HasSubstr("message_of_voucher"));
  EXPECT_THAT(plan, Not(HasSubstr("message_of_member")));
  EXPECT_THAT(plan, Not(HasSubstr("Seq Scan on message")));
}

// --- who left, what is kept ---

TEST_F(EngagementTest, WhoUnsubscribesIsCountedForTheMessageTheyPressed) {
  const MemberId ada = AddMember("ada");
  const VoucherId voucher = Issue(ada, At("2026-11-24 09:00"));
  Thanks(ada, At("2026-11-24 09:00"), With(voucher));
  Turn(At("2026-11-24 09:01"));
  const std::string text = LastTextOf(ada);
  const std::string token = text.substr(text.find("token=") + 6);
  const absl::Time at = At("2026-11-24 10:00");
  for (const std::string press : {"one", "one", "two"}) {
    const auto whom = messages_.Unsubscribe(program_, token, press, at, Soon());
    ASSERT_TRUE(whom.ok()) << whom.status();
  }
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent, 1 left"));
  // It is what they did, and no profile: an objection leaves it, an erasure does not.
  Happens(ledger::FactKind::kConsentRecorded, ada, At("2026-11-24 11:00"),
          "{\"withdrawn\":[\"profiling\"]}");
  Keep(At("2026-11-24 11:01"));
  EXPECT_EQ(Count("gratis_messages.engagement WHERE kind = 3"), 1);
  Happens(ledger::FactKind::kMemberErased, ada, At("2026-11-24 12:00"), "{}");
  Keep(At("2026-11-24 12:01"));
  EXPECT_EQ(Count("gratis_messages.engagement"), 0);
  EXPECT_THAT(Figures(), ElementsAre("2026-11-24/0: 1 sent, 1 left"));
}

TEST_F(EngagementTest, WhoOpenedWhatIsKeptForNinetyDays) {
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-08-01 09:00"));
  Turn(At("2026-08-01 09:01"));
  Report(LastTo(ada), EngagementKind::kOpened, At("2026-08-02 09:00"));
  EXPECT_EQ(*engagements_.Purge(program_, At("2026-10-31 07:59"), Soon(), {}), 0);
  EXPECT_EQ(*engagements_.Purge(program_, At("2026-10-31 08:01"), Soon(), {}), 1);
  EXPECT_THAT(Figures(), ElementsAre("2026-08-01/0: 1 sent, 1 opened"));
}

TEST_F(EngagementTest, AMemberTakesTheTextsAndWhatIsKnownOfThemAway) {
  const MemberId ada = AddMember("ada");
  const MemberId ben = AddMember("ben");
  Thanks(ada, At("2026-11-24 09:00"));
  Thanks(ben, At("2026-11-24 09:00"));
  Turn(At("2026-11-24 09:01"));
  Thanks(ada, At("2026-11-24 09:10"), ",\"channels\":[\"inbox\"]");
  Turn(At("2026-11-24 09:11"));
  // What waits has no text yet.
  Thanks(ada, At("2026-11-24 22:00"));
  Turn(At("2026-11-24 22:01"));
  const std::vector<SeenMessage> all = MessagesOf(ada);
  ASSERT_THAT(all, SizeIs(3));
  const MessageId inbox = all[1].message.id;
  const MessageId mail = all[2].message.id;
  Report(mail, EngagementKind::kClicked, At("2026-11-24 23:00"));
  ASSERT_TRUE(
      Post(read_marks_, std::make_unique<ReadMark>(ada, inbox), ada, At("2026-11-24 23:10"), "r")
          .ok());
  const auto kept = messages_.Export(program_, ada, LastPlace(), 10, Soon());
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_THAT(*kept, SizeIs(2));
  EXPECT_EQ((*kept)[0].id, inbox);
  EXPECT_EQ((*kept)[0].read_at, At("2026-11-24 23:10"));
  EXPECT_TRUE(absl::StartsWith((*kept)[0].text->text(), "Second."));
  EXPECT_EQ((*kept)[1].id, mail);
  EXPECT_TRUE(absl::StartsWith((*kept)[1].text->text(), "First."));
  EXPECT_EQ((*kept)[1].text->to(), "ada@example.org");
  ASSERT_THAT((*kept)[1].engagements, SizeIs(2));
  EXPECT_EQ((*kept)[1].engagements[1].kind, EngagementKind::kClicked);
  EXPECT_EQ((*kept)[1].engagements[1].happened_at, At("2026-11-24 23:00"));
  EXPECT_THAT(*messages_.Export(program_, ada, inbox, 10, Soon()), SizeIs(1));
  EXPECT_EQ(ReasonOf(messages_.Export(program_, {}, LastPlace(), 10, Soon()).status()),
            Reason::kMemberNotFound);
}

}  // namespace
}  // namespace engagement_test
}  // namespace gratis::messages
