#include "services/messages/delivery_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/services/messages/delivery_house.h"

namespace gratis::messages {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The line, as processes see it that take from it, die, and come back.
class DeliveryStoreTest : public DeliveryHouse {
 protected:
  std::vector<Parcel> Claim(const SubscriptionId& of, int32_t free = 10) {
    return ClaimLine(of.uuid, free);
  }
  std::vector<Parcel> ClaimLine(const Uuid& endpoint, int32_t free) {
    std::vector<Parcel> taken;
    Do([&](pg::Tx& tx) -> absl::Status {
      const absl::Time now = clock_.Now();
      const Room room{endpoint, free, now + absl::Seconds(45)};
      ASSIGN_OR_RETURN(taken, TakeClaim(tx, AskClaim(tx, {&room, 1}, now)));
      return absl::OkStatus();
    });
    return taken;
  }
  void End(const Parcel& parcel, DeliveryStatus status,
           AttemptOutcome outcome = AttemptOutcome::kDelivered) {
    const Ended ended{.key = parcel.key,
                      .attempt = parcel.attempt,
                      .status = status,
                      .next_at = clock_.Now(),
                      .outcome = outcome,
                      .reason = outcome == AttemptOutcome::kDelivered ? "" : "http_500",
                      .answer_code = 500};
    Do([&](pg::Tx& tx) {
      WriteEnded(tx, {&ended, 1}, clock_.Now());
      return absl::OkStatus();
    });
  }
  void Recover() {
    Do([&](pg::Tx& tx) {
      RecoverLost(tx, clock_.Now(), 100);
      return absl::OkStatus();
    });
  }
  std::vector<DeliveryKey> Mark(const Parcel& parcel) {
    std::vector<DeliveryKey> marked;
    Do([&](pg::Tx& tx) -> absl::Status {
      const Handover letter{parcel.key, parcel.attempt};
      ASSIGN_OR_RETURN(marked, TakeMarked(tx, AskMarkHandingOver(tx, {&letter, 1}, clock_.Now())));
      return absl::OkStatus();
    });
    return marked;
  }
};

TEST_F(DeliveryStoreTest, TakesTheFirstInLineAndNobodyTakesThemAgain) {
  const SubscriptionId to = NewSubscription();
  Enqueue(to, 5);
  std::vector<std::string> taken;
  for (const Parcel& parcel : Claim(to, 3)) taken.push_back(parcel.event_id);
  EXPECT_THAT(taken, testing::UnorderedElementsAre("e0", "e1", "e2"));
  EXPECT_THAT(Claim(to, 10), SizeIs(2));
  EXPECT_THAT(Claim(to, 10), IsEmpty());
}

TEST_F(DeliveryStoreTest, WhatAProcessHadWhenItDiedWaitsAgainWhenItsLeaseIsOver) {
  const SubscriptionId to = NewSubscription();
  Enqueue(to, 1);
  const Parcel first = Claim(to).at(0);
  clock_.Advance(absl::Seconds(44));
  Recover();
  EXPECT_THAT(Claim(to), IsEmpty());
  clock_.Advance(absl::Seconds(2));
  Recover();
  const Parcel second = Claim(to).at(0);
  EXPECT_EQ(second.attempt, 2);
  EXPECT_THAT(AttemptsOf(first.key), SizeIs(1));
  EXPECT_EQ(AttemptsOf(first.key)[0].outcome, AttemptOutcome::kLost);

  // The first wakes up again: what it says is not heard.
  End(first, DeliveryStatus::kDelivered);
  EXPECT_EQ(StateOf(first.key).state, DeliveryStatus::kSending);
  End(second, DeliveryStatus::kDead, AttemptOutcome::kRefused);
  EXPECT_EQ(StateOf(first.key).state, DeliveryStatus::kDead);
  End(first, DeliveryStatus::kDelivered);
  EXPECT_EQ(StateOf(first.key).state, DeliveryStatus::kDead);
}

// The one window that SMTP leaves open: behind the mark nobody knows, before it nothing was sent.
TEST_F(DeliveryStoreTest, ALetterThatWasBeingHandedOverWhenItsProcessDiedIsInDoubt) {
  const SubscriptionId to = NewSubscription();
  Enqueue(to, 2);
  const std::vector<Parcel> taken = Claim(to);
  EXPECT_THAT(Mark(taken[0]), ElementsAre(taken[0].key));
  clock_.Advance(absl::Minutes(4));
  Recover();
  EXPECT_TRUE(StateOf(taken[0].key).in_doubt);
  EXPECT_EQ(AttemptsOf(taken[0].key)[0].outcome, AttemptOutcome::kInDoubt);
  EXPECT_FALSE(StateOf(taken[1].key).in_doubt);
  EXPECT_EQ(AttemptsOf(taken[1].key)[0].outcome, AttemptOutcome::kLost);
}

TEST_F(DeliveryStoreTest, ALetterIsHandedOverByWhoHoldsItOnly) {
  const SubscriptionId to = NewSubscription();
  Enqueue(to, 1);
  const Parcel first = Claim(to).at(0);
  clock_.Advance(absl::Minutes(4));
  EXPECT_THAT(Mark(first), IsEmpty()) << "its lease is over: another may have it any moment";
  Recover();
  const Parcel second = Claim(to).at(0);
  EXPECT_THAT(Mark(first), IsEmpty());
  EXPECT_THAT(Mark(second), SizeIs(1));
}

TEST_F(DeliveryStoreTest, ALetterThatMustBeDecidedAnewIsNotTakenUntilItIs) {
  Outbox outbox(ids_, clock_);
  OutboundMessage letter{.program = program_,
                         .partition = program_.first_partition,
                         .message = ids_.Next(clock_.Now()),
                         .member = MemberId{ids_.Next(clock_.Now())},
                         .holds = absl::Minutes(5)};
  const auto put_in_line = [&] {
    Do([&](pg::Tx& tx) {
      outbox.Enqueue(tx, {&letter, 1});
      return absl::OkStatus();
    });
  };
  put_in_line();
  clock_.Advance(absl::Minutes(5));
  EXPECT_THAT(ClaimLine(kMailServer, 10), IsEmpty());
  put_in_line();
  // Also one that was withheld meanwhile, and is to go out after all.
  Do([&](pg::Tx& tx) {
    outbox.Withdraw(tx, program_, ChannelKind::kEmail, {&letter.message, 1});
    return absl::OkStatus();
  });
  EXPECT_THAT(ClaimLine(kMailServer, 10), IsEmpty());
  put_in_line();
  const std::vector<Parcel> taken = ClaimLine(kMailServer, 10);
  ASSERT_THAT(taken, SizeIs(1));
  // What is under way, or has ended, is not put in line again.
  put_in_line();
  EXPECT_THAT(ClaimLine(kMailServer, 10), IsEmpty());
  End(taken[0], DeliveryStatus::kDelivered);
  put_in_line();
  EXPECT_THAT(ClaimLine(kMailServer, 10), IsEmpty());
}

TEST_F(DeliveryStoreTest, KeepsInMindThatALetterWasOnceInDoubt) {
  const SubscriptionId to = NewSubscription();
  Enqueue(to, 1);
  End(Claim(to).at(0), DeliveryStatus::kWaiting, AttemptOutcome::kInDoubt);
  const Parcel again = Claim(to).at(0);
  End(again, DeliveryStatus::kDelivered);
  EXPECT_TRUE(StateOf(again.key).in_doubt);
  EXPECT_THAT(AttemptsOf(again.key), SizeIs(2));
}

TEST_F(DeliveryStoreTest, ListsALineNewestFirstByStateAndPage) {
  const SubscriptionId to = NewSubscription();
  const std::vector<Event> events = Enqueue(to, 4);
  End(Claim(to, 1).at(0), DeliveryStatus::kDead, AttemptOutcome::kRefused);
  const auto list = [&](std::optional<DeliveryStatus> state, Uuid before, int32_t limit) {
    std::vector<std::string> found;
    Do([&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto states,
                       ListOfEndpoint(tx, program_.number, to.uuid, {state, before, limit}));
      for (const DeliveryState& one : states) found.push_back(one.event_id);
      return absl::OkStatus();
    });
    return found;
  };
  Uuid newest;
  newest.bytes.fill(255);
  EXPECT_THAT(list(std::nullopt, newest, 10), ElementsAre("e3", "e2", "e1", "e0"));
  EXPECT_THAT(list(std::nullopt, newest, 2), ElementsAre("e3", "e2"));
  EXPECT_THAT(list(std::nullopt, events[2].key.delivery, 10), ElementsAre("e1", "e0"));
  EXPECT_THAT(list(DeliveryStatus::kDead, newest, 10), ElementsAre("e0"));
}

