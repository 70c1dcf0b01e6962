#include "services/messages/delivery_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ledger/acts.h"
#include "common/ledger/poster.h"
#include "common/status/reasons.h"
#include "services/messages/subscriptions.h"
#include "tests/integration/services/messages/delivery_house.h"

namespace gratis::messages {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class Joining final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    books.AddHolder(envelope.member, envelope.now);
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kMemberEnrolled,
                               .transaction = {envelope.member.uuid},
                               .member = envelope.member,
                               .effective_at = envelope.now})
                        .status());
    return "";
  }
};

// What was given up is sent again by hand, and somebody answers for it.
class DeliveryReplayTest : public DeliveryHouse {
 protected:
  absl::StatusOr<std::string> Post(ledger::MutationKind& kind,
                                   std::unique_ptr<ledger::Mutation> mutation) {
    ledger::Envelope& envelope = mutation->envelope;
    envelope.program = program_;
    envelope.request_id = absl::StrCat("request ", ++requests_);
    envelope.fingerprint = envelope.request_id;
    envelope.actor = "key_test";
    envelope.network = "203.0.113.0/24";
    envelope.now = clock_.Now();
    envelope.deadline = Soon();
    return poster_.Post(kind, std::move(mutation)).answer;
  }
  MemberId Member() {
    const MemberId member{ids_.Next(clock_.Now())};
    auto joining = std::make_unique<Joining>();
    joining->envelope.member = member;
    EXPECT_EQ(Post(plain_, std::move(joining)).status(), absl::OkStatus());
    return member;
  }
  absl::StatusOr<std::string> Replay(const DeliveryKey& delivery) {
    return Post(replays_,
                std::make_unique<DeliveryReplay>(delivery, ids_.Next(clock_.Now()), said_));
  }
  absl::StatusOr<std::string> ReplayDead(const SubscriptionId& of) {
    return Post(replays_, std::make_unique<DeliveryReplay>(of, ids_.Next(clock_.Now()), said_));
  }
  void GiveUpAll() { database_.Execute("UPDATE gratis_messages.delivery SET state = 4"); }
  std::vector<ledger::Act> Acts(const MemberId& about = {}) {
    std::vector<ledger::Act> acts;
    Do([&](pg::Tx& tx) -> absl::Status {
      ledger::ActFilter filter;
      filter.member = about;
      ASSIGN_OR_RETURN(acts, ledger::ReadActs(tx, program_, filter, 100));
      return absl::OkStatus();
    });
    return acts;
  }

  const DeliveryReplay::Answer said_ = [](int64_t deliveries) { return absl::StrCat(deliveries); };
  ledger::Poster poster_{{.chain_key = std::string(32, 'c')}, pool_, clock_};
  ledger::MutationKind plain_;
  DeliveryReplays replays_{clock_};
  int requests_ = 0;
};

TEST_F(DeliveryReplayTest, OfOneIsAnActAboutItsMember) {
  // In whichever partitions members are, and with nobody it is about.
  const SubscriptionId to = NewSubscription();
  std::vector<MemberId> members = {MemberId{}};
  for (int i = 0; i < 12; ++i) members.push_back(Member());
  for (const MemberId& member : members) {
    const DeliveryKey key = Enqueue(to, 1, absl::StrCat(member.ToString(), "-"), member)[0].key;
    EXPECT_EQ(ReasonOf(Replay(key).status()), Reason::kDeliveryNotDead);
    GiveUpAll();
    const auto said = Replay(key);
    ASSERT_TRUE(said.ok()) << said.status();
    EXPECT_EQ(*said, "1");
    EXPECT_EQ(StateOf(key).state, DeliveryStatus::kWaiting);
    const std::vector<ledger::Act> acts = Acts(member);
    ASSERT_THAT(acts, SizeIs(1));
    EXPECT_EQ(acts[0].row.fact.kind, ledger::FactKind::kDeliveriesReplayed);
    EXPECT_EQ(acts[0].row.fact.member, member);
    EXPECT_EQ(acts[0].row.fact.source, DeliveryId{key.delivery}.ToString());
    EXPECT_EQ(
        acts[0].row.fact.detail,
        absl::StrCat(R"({"deliveries":1,"channel":2,"subscription":")", to.ToString(), "\"}"));
    EXPECT_EQ(acts[0].row.actor, "key_test");
    EXPECT_EQ(acts[0].network, "203.0.113.0/24");
    EXPECT_EQ(ledger::PartitionOfId(program_, acts[0].row.fact.transaction.uuid),
              acts[0].row.partition);
  }
}

TEST_F(DeliveryReplayTest, OfAllOfASubscriptionIsOneActAndOfNoneIsNone) {
  const SubscriptionId to = NewSubscription();
  Enqueue(to, 3);
  EXPECT_EQ(ReplayDead(to).value_or(""), "0");
  EXPECT_THAT(Acts(), IsEmpty());
  GiveUpAll();
  EXPECT_EQ(ReplayDead(to).value_or(""), "3");
  const std::vector<ledger::Act> acts = Acts();
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_EQ(acts[0].row.fact.source, to.ToString());
  EXPECT_EQ(acts[0].row.fact.detail, R"({"deliveries":3})");
}

TEST_F(DeliveryReplayTest, ATestOfASubscriptionIsAnAct) {
  const SubscriptionId to = NewSubscription();
  SubscriptionChanges changes(clock_);
  ASSERT_TRUE(Post(changes, std::make_unique<SubscriptionChange>(
                                to, ledger::TransactionOfProgram(program_, ids_.Next(clock_.Now())),
                                /*creates=*/false, Testing(NewEvent("evt_test")),
                                [](const SubscriptionInRun&) { return std::string("tested"); }))
                  .ok());
  const std::vector<ledger::Act> acts = Acts();
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_EQ(acts[0].row.fact.kind, ledger::FactKind::kSubscriptionSet);
  EXPECT_THAT(acts[0].row.fact.detail, testing::HasSubstr("\"action\":\"tested\""));
}

}  // namespace
}  // namespace gratis::messages
