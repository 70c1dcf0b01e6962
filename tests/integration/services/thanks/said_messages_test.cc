#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/status/reasons.h"
#include "gratis/messages/v1/messages.grpc.pb.h"
#include "services/thanks/messages_client.h"
#include "tests/integration/services/thanks/triggers_testing.h"

namespace gratis::thanks {
namespace said_messages_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

// Tells what a test says, and notes who was asked about.
class ToldMessages final : public SaidMessages {
 public:
  absl::StatusOr<std::vector<messages::v1::Message>> About(const ledger::Program&,
                                                           const MemberId& member,
                                                           const PurchaseId& purchase,
                                                           absl::Time) const override {
    asked.emplace_back(member, purchase);
    if (!status.ok()) return status;
    return told;
  }

  std::vector<messages::v1::Message> told;
  absl::Status status;
  mutable std::vector<std::pair<MemberId, PurchaseId>> asked;
};

class SaidMessagesTest : public ShopTest {
 protected:
  Purchase Found(const std::string& order_id) {
    const auto found = thanks_.FindPurchase(program_, Order(order_id), Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->purchase : Purchase();
  }
  TriggerReport ExplainedWith(const ToldMessages& said, const std::string& order_id) {
    const auto report = triggers_.Explain(program_, Found(order_id), now_, Soon(),
                                          {.messages = &said, .deadline = Soon()});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(TriggerReport());
  }
  static const ToldResult& Of(const TriggerReport& report, const std::string& trigger) {
    static const auto& none = *new ToldResult;
    for (const ToldResult& told : report.told) {
      if (told.result.trigger == trigger) return told;
    }
    ADD_FAILURE() << "nothing became of " << trigger;
    return none;
  }
  static messages::v1::Message Waiting(const TransactionId& transaction) {
    messages::v1::Message message;
    message.set_message_id("msg_1");
    message.set_transaction_id(transaction.ToString());
    message.set_channel(messages::v1::MESSAGE_CHANNEL_EMAIL);
    message.set_state(messages::v1::MESSAGE_STATE_WAITING);
    message.set_why(messages::v1::MESSAGE_REASON_QUIET_HOURS);
    message.set_sentence("It waits until 08:00: it is night where the member lives.");
    return message;
  }
};

TEST_F(SaidMessagesTest, OfWhomTheCallerMayNotKnowNobodyIsAsked) {
  Set(Note());
  Buy("1");
  ToldMessages said;
  said.told = {Waiting(ResultOf("1").transaction)};
  const auto report =
      triggers_.Explain(program_, Found("1"), now_, Soon(),
                        {.messages = &said,
                         .may_know = [this](const MemberId& member) { return member != member_; },
                         .deadline = Soon()});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(said.asked.empty());
  EXPECT_TRUE(Of(*report, "ceo-note").said.empty());
}

TEST_F(SaidMessagesTest, EachResultIsToldWithWhatBecameOfItsMessages) {
  Set(Note());
  Trigger silent = Note("silent");
  silent.template_code.clear();
  silent.points = 5;
  Set(silent);
  Buy("1");
  ToldMessages said;
  said.told = {Waiting(ResultOf("1").transaction), Waiting(TransactionId{ids_.Next(now_)})};
  const TriggerReport report = ExplainedWith(said, "1");
  EXPECT_THAT(said.asked, ElementsAre(Pair(member_, Found("1").id)));
  EXPECT_TRUE(report.asked.ok()) << report.asked;
  const ToldResult& note = Of(report, "ceo-note");
  ASSERT_EQ(note.said.size(), 1U);
  EXPECT_EQ(note.said[0].message_id(), "msg_1");
  EXPECT_EQ(note.said[0].why(), messages::v1::MESSAGE_REASON_QUIET_HOURS);
  EXPECT_THAT(Of(report, "silent").said, IsEmpty());
  EXPECT_THAT(report.cashier_line, HasSubstr("E-mail: It waits until 08:00"));
}

TEST_F(SaidMessagesTest, WhatCannotBeAskedIsLeftOutAndTheRestHolds) {
  Set(Note());
  Buy("1");
  ToldMessages said;
  said.told = {Waiting(ResultOf("1").transaction)};
  said.status = Error(Reason::kPeerUnavailable, "nobody is there");
  const TriggerReport report = ExplainedWith(said, "1");
  EXPECT_EQ(ReasonOf(report.asked), Reason::kPeerUnavailable);
  EXPECT_EQ(Of(report, "ceo-note").result.outcome, TriggerOutcome::kGiven);
  EXPECT_THAT(Of(report, "ceo-note").said, IsEmpty());
  EXPECT_THAT(report.cashier_line, HasSubstr("said thank you"));
  EXPECT_THAT(report.cashier_line, Not(HasSubstr("E-mail")));
}

TEST_F(SaidMessagesTest, NobodyIsAskedWhereNothingWasSaid) {
  Trigger later = Note();
  later.delay_minutes = 60;
  Set(later);
  Buy("1");
  ToldMessages said;
  EXPECT_EQ(Of(ExplainedWith(said, "1"), "ceo-note").result.outcome, TriggerOutcome::kDue);
  EXPECT_THAT(said.asked, IsEmpty());
}

TEST_F(SaidMessagesTest, WhoeverTheyBecameBeforeItActedIsAskedAbout) {
  constexpr int kTimes = 6;  // in one partition and in two
  Trigger later = Note();
  later.delay_minutes = 60;
  Set(later);
  for (int i = 0; i < kTimes; ++i) {
    const std::string order = absl::StrCat("order ", i);
    const MemberId duplicate = member_ = NewMember();
    Buy(order);
    const MemberId survivor = NewMember();
    Merge(duplicate, survivor);
    now_ += kDay;
    EXPECT_EQ(RunDue().acted, 1);
    ToldMessages said;
    said.told = {Waiting(ResultOf(order).transaction)};
    const TriggerReport report = ExplainedWith(said, order);
    EXPECT_THAT(said.asked, ElementsAre(Pair(survivor, Found(order).id)));
    EXPECT_EQ(Of(report, "ceo-note").said.size(), 1U);
  }
}

// The call that is made, in what others see of it.
class ListedMessages final : public messages::v1::MessageService::Service {
 public:
  grpc::Status ListMessages(grpc::ServerContext* context,
                            const messages::v1::ListMessagesRequest* request,
                            messages::v1::ListMessagesResponse* response) override {
    asked = *request;
    const auto metadata = context->client_metadata();
    const auto program = metadata.find("gratis-program");
    const auto named = metadata.find("gratis-as-named");
    in_program = program != metadata.end() && program->second == "shop";
    as_named = named != metadata.end() && named->second == "true";
    if (away) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
    response->add_messages()->set_message_id("msg_1");
    response->add_messages()->set_message_id("msg_2");
    return grpc::Status::OK;
  }

  messages::v1::ListMessagesRequest asked;
  bool in_program = false;
  bool as_named = false;
  bool away = false;
};

TEST_F(SaidMessagesTest, TheClientAsksForTheNamedMembersOwnAboutThePurchase) {
  ListedMessages service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const MessagesClient client(
      [&server] { return server->InProcessChannel(grpc::ChannelArguments()); });
  const PurchaseId purchase{ids_.Next(now_)};
  const auto found = client.About(program_, member_, purchase, Soon());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[1].message_id(), "msg_2");
  EXPECT_EQ(service.asked.member_id(), member_.ToString());
  EXPECT_EQ(service.asked.purchase_id(), purchase.ToString());
  EXPECT_TRUE(service.in_program);
  EXPECT_TRUE(service.as_named);
  service.away = true;
  EXPECT_EQ(ReasonOf(client.About(program_, member_, purchase, Soon()).status()),
            Reason::kPeerUnavailable);
  server->Shutdown();
}

}  // namespace
}  // namespace said_messages_test
}  // namespace gratis::thanks