TEST_F(DeliveryStoreTest, CountsAndRevivesTheDead) {
  const SubscriptionId to = NewSubscription();
  Enqueue(to, 3);
  for (const Parcel& parcel : Claim(to, 2))
    End(parcel, DeliveryStatus::kDead, AttemptOutcome::kRefused);
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto counts, CountLines(tx, {to.uuid}, 100));
    EXPECT_EQ(counts[0].waiting, 1);
    EXPECT_EQ(counts[0].dead, 2);
    ASSIGN_OR_RETURN(const auto dead, LockDead(tx, program_.number, to.uuid, 1));
    EXPECT_THAT(dead, SizeIs(1));
    Revive(tx, dead, clock_.Now(), clock_.Now() + kTryingLimit);
    ASSIGN_OR_RETURN(const int64_t waiting, CountWaiting(tx, to, 100));
    EXPECT_EQ(waiting, 2);
    return absl::OkStatus();
  });
}

TEST_F(DeliveryStoreTest, ForgetsWhatEndedLongAgoAndNothingElse) {
  const SubscriptionId to = NewSubscription();
  const std::vector<Event> events = Enqueue(to, 3);
  const std::vector<Parcel> taken = Claim(to, 2);
  End(taken[0], DeliveryStatus::kDead, AttemptOutcome::kRefused);
  End(taken[1], DeliveryStatus::kDelivered);
  Uuid newest;
  newest.bytes.fill(255);
  const auto left = [&] {
    int count = 0;
    Do([&](pg::Tx& tx) -> absl::Status {
      Prune(tx, program_.first_partition, newest, clock_.Now() - kKeptAfter, 100);
      ASSIGN_OR_RETURN(const auto found,
                       ListOfEndpoint(tx, program_.number, to.uuid, {std::nullopt, newest, 10}));
      count = static_cast<int>(found.size());
      return absl::OkStatus();
    });
    return count;
  };
  EXPECT_EQ(left(), 3);
  clock_.Advance(kKeptAfter + absl::Hours(1));
  EXPECT_EQ(left(), 1) << "what waits is not forgotten";
  EXPECT_THAT(AttemptsOf(taken[0].key), IsEmpty());
}

