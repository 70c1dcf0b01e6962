#include "services/messages/email_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/messages/mime.h"
#include "services/messages/slow_wire.h"
#include "tests/integration/services/messages/delivery_house.h"
#include "tests/integration/services/messages/mail_server.h"

namespace gratis::messages {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Letters in memory.
class FakeLetters final : public Letters {
 public:
  absl::StatusOr<std::vector<std::optional<Email>>> Open(
      pg::Tx&, absl::Span<const LetterKey> asked) override {
    std::vector<std::optional<Email>> found;
    for (const LetterKey& key : asked) {
      const auto letter = letters.find(key.message);
      found.push_back(letter == letters.end() ? std::nullopt : std::optional(letter->second));
    }
    return found;
  }
  std::map<Uuid, Email> letters;
};

Email LetterTo(const std::string& to) {
  return {.from_name = "Ada",
          .from_address = "ada@shop.example",
          .to = to,
          .subject = "Thank you, Bo – für alles",
          .text = "Hello Bo.\n.\nThank you.\n",
          .html = "<p>Hello Bo</p>",
          .unsubscribe_url = "https://shop.example/u/1"};
}

// The whole of it: the line, the dispatcher, libcurl, and a mail server that is not ours.
class EmailChannelTest : public DeliveryHouse {
 protected:
  EmailOptions Options() const {
    return {.url = server_.url(),
            .user = "gratis",
            .password = "s3cret-mail",
            .ca_path = server_.ca_path()};
  }
  std::unique_ptr<Dispatcher> Postman() { return Postman(Options()); }
  std::unique_ptr<Dispatcher> Postman(EmailOptions options) {
    return NewDispatcher(MakeEmailChannel(std::move(options), letters_),
                         [this](const Parcel& parcel) { bounced_.push_back(parcel.address_key); });
  }

  DeliveryKey Write(const std::string& to) {
    const MemberId member{ids_.Next(clock_.Now())};
    const OutboundMessage message{.program = program_,
                                  .partition = ledger::PartitionOf(program_, member),
                                  .message = ids_.Next(clock_.Now()),
                                  .member = member,
                                  .address_key = to};
    letters_.letters[message.message] = LetterTo(to);
    DeliveryKey key;
    Do([&](pg::Tx& tx) -> absl::Status {
      outbox_.Enqueue(tx, {&message, 1});
      ASSIGN_OR_RETURN(const auto found,
                       ReadDeliveries(tx, program_.number, {&message.message, 1}));
      key = found.at(0).key;
      return absl::OkStatus();
    });
    return key;
  }

  static std::string HeaderOf(const std::string& letter, const std::string& name) {
    const size_t begin = letter.find("\r\n" + name + ": ");
    if (begin == std::string::npos) return "";
    const size_t from = begin + name.size() + 4;
    return letter.substr(from, letter.find("\r\n", from) - from);
  }

  MailServer server_;
  FakeLetters letters_;
  Outbox outbox_{ids_, clock_};
  std::vector<std::string> bounced_;
};

TEST_F(EmailChannelTest, ALetterArrivesOverTlsFromWhoMaySend) {
  const DeliveryKey key = Write("bo@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDelivered)) << StateOf(key).reason;
  const auto letters = server_.letters();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].to, "bo@home.example");
  EXPECT_EQ(letters[0].from, "ada@shop.example");
  EXPECT_EQ(letters[0].user, "gratis");
  EXPECT_TRUE(letters[0].tls);
  const std::string id = MessageIdHeader(DeliveryId{key.delivery}.ToString(), "ada@shop.example");
  EXPECT_EQ(letters[0].text, MimeText(LetterTo("bo@home.example"), id,
                                      base::TruncateToMicros(StateOf(key).created_at)));
}

TEST_F(EmailChannelTest, AGreylistedLetterComesAgainWithTheSameMessageId) {
  const DeliveryKey key = Write("grey-2@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Tried(key, 1));
  EXPECT_EQ(StateOf(key).reason, "smtp_451");
  EXPECT_THAT(AttemptsOf(key)[0].answer, HasSubstr("greylisted"));
  clock_.Advance(absl::Minutes(10));
  ASSERT_TRUE(Tried(key, 2));
  clock_.Advance(absl::Minutes(10));
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDelivered));
  EXPECT_EQ(StateOf(key).attempts, 3);
  EXPECT_FALSE(StateOf(key).in_doubt);
  EXPECT_THAT(server_.letters(), SizeIs(1)) << "it was never sent before it was wanted";
}

