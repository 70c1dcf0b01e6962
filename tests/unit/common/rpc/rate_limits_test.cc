#include "common/rpc/rate_limits.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/rpc/token_bucket.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace rate_limits_test {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

TEST(TokenBucket, GivesABurstAndThenARate) {
  TokenBucket bucket;
  const TokenBucket::Size size{.per_second = 4, .tokens = 6};
  for (int64_t left = 5; left >= 0; --left) {
    const TokenBucket::Taken taken = bucket.Take(size, kNow);
    EXPECT_TRUE(taken.granted);
    EXPECT_EQ(taken.left, left);
  }
  const TokenBucket::Taken refused = bucket.Take(size, kNow);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.until_one, absl::Milliseconds(250));
  EXPECT_EQ(refused.until_full, absl::Milliseconds(1500));
  EXPECT_FALSE(bucket.Take(size, kNow + absl::Milliseconds(249)).granted);
  EXPECT_TRUE(bucket.Take(size, kNow + absl::Milliseconds(250)).granted);
}

TEST(TokenBucket, OverAnySpanGivesNoMoreThanBurstAndRate) {
  TokenBucket bucket;
  const TokenBucket::Size size{.per_second = 100, .tokens = 150};
  int granted = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    granted += bucket.Take(size, kNow + absl::Milliseconds(ms)).granted ? 1 : 0;
  }
  EXPECT_EQ(granted, 150 + 999);
}

TEST(TokenBucket, AClockThatIsSetBackMakesNobodyWaitLonger) {
  TokenBucket bucket;
  const TokenBucket::Size size{.per_second = 1, .tokens = 2};
  bucket.Take(size, kNow);
  bucket.Take(size, kNow);
  const TokenBucket::Taken taken = bucket.Take(size, kNow - absl::Hours(1));
  EXPECT_FALSE(taken.granted);
  EXPECT_LE(taken.until_full, absl::Seconds(2));
}

TEST(RateLimits, EachCallerHasALimitOfItsOwn) {
  RateLimits limits;
  const house::CallLimit limit{.calls_per_second = 1, .burst_calls = 2};
  Allowance allowance;
  EXPECT_TRUE(limits.Count("key_a", limit, kNow, allowance).ok());
  EXPECT_EQ(allowance.limit, 2);
  EXPECT_EQ(allowance.remaining, 1);
  EXPECT_EQ(allowance.reset, absl::Seconds(1));
  EXPECT_TRUE(limits.Count("key_a", limit, kNow, allowance).ok());
  const absl::Status refused = limits.Count("key_a", limit, kNow, allowance);
  EXPECT_EQ(ReasonOf(refused), Reason::kRateLimited);
  EXPECT_EQ(RetryDelayOf(refused), absl::Seconds(1));
  EXPECT_EQ(allowance.remaining, 0);
  EXPECT_TRUE(limits.Count("key_b", limit, kNow, allowance).ok());
}

const absl::Status& BadKey() {
  static const auto& status = *new absl::Status(Error(Reason::kKeyInvalid, "not known here"));
  return status;
}

TEST(FailedKeys, APeerThatKeepsTryingIsToldToWait) {
  FailedKeys failed;
  for (int i = 0; i < FailedKeys::kAllowed.tokens; ++i) {
    EXPECT_EQ(ReasonOf(failed.Count("ipv4:203.0.113.9:1", BadKey(), kNow)), Reason::kKeyInvalid);
  }
  // Another port is the same peer.
  const absl::Status refused = failed.Count("ipv4:203.0.113.9:2", BadKey(), kNow);
  EXPECT_EQ(ReasonOf(refused), Reason::kRateLimited);
  EXPECT_EQ(RetryDelayOf(refused), absl::Seconds(1));
  EXPECT_EQ(ReasonOf(failed.Count("ipv4:203.0.113.10:1", BadKey(), kNow)), Reason::kKeyInvalid);
  EXPECT_EQ(ReasonOf(failed.Count("ipv4:203.0.113.9:3", BadKey(), kNow + absl::Seconds(1))),
            Reason::kKeyInvalid);
}

TEST(FailedKeys, OnlyRefusedKeysCount) {
  FailedKeys failed;
  const absl::Status down = Error(Reason::kDatabaseUnavailable, "down");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(failed.Count("ipv4:203.0.113.9:1", down, kNow), down);
  EXPECT_EQ(failed.peers(), 0U);
}

TEST(FailedKeys, RemembersNoMoreThanItsBound) {
  FailedKeys failed;
  const auto try_from = [&failed](int network, size_t peers, absl::Time now) {
    for (size_t i = 0; i < peers; ++i) {
      const std::string peer =
          absl::StrCat("ipv4:", network, ".", i >> 16, ".", i >> 8 & 255, ".", i & 255);
      EXPECT_EQ(ReasonOf(failed.Count(absl::StrCat(peer, ":1"), BadKey(), now)),
                Reason::kKeyInvalid);
    }
  };
  try_from(10, 3 * FailedKeys::kMostPeers, kNow);
  EXPECT_EQ(failed.peers(), FailedKeys::kMostPeers);
  // Those of whom nothing is held against any more make room.
  try_from(11, 3, kNow + absl::Hours(1));
  EXPECT_LE(failed.peers(), 3U);
}

}  // namespace
}  // namespace rate_limits_test
}  // namespace gratis::rpc
