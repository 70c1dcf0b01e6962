#include "services/messages/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "services/messages/suppressions.h"
#include "tests/integration/services/messages/delivery_house.h"

namespace gratis::messages {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class DispatcherTest : public DeliveryHouse {
 protected:
  // A judge that notes what it is given and finds that all is well.
  FakeChannel::Judge Well() {
    return [this](const Parcel& parcel) {
      sent_.Add(parcel);
      return Verdict::Delivered(200);
    };
  }
  Sent sent_;
};

TEST_F(DispatcherTest, EachIsSentOnceAndWrittenDown) {
  const SubscriptionId to = NewSubscription();
  const std::vector<Event> events = Enqueue(to, 300);
  const auto dispatcher = NewDispatcher(Well());
  for (const Event& event : events) ASSERT_TRUE(Becomes(event.key, DeliveryStatus::kDelivered));
  const std::vector<std::string> sent = sent_.events();
  EXPECT_EQ(std::set(sent.begin(), sent.end()).size(), 300u);
  EXPECT_THAT(sent, SizeIs(300));
  EXPECT_THAT(AttemptsOf(events[0].key), SizeIs(0))
      << "what succeeds at once has no row of its own";
  EXPECT_EQ(StateOf(events[0].key).answer_code, 200);
}

TEST_F(DispatcherTest, WhatIsPutInLineLaterIsSentWithoutBeingTold) {
  const SubscriptionId to = NewSubscription();
  const auto dispatcher = NewDispatcher(Well());
  ASSERT_TRUE(Becomes(Enqueue(to, 1)[0].key, DeliveryStatus::kDelivered));
  ASSERT_TRUE(Becomes(Enqueue(to, 1)[0].key, DeliveryStatus::kDelivered));
}

TEST_F(DispatcherTest, AClockThatIsSetBackHoldsUpNothing) {
  clock_.Advance(absl::Hours(5));
  const SubscriptionId to = NewSubscription();
  const auto dispatcher = NewDispatcher(Well());
  ASSERT_TRUE(Becomes(Enqueue(to, 1)[0].key, DeliveryStatus::kDelivered));
  clock_.Advance(-absl::Hours(4));
  EXPECT_TRUE(Becomes(Enqueue(to, 1)[0].key, DeliveryStatus::kDelivered));
}

TEST_F(DispatcherTest, TwoAtWorkSendEachOnce) {
  const SubscriptionId to = NewSubscription(/*ordered=*/false, /*max_in_flight=*/64);
  const SubscriptionId other = NewSubscription();
  Enqueue(to, 1000, "a");
  Enqueue(other, 1000, "b");
  const auto one = NewDispatcher(Well());
  const auto two = NewDispatcher(Well());
  ASSERT_TRUE(Await([&] { return sent_.size() >= 2000; }));
  one->Stop();
  two->Stop();
  const std::vector<std::string> sent = sent_.events();
  EXPECT_EQ(sent.size(), 2000u);
  EXPECT_EQ(std::set(sent.begin(), sent.end()).size(), 2000u);
}

TEST_F(DispatcherTest, WhatFailsIsTriedAgainForADayAndThenDead) {
  const SubscriptionId to = NewSubscription();
  const DeliveryKey key = Enqueue(to, 1)[0].key;
  const absl::Time begun = clock_.Now();
  const auto dispatcher = NewDispatcher([this](const Parcel& parcel) {
    sent_.Add(parcel);
    return Verdict::Retry("http_400");
  });
  int32_t attempts = 0;
  while (Tried(key, attempts + 1)) {
    const DeliveryState state = StateOf(key);
    ASSERT_GT(state.attempts, attempts);
    attempts = state.attempts;
    if (state.state == DeliveryStatus::kDead) break;
    ASSERT_LT(attempts, 50);
    clock_.Advance(state.next_at - clock_.Now());
  }
  const DeliveryState state = StateOf(key);
  EXPECT_EQ(state.state, DeliveryStatus::kDead);
  EXPECT_EQ(state.reason, "http_400");
  EXPECT_GE(attempts, 10);
  EXPECT_GT(clock_.Now() - begun, absl::Hours(15));
  EXPECT_LE(clock_.Now() - begun, absl::Hours(24));
  EXPECT_THAT(AttemptsOf(key), SizeIs(attempts));
}

TEST_F(DispatcherTest, AChannelSaysWhatItIsCalledAndHowLongAnAttemptMayTake) {
  std::atomic<int64_t> lease_seconds = 0;
  const DeliveryKey key = Enqueue(NewSubscription(), 1)[0].key;
  const auto dispatcher = NewDispatcher([&](const Parcel& parcel) {
    Do([&](pg::Tx& tx) -> absl::Status {
      const pg::Query lease{"testing/lease", R"(
          SELECT extract(epoch FROM lease_until - changed_at)::bigint
          FROM gratis_messages.delivery WHERE delivery = $1)"};
      ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(lease, parcel.key.delivery));
      lease_seconds = rows[0].Get<int64_t>(0);
      return absl::OkStatus();
    });
    return Verdict::Delivered(200);
  });
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDelivered));
  EXPECT_EQ(lease_seconds, 50);
  EXPECT_THAT(metrics_.Text(), HasSubstr("channel=\"fake\""));
}

