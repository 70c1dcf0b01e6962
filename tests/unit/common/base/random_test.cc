#include "common/base/random.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace gratis::base {
namespace {

uint64_t MillisOf(const Uuid& uuid) {
  uint64_t millis = 0;
  for (int i = 0; i < 6; ++i) millis = (millis << 8) | uuid.bytes[static_cast<size_t>(i)];
  return millis;
}

TEST(RandomBytes, AreAsManyAsAskedForAndDiffer) {
  EXPECT_EQ(RandomBytes(0).size(), 0u);
  EXPECT_EQ(RandomBytes(32).size(), 32u);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
}

TEST(RandomBytes, AreNeverGivenOutTwice) {
  std::set<std::string> seen;
  std::mutex mutex;
  const auto draw = [&] {
    for (int i = 0; i < 2'000; ++i) {
      const std::string bytes = RandomBytes(static_cast<size_t>(16 + i % 60));
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(seen.insert(bytes.substr(0, 8)).second);
      EXPECT_TRUE(seen.insert(bytes.substr(8, 8)).second);
    }
  };
  std::thread other(draw);
  draw();
  other.join();
}

TEST(RandomIds, AreUuidsOfVersion7) {
  RandomIds ids;
  const Uuid uuid = ids.Next(absl::FromUnixMillis(1'800'000'000'123));
  EXPECT_EQ(MillisOf(uuid), 1'800'000'000'123u);
  EXPECT_EQ(uuid.bytes[6] >> 4, 7);
  EXPECT_EQ(uuid.bytes[8] >> 6, 2);
}

TEST(RandomIds, GrowWithinAMillisecond) {
  RandomIds ids;
  const absl::Time now = absl::FromUnixMillis(1'800'000'000'000);
  Uuid last = ids.Next(now);
  for (int i = 0; i < 10'000; ++i) {
    const Uuid next = ids.Next(now);
    ASSERT_LT(last, next);
    ASSERT_EQ(MillisOf(next), MillisOf(last));
    ASSERT_EQ(next.bytes[6] >> 4, 7);
    ASSERT_EQ(next.bytes[8] >> 6, 2);
    last = next;
  }
}

TEST(RandomIds, AreNeverGivenTwiceToManyThreads) {
  RandomIds ids;
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  std::vector<std::vector<Uuid>> made(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&ids, &mine] {
      for (int i = 0; i < kEach; ++i) mine.push_back(ids.Next(absl::FromUnixMillis(5)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<Uuid> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads * kEach));
}

TEST(SequentialIds, CanBeForetold) {
  SequentialIds ids;
  EXPECT_EQ(ids.Next(absl::UnixEpoch()).bytes[15], 1);
  EXPECT_EQ(ids.Next(absl::UnixEpoch()).bytes[15], 2);
}

// The reference generator's first outputs for the seed 1234567.
TEST(SeededRandom, IsSplitMix64) {
  SeededRandom random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(SeededRandom, StaysBelowItsBoundAndReachesAllOfIt) {
  SeededRandom random(7);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = random.Below(12);
    ASSERT_LT(value, 12u);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 12u);
}

}  // namespace
}  // namespace gratis::base