TEST_F(EmailChannelTest, AMailboxThatIsNotThereIsDeadAndBounces) {
  const DeliveryKey key = Write("nobody@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDead));
  EXPECT_EQ(StateOf(key).reason, "mailbox_rejected");
  EXPECT_EQ(StateOf(key).answer_code, 550);
  EXPECT_THAT(bounced_, testing::ElementsAre("nobody@home.example"));
}

TEST_F(EmailChannelTest, ALetterThatIsRefusedAsAWholeIsDeadAndOneThatFindsNoRoomIsNot) {
  const DeliveryKey spam = Write("spam@home.example"), full = Write("full-1@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Becomes(spam, DeliveryStatus::kDead));
  EXPECT_EQ(StateOf(spam).reason, "letter_rejected");
  ASSERT_TRUE(Tried(full, 1));
  EXPECT_EQ(StateOf(full).reason, "smtp_452");
  EXPECT_FALSE(StateOf(full).in_doubt) << "the server said that it did not take it";
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Becomes(full, DeliveryStatus::kDelivered));
  EXPECT_THAT(bounced_, IsEmpty());
}

TEST_F(EmailChannelTest, AConnectionThatBreaksBeforeTheEndLeavesNoDoubt) {
  const DeliveryKey key = Write("drop-rcpt-1@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Tried(key, 1));
  EXPECT_FALSE(StateOf(key).in_doubt);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDelivered));
  EXPECT_THAT(server_.letters(), SizeIs(1));
}

TEST_F(EmailChannelTest, AnAnswerThatDoesNotComeIsADoubtThatIsRecorded) {
  const DeliveryKey key = Write("drop-data-1@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Tried(key, 1));
  EXPECT_TRUE(StateOf(key).in_doubt);
  EXPECT_EQ(StateOf(key).reason, "in_doubt");
  EXPECT_EQ(AttemptsOf(key)[0].outcome, AttemptOutcome::kInDoubt);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDelivered));
  const auto letters = server_.letters();
  ASSERT_THAT(letters, SizeIs(2)) << "the one window that SMTP leaves open";
  EXPECT_EQ(HeaderOf(letters[0].text, "Message-ID"), HeaderOf(letters[1].text, "Message-ID"));
  EXPECT_TRUE(StateOf(key).in_doubt) << "it may have arrived twice";
}

TEST_F(EmailChannelTest, AnAnswerThatBreaksOffBeforeItsLastLineIsADoubtToo) {
  const DeliveryKey key = Write("cut-data-1@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Tried(key, 1));
  EXPECT_TRUE(StateOf(key).in_doubt);
  EXPECT_EQ(StateOf(key).reason, "in_doubt");
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDelivered));
  EXPECT_THAT(server_.letters(), SizeIs(2));
  EXPECT_TRUE(StateOf(key).in_doubt);
}

TEST_F(EmailChannelTest, AWrongPasswordIsTroubleOfOursAndNotOfTheLetter) {
  EmailOptions options = Options();
  options.password = "guess";
  const DeliveryKey key = Write("bo@home.example");
  auto postman = Postman(options);
  ASSERT_TRUE(Tried(key, 1));
  EXPECT_EQ(StateOf(key).state, DeliveryStatus::kWaiting);
  postman->Stop();
  clock_.Advance(absl::Minutes(1));
  postman = Postman();
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDelivered));
}

TEST_F(EmailChannelTest, AServerThatIsNotWhoItShouldBeGetsNothing) {
  EmailOptions options = Options();
  options.ca_path = "/etc/ssl/certs/ca-certificates.crt";
  const DeliveryKey key = Write("bo@home.example");
  const auto postman = Postman(options);
  ASSERT_TRUE(Tried(key, 1));
  EXPECT_EQ(StateOf(key).reason, "tls");
  EXPECT_THAT(server_.letters(), IsEmpty());
}

TEST_F(EmailChannelTest, WithoutAServerLettersWait) {
  EmailOptions options = Options();
  options.url.clear();
  const DeliveryKey key = Write("bo@home.example");
  const auto postman = Postman(options);
  ASSERT_TRUE(Tried(key, 1));
  EXPECT_EQ(StateOf(key).reason, "no_mail_server");
  EXPECT_EQ(StateOf(key).state, DeliveryStatus::kWaiting);
}