TEST_F(DeliveryStoreTest, SeesEachLineWithWhatIsDueFirst) {
  const SubscriptionId one = NewSubscription(false, 7);
  const SubscriptionId two = NewSubscription();
  const absl::Time before = clock_.Now();
  Enqueue(one, 50);
  clock_.Advance(absl::Minutes(1));
  Enqueue(two, 50);
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<Line> lines, TakeLines(tx, AskLines(tx, 100)));
    EXPECT_THAT(lines, SizeIs(2));
    for (const Line& line : lines) {
      const bool is_one = line.endpoint == one.uuid;
      EXPECT_EQ(line.max_in_flight, is_one ? 7 : 32);
      EXPECT_EQ(line.due < before + absl::Seconds(30), is_one);
      EXPECT_FALSE(line.paused);
    }
    return absl::OkStatus();
  });
}

TEST_F(DeliveryStoreTest, ListsWhatGoesToAMemberByAllWaysButWebhooks) {
  const MemberId member{ids_.Next(clock_.Now())};
  Enqueue(NewSubscription(), 1, "e", member);
  Outbox outbox(ids_, clock_);
  const OutboundMessage message{.program = program_,
                                .partition = ledger::PartitionOf(program_, member),
                                .message = ids_.Next(clock_.Now()),
                                .member = member};
  Uuid newest;
  newest.bytes.fill(255);
  Do([&](pg::Tx& tx) -> absl::Status {
    outbox.Enqueue(tx, {&message, 1});
    ASSIGN_OR_RETURN(const auto found,
                     ListOfMember(tx, message.partition, member, {std::nullopt, newest, 10}));
    EXPECT_THAT(found, SizeIs(1));
    EXPECT_EQ(found.at(0).message, message.message);
    return absl::OkStatus();
  });
}

TEST_F(DeliveryStoreTest, WhatWaitedWhilePausedIsTriedForAnotherDay) {
  const SubscriptionId to = NewSubscription();
  const DeliveryKey key = Enqueue(to, 1)[0].key;
  clock_.Advance(absl::Hours(40));
  Do([&](pg::Tx& tx) {
    ExtendWaiting(tx, to, clock_.Now(), clock_.Now() + kTryingLimit);
    return absl::OkStatus();
  });
  EXPECT_GT(StateOf(key).give_up_at, clock_.Now() + absl::Hours(23));
}

}  // namespace
}  // namespace gratis::messages
