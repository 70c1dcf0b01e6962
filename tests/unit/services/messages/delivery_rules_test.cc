#include "services/messages/delivery_rules.h"

#include <gtest/gtest.h>

namespace gratis::messages {
namespace delivery_rules_test {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr uint64_t kNoJitter = 1024;  // the longest wait

TEST(Backoff, QuadruplesFromTwoSecondsToFourHours) {
  EXPECT_EQ(BackoffAfter(1, kNoJitter), absl::Seconds(2));
  EXPECT_EQ(BackoffAfter(2, kNoJitter), absl::Seconds(8));
  EXPECT_EQ(BackoffAfter(5, kNoJitter), absl::Seconds(512));
  EXPECT_EQ(BackoffAfter(8, kNoJitter), absl::Hours(4));
  EXPECT_EQ(BackoffAfter(2'000'000'000, kNoJitter), absl::Hours(4));
}

TEST(Backoff, IsSpreadOverItsUpperHalf) {
  absl::Duration least = absl::InfiniteDuration(), most;
  for (uint64_t random = 0; random < 5000; ++random) {
    least = std::min(least, BackoffAfter(3, random));
    most = std::max(most, BackoffAfter(3, random));
  }
  EXPECT_EQ(least, absl::Seconds(16));
  EXPECT_EQ(most, absl::Seconds(32));
}

TEST(Settle, WhatArrivedIsDelivered) {
  EXPECT_EQ(Settle(Verdict::Delivered(200), 1, kNow, kNow + kTryingLimit, 0).status,
            DeliveryStatus::kDelivered);
}

TEST(Settle, WhatIsRefusedIsDeadAtOnce) {
  EXPECT_EQ(Settle(Verdict::Dead("http_410"), 1, kNow, kNow + kTryingLimit, 0).status,
            DeliveryStatus::kDead);
}

TEST(Settle, WhatFailedLostOrIsInDoubtWaitsAgain) {
  for (const AttemptOutcome outcome :
       {AttemptOutcome::kFailed, AttemptOutcome::kLost, AttemptOutcome::kInDoubt}) {
    const Settlement settled =
        Settle({.outcome = outcome}, 1, kNow, kNow + kTryingLimit, kNoJitter);
    EXPECT_EQ(settled.status, DeliveryStatus::kWaiting);
    EXPECT_EQ(settled.next_at, kNow + absl::Seconds(2));
  }
}

TEST(Settle, WaitsAsLongAsTheOtherSideWants) {
  Verdict verdict = Verdict::Retry("http_429");
  verdict.retry_after = absl::Minutes(7);
  EXPECT_EQ(Settle(verdict, 1, kNow, kNow + kTryingLimit, kNoJitter).next_at,
            kNow + absl::Minutes(7));
  // But never less than its backoff: an answer of "at once" is no invitation to hammer.
  verdict.retry_after = absl::Seconds(0);
  EXPECT_EQ(Settle(verdict, 4, kNow, kNow + kTryingLimit, kNoJitter).next_at,
            kNow + absl::Seconds(128));
}

TEST(Settle, WhoWantsToBeLeftAloneForTooLongIsAskedOnceMoreAtTheEnd) {
  Verdict verdict = Verdict::Retry("http_503");
  verdict.retry_after = absl::Hours(25);
  const absl::Time end = kNow + kTryingLimit;
  const Settlement settled = Settle(verdict, 1, kNow, end, kNoJitter);
  EXPECT_EQ(settled.status, DeliveryStatus::kWaiting);
  EXPECT_EQ(settled.next_at, end - absl::Minutes(1));
  EXPECT_EQ(Settle(verdict, 2, settled.next_at, end, kNoJitter).next_at,
            settled.next_at + absl::Seconds(8));
  EXPECT_EQ(Settle(verdict, 5, settled.next_at, end, kNoJitter).status, DeliveryStatus::kDead);
}

TEST(Settle, IsDeadWhenItsNextAttemptWouldBeTooLate) {
  const Verdict verdict = Verdict::Retry("http_500");
  EXPECT_EQ(Settle(verdict, 1, kNow, kNow + absl::Seconds(2), kNoJitter).status,
            DeliveryStatus::kWaiting);
  EXPECT_EQ(Settle(verdict, 1, kNow, kNow + absl::Milliseconds(1999), kNoJitter).status,
            DeliveryStatus::kDead);
}

// All attempts of a receiver that is down for good fit the day, and are few.
TEST(Settle, ADayHasAboutADozenAttempts) {
  absl::Time now = kNow;
  int32_t attempts = 0;
  for (;;) {
    const Settlement settled =
        Settle(Verdict::Retry("timeout"), ++attempts, now, kNow + kTryingLimit, 512);
    if (settled.status == DeliveryStatus::kDead) break;
    now = settled.next_at;
    ASSERT_LE(now, kNow + kTryingLimit);
    ASSERT_LT(attempts, 100);
  }
  EXPECT_GE(attempts, 10);
  EXPECT_LE(attempts, 20);
  EXPECT_GT(now, kNow + absl::Hours(18));
}

TEST(Room, AnEndpointHasItsLimitWhileThereIsPlenty) {
  EXPECT_EQ(RoomFor(32, 0, 0, 512), 32);
  EXPECT_EQ(RoomFor(32, 30, 100, 512), 2);
  EXPECT_EQ(RoomFor(32, 32, 100, 512), 0);
  EXPECT_EQ(RoomFor(256, 0, 0, 512), 256);
}

// However many slow receivers there are, and however much each may have under way.
TEST(Room, SlowReceiversLeaveRoomForTheNext) {
  int32_t used = 0;
  for (int slow = 0; slow < 1000; ++slow) {
    const int32_t room = RoomFor(256, 0, used, 512);
    ASSERT_GE(room, 1) << "the receiver after " << slow << " slow ones";
    used += room;
  }
}

}  // namespace
}  // namespace delivery_rules_test
}  // namespace gratis::messages