TEST_F(DispatcherTest, WhatIsRefusedIsDeadAtOnce) {
  const DeliveryKey key = Enqueue(NewSubscription(), 1)[0].key;
  const auto dispatcher = NewDispatcher([](const Parcel&) { return Verdict::Dead("http_410"); });
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDead));
  EXPECT_EQ(StateOf(key).reason, "http_410");
  EXPECT_EQ(AttemptsOf(key)[0].outcome, AttemptOutcome::kRefused);
}

TEST_F(DispatcherTest, AReceiverThatFailsIsLeftAloneAndAnotherIsNot) {
  const SubscriptionId down = NewSubscription(/*ordered=*/false, /*max_in_flight=*/1);
  const SubscriptionId well = NewSubscription();
  Enqueue(down, 100, "down");
  const auto dispatcher = NewDispatcher([&](const Parcel& parcel) {
    sent_.Add(parcel);
    if (parcel.endpoint != down.uuid) return Verdict::Delivered(200);
    Verdict verdict = Verdict::Retry("timeout");
    verdict.endpoint_failed = true;
    return verdict;
  });
  ASSERT_TRUE(Await([&] { return sent_.size() >= Circuit::kFailuresToOpen; }));
  const std::vector<Event> others = Enqueue(well, 100, "well");
  for (const Event& event : others) ASSERT_TRUE(Becomes(event.key, DeliveryStatus::kDelivered));
  int to_down = 0;
  for (const std::string& id : sent_.events()) to_down += id.rfind("down", 0) == 0 ? 1 : 0;
  EXPECT_EQ(to_down, Circuit::kFailuresToOpen) << "the rest waits";
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto circuits, ReadCircuitsOf(tx, {down.uuid, well.uuid}));
    EXPECT_THAT(circuits, SizeIs(1)) << "written down for whoever looks, and the next process";
    return absl::OkStatus();
  });
  // A later process knows of it.
  dispatcher->Stop();
  const size_t before = sent_.size();
  const auto next = NewDispatcher(Well());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(sent_.size(), before);
  clock_.Advance(Circuit::kFirstPause);
  ASSERT_TRUE(Await([&] { return sent_.size() >= before + 95; })) << "one try, and all goes on";
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto circuits, ReadCircuitsOf(tx, {down.uuid}));
    EXPECT_THAT(circuits, SizeIs(0));
    return absl::OkStatus();
  });
}

