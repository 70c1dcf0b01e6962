#include "common/rpc/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace gratis::rpc {
namespace {

TEST(WorkerPool, RunsWhatItTakesBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(3, 1'000);
    for (int i = 0; i < 1'000; ++i) {
      while (!pool.TryRun([&ran] { ++ran; })) {
      }
    }
  }
  EXPECT_EQ(ran, 1'000);
}

TEST(WorkerPool, RefusesWhatDoesNotFitInLine) {
  std::latch begun(1), go_on(1);
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.TryRun([&] {
      begun.count_down();
      go_on.wait();
    }));
    begun.wait();
    EXPECT_TRUE(pool.TryRun([&ran] { ++ran; }));
    EXPECT_TRUE(pool.TryRun([&ran] { ++ran; }));
    EXPECT_EQ(pool.waiting(), 2);
    EXPECT_FALSE(pool.TryRun([&ran] { ++ran; }));
    go_on.count_down();
  }
  EXPECT_EQ(ran, 2);
}

TEST(WorkerPool, WorksSideBySide) {
  std::latch all_here(4);
  WorkerPool pool(4, 4);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pool.TryRun([&all_here] { all_here.arrive_and_wait(); }));
  }
  all_here.wait();
}

}  // namespace
}  // namespace gratis::rpc