TEST_F(EmailChannelTest, ALetterThatIsNotKeptAnyMoreIsGivenUp) {
  const DeliveryKey key = Write("bo@home.example");
  letters_.letters.clear();
  const auto postman = Postman();
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDead));
  EXPECT_EQ(StateOf(key).reason, "gone");
}

TEST_F(EmailChannelTest, AnAddressThatIsNoneNeverReachesACommand) {
  const DeliveryKey key = Write("bo@home.example>\r\nRCPT TO:<eve@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDead));
  EXPECT_EQ(StateOf(key).reason, "address_invalid");
}

TEST_F(EmailChannelTest, AtTheEndOfTheProcessWhatIsNotAnsweredIsInDoubt) {
  const DeliveryKey silent = Write("silent@home.example");
  const auto postman = Postman();
  ASSERT_TRUE(Await([&] { return server_.letters().size() == 1; }));
  postman->Stop();
  EXPECT_EQ(StateOf(silent).state, DeliveryStatus::kWaiting);
  EXPECT_TRUE(StateOf(silent).in_doubt);
}

TEST_F(EmailChannelTest, ASlowAnswerDelaysNoOther) {
  const DeliveryKey slow = Write("slow-8@home.example");
  const auto postman = Postman();
  std::vector<DeliveryKey> others;
  for (int i = 0; i < 20; ++i) others.push_back(Write(absl::StrCat("bo", i, "@home.example")));
  for (const DeliveryKey& other : others) ASSERT_TRUE(Becomes(other, DeliveryStatus::kDelivered));
  EXPECT_EQ(StateOf(slow).state, DeliveryStatus::kSending);
  ASSERT_TRUE(Becomes(slow, DeliveryStatus::kDelivered));
}

// Before the end of the letter goes, it is written down that it is about to: a process that dies,
// or loses the letter to another, before that has sent nothing.
class HandingOver : public EmailChannelTest, protected Courier {
 protected:
  void AskToHandOver(CURL*) override { asked_ = true; }

  CURLcode Send(const std::function<void(Attempt&)>& at_the_end) {
    const auto channel = MakeEmailChannel(Options(), letters_);
    Parcel parcel{.key = {1, ids_.Next(clock_.Now())}, .created_at = clock_.Now()};
    parcel.message = ids_.Next(clock_.Now());
    letters_.letters[parcel.message] = LetterTo("bo@home.example");
    Do([&](pg::Tx& tx) {
      Parcel* one = &parcel;
      return channel->Load(tx, {&one, 1});
    });
    CURL* const easy = wire_.Take();
    auto sent = channel->Send(parcel, easy, *this);
    attempt_ = std::move(std::get<std::unique_ptr<Attempt>>(sent));
    wire_.Start(easy);
    EXPECT_TRUE(Await([&] { return asked_.load(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_THAT(server_.letters(), IsEmpty()) << "nothing is handed over before it may be";
    at_the_end(*attempt_);
    std::vector<Wire::Finished> finished;
    EXPECT_TRUE(Await([&] {
      finished = wire_.TakeFinished();
      return !finished.empty();
    }));
    verdict_ = attempt_->Judge(finished.at(0).result);
    wire_.Return(easy);
    return finished.at(0).result;
  }

  std::atomic<bool> asked_ = false;
  std::unique_ptr<Attempt> attempt_;
  SlowWire wire_{[] {}};
  Verdict verdict_;
};

TEST_F(HandingOver, WaitsForLeaveAndThenArrives) {
  EXPECT_EQ(Send([](Attempt& attempt) { attempt.HandOver(); }), CURLE_OK);
  EXPECT_EQ(verdict_.outcome, AttemptOutcome::kDelivered);
  EXPECT_THAT(server_.letters(), SizeIs(1));
}

TEST_F(HandingOver, AbandonedThereIsNothingForTheServerToTake) {
  EXPECT_NE(Send([](Attempt& attempt) { attempt.Abandon(); }), CURLE_OK);
  EXPECT_EQ(verdict_.outcome, AttemptOutcome::kLost);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_THAT(server_.letters(), IsEmpty());
}

}  // namespace
}  // namespace gratis::messages