TEST_F(DispatcherTest, WhatIsAboutOneMemberKeepsItsOrderAndDelaysNoOther) {
  const SubscriptionId to = NewSubscription(/*ordered=*/true);
  const MemberId ann{ids_.Next(clock_.Now())}, bo{ids_.Next(clock_.Now())};
  const std::vector<Event> of_ann = Enqueue(to, 4, "ann", ann, /*ordered=*/true);
  const std::vector<Event> of_bo = Enqueue(to, 4, "bo", bo, /*ordered=*/true);
  std::atomic<bool> ann_fails = true;
  const auto dispatcher = NewDispatcher([&](const Parcel& parcel) {
    if (parcel.member == ann && ann_fails) return Verdict::Retry("http_400");
    sent_.Add(parcel);
    return Verdict::Delivered(200);
  });
  ASSERT_TRUE(Becomes(of_bo[3].key, DeliveryStatus::kDelivered));
  EXPECT_THAT(sent_.events(), ElementsAre("bo0", "bo1", "bo2", "bo3"));
  EXPECT_EQ(StateOf(of_ann[1].key).attempts, 0) << "it waits for the one before it";
  ann_fails = false;
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Becomes(of_ann[3].key, DeliveryStatus::kDelivered));
  EXPECT_THAT(sent_.events(),
              ElementsAre("bo0", "bo1", "bo2", "bo3", "ann0", "ann1", "ann2", "ann3"));
}

TEST_F(DispatcherTest, WhatIsGivenUpLetsThoseBehindItGo) {
  const SubscriptionId to = NewSubscription(/*ordered=*/true);
  const MemberId ann{ids_.Next(clock_.Now())};
  const std::vector<Event> events = Enqueue(to, 2, "ann", ann, /*ordered=*/true);
  const auto dispatcher = NewDispatcher([&](const Parcel& parcel) {
    return parcel.event_id == "ann0" ? Verdict::Dead("http_410") : Verdict::Delivered(200);
  });
  ASSERT_TRUE(Becomes(events[1].key, DeliveryStatus::kDelivered));
  EXPECT_EQ(StateOf(events[0].key).state, DeliveryStatus::kDead);
}

TEST_F(DispatcherTest, APausedSubscriptionIsNotSentTo) {
  const SubscriptionId to = NewSubscription();
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Subscription> found, ReadSubscriptions(tx, {to}));
    found[0].paused = true;
    WriteSubscription(tx, found[0]);
    return absl::OkStatus();
  });
  const DeliveryKey key = Enqueue(to, 1)[0].key;
  const auto dispatcher = NewDispatcher(Well());
  clock_.Advance(absl::Hours(48));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(StateOf(key).state, DeliveryStatus::kWaiting) << "it is not given up either";
  EXPECT_EQ(sent_.size(), 0u);
}

TEST_F(DispatcherTest, WhatNobodyTriesIsGivenUpInTime) {
  const SubscriptionId to = NewSubscription();
  Do([&](pg::Tx& tx) {
    const EndpointCircuit open{to.uuid, Circuit(9, clock_.Now() + absl::Hours(48))};
    WriteCircuits(tx, {&open, 1});
    return absl::OkStatus();
  });
  const DeliveryKey key = Enqueue(to, 1)[0].key;
  const auto dispatcher = NewDispatcher(Well());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(StateOf(key).state, DeliveryStatus::kWaiting);
  clock_.Advance(kTryingLimit + absl::Minutes(1));
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDead));
  EXPECT_EQ(StateOf(key).reason, "expired");
}

TEST_F(DispatcherTest, WhatWaitsForOneThatWasDeletedWhilePausedIsGivenUpToo) {
  const SubscriptionId to = NewSubscription();
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Subscription> found, ReadSubscriptions(tx, {to}));
    found[0].paused = true;
    found[0].deleted_at = clock_.Now();
    WriteSubscription(tx, found[0]);
    const EndpointCircuit open{to.uuid, Circuit(9, clock_.Now() + absl::Hours(48))};
    WriteCircuits(tx, {&open, 1});
    return absl::OkStatus();
  });
  const DeliveryKey key = Enqueue(to, 1)[0].key;
  const auto dispatcher = NewDispatcher(Well());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  clock_.Advance(kTryingLimit + absl::Minutes(1));
  ASSERT_TRUE(Becomes(key, DeliveryStatus::kDead));
  EXPECT_EQ(StateOf(key).reason, "expired");
}

// --- letters, as far as no server is needed ---

class LettersInLine : public DispatcherTest {
 protected:
  DeliveryKey EnqueueLetter(bool marketing, const std::string& address_key = "k") {
    const MemberId member{ids_.Next(clock_.Now())};
    const Uuid message = ids_.Next(clock_.Now());
    const OutboundMessage letter{.program = program_,
                                 .partition = ledger::PartitionOf(program_, member),
                                 .message = message,
                                 .member = member,
                                 .marketing = marketing,
                                 .address_key = address_key};
    Do([&](pg::Tx& tx) {
      outbox_.Enqueue(tx, {&letter, 1});
      return absl::OkStatus();
    });
    DeliveryKey key;
    Do([&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto found, ReadDeliveries(tx, program_.number, {&message, 1}));
      key = found.at(0).key;
      return absl::OkStatus();
    });
    return key;
  }
  void Suppress(const std::string& address_key, SuppressionScope scope) {
    database_.Execute(absl::StrCat("INSERT INTO gratis_messages.suppression VALUES (",
                                   program_.number, ", '", address_key, "', gen_random_uuid(), ",
                                   static_cast<int>(scope), ", 4, now(), 'test')"));
  }
  Outbox outbox_{ids_, clock_};
};

TEST_F(LettersInLine, AMessageGoesOutOnceHoweverOftenItIsEnqueued) {
  OutboundMessage message{.program = program_,
                          .partition = program_.first_partition,
                          .message = ids_.Next(clock_.Now()),
                          .member = {ids_.Next(clock_.Now())}};
  for (int i = 0; i < 3; ++i) {
    Do([&](pg::Tx& tx) {
      outbox_.Enqueue(tx, {&message, 1});
      return absl::OkStatus();
    });
  }
  message.channel = ChannelKind::kInbox;
  Do([&](pg::Tx& tx) {
    outbox_.Note(tx, {&message, 1});
    return absl::OkStatus();
  });
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto found, ReadDeliveries(tx, program_.number, {&message.message, 1}));
    EXPECT_THAT(found, SizeIs(2)) << "once by each channel";
    EXPECT_EQ(found.at(0).state, DeliveryStatus::kWaiting);
    EXPECT_EQ(found.at(1).state, DeliveryStatus::kDelivered);
    return absl::OkStatus();
  });
}

TEST_F(LettersInLine, AnAddressOnTheListIsNotWrittenTo) {
  Suppress("all", SuppressionScope::kAll);
  Suppress("some", SuppressionScope::kMarketing);
  const DeliveryKey to_nobody = EnqueueLetter(/*marketing=*/false, "all");
  const DeliveryKey offer = EnqueueLetter(/*marketing=*/true, "some");
  const DeliveryKey receipt = EnqueueLetter(/*marketing=*/false, "some");
  const auto dispatcher = NewDispatcher(std::make_unique<FakeChannel>(Well(), ChannelKind::kEmail));
  ASSERT_TRUE(Becomes(to_nobody, DeliveryStatus::kDead));
  ASSERT_TRUE(Becomes(offer, DeliveryStatus::kDead));
  ASSERT_TRUE(Becomes(receipt, DeliveryStatus::kDelivered));
  EXPECT_EQ(StateOf(offer).reason, "suppressed");
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(LettersInLine, WhoeverWakesTheOutboxIsHeard) {
  int woken = 0;
  outbox_.Wake();
  outbox_.SetWaker([&] { ++woken; });
  outbox_.Wake();
  outbox_.SetWaker(nullptr);
  outbox_.Wake();
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace gratis::messages
