#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "tests/integration/common/rpc/small_house.h"

namespace gratis::rpc::testing {
namespace {

using std::chrono::steady_clock;

// A handler that says when it has begun and waits until it may go on.
struct Gatekeeper {
  explicit Gatekeeper(TestLedger& ledger, int calls) : begun(calls) {
    ledger.on_balance = [this](const Call&, const auto&, auto&) {
      ++ran;
      begun.count_down();
      go_on.wait();
      return absl::OkStatus();
    };
  }
  std::latch begun;
  std::latch go_on{1};
  std::atomic<int> ran = 0;
};

TEST(Load, MoreThanFitsInLineIsRefusedAtOnceWithADelay) {
  SmallHouse house({.workers = 1, .max_waiting_calls = 1, .retry_delay = absl::Milliseconds(750)});
  Gatekeeper keeper(*house.ledger, 1);
  std::thread working([&] { EXPECT_TRUE(house.Balance(kTill).status.ok()); });
  keeper.begun.wait();
  std::thread waiting([&] { EXPECT_TRUE(house.Balance(kTill).status.ok()); });
  while (house.shell->load().waiting < 1) std::this_thread::yield();
  EXPECT_EQ(house.shell->load().open, 2);

  const auto began = steady_clock::now();
  const auto refused = house.Balance(kTill);
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(refused.status), Reason::kOverloaded);
  EXPECT_EQ(RetryDelayOf(refused.status), absl::Milliseconds(750));

  keeper.go_on.count_down();
  working.join();
  waiting.join();
  EXPECT_TRUE(house.Balance(kTill).status.ok());
}

// Else what gRPC holds for the shell would grow with whatever a client sends.
TEST(Load, AConnectionHasOnlySoManyCallsOpenAndHoldsTheOthersBack) {
  SmallHouse house({.workers = 8}, 4 << 20, /*max_connection_calls=*/2);
  std::atomic<int> begun = 0;
  std::latch go_on{1};
  house.ledger->on_balance = [&](const Call&, const auto&, auto&) {
    ++begun;
    go_on.wait();
    return absl::OkStatus();
  };
  const auto stub = house.LedgerAs(kTill);
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([&] {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      v1::GetBalanceRequest request;
      request.set_member_id("mem_x");
      v1::GetBalanceResponse response;
      EXPECT_TRUE(stub->GetBalance(&context, request, &response).ok());
    });
  }
  while (begun < 2) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // for others, if they could come
  EXPECT_EQ(begun, 2);
  EXPECT_EQ(house.shell->load().open, 2);
  go_on.count_down();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(begun, 6);
}

TEST(Load, OpenCallsAreBoundedThoughTheyWaitForTheirPostings) {
  SmallHouse house({.max_open_calls = 2});
  std::mutex mutex;
  std::vector<Reply<v1::EarnResponse>> replies;
  house.ledger->on_earn = [&](const Call&, const auto&, const Reply<v1::EarnResponse>& reply) {
    const std::lock_guard lock(mutex);
    replies.push_back(reply);
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] { EXPECT_TRUE(house.Earn(kTill, GoodEarn()).status.ok()); });
  }
  const auto answers = [&] {
    const std::lock_guard lock(mutex);
    return replies.size();
  };
  while (answers() < 2) std::this_thread::yield();
  EXPECT_EQ(ReasonOf(house.Balance(kTill).status), Reason::kOverloaded);
  for (const auto& reply : replies) reply.Finish(absl::OkStatus());
  for (std::thread& caller : callers) caller.join();
  replies.clear();
  EXPECT_TRUE(house.Balance(kTill).status.ok());
}

TEST(Load, AHandlerMayWaitForAPeerThoughAllWorkersDo) {
  SmallHouse house({.workers = 2, .peer_workers = 1});
  const auto peer = v1::LedgerService::NewStub(
      house.server->InProcessChannel(ServiceAuthorization("thanks", kServiceSecret)));
  house.ledger->on_earn = [&](const Call& call, const auto&, const Reply<v1::EarnResponse>& reply) {
    grpc::ClientContext context;
    Carry(call, context);
    v1::GetBalanceResponse balance;
    reply.Finish(FromPeer(peer->GetBalance(&context, v1::GetBalanceRequest(), &balance)));
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      const auto answer = house.Earn(kTill, GoodEarn());
      EXPECT_TRUE(answer.status.ok()) << answer.status;
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST(Load, WhatIsDoneAtOnceWaitsForNoWorker) {
  SmallHouse house({.workers = 1});
  house.ledger->earns_at_once = true;
  Gatekeeper keeper(*house.ledger, 1);
  std::thread working([&] { EXPECT_TRUE(house.Balance(kTill).status.ok()); });
  keeper.begun.wait();
  const auto earned = house.Earn(kTill, GoodEarn());
  EXPECT_TRUE(earned.status.ok()) << earned.status;
  EXPECT_EQ(earned.earned.available_points(), 10);
  EXPECT_EQ(ReasonOf(house.Earn("nobody", GoodEarn()).status), Reason::kKeyInvalid);
  EXPECT_EQ(ReasonOf(house.Earn(kMarketer, GoodEarn()).status), Reason::kRoleNotAllowed);
  EXPECT_EQ(ReasonOf(house.Earn(kTill, v1::EarnRequest()).status), Reason::kRequestIdMissing);
  keeper.go_on.count_down();
  working.join();
}

TEST(Load, WhatIsDoneAtOnceGoesToAWorkerWhenTheCallerMustBeLookedUp) {
  SmallHouse house({.workers = 1});
  house.ledger->earns_at_once = true;
  house.gate.Forget();
  Gatekeeper keeper(*house.ledger, 1);
  std::thread working([&] { EXPECT_TRUE(house.Balance(kTill).status.ok()); });
  keeper.begun.wait();
  const absl::Time deadline = house.clock.Now() + absl::Seconds(25);
  absl::Time seen;
  house.ledger->on_earn = [&seen](const Call& call, const v1::EarnRequest&,
                                  const Reply<v1::EarnResponse>& reply) {
    seen = call.deadline;
    reply.Finish(absl::OkStatus());
  };
  std::thread waiting([&] {
    const auto earned = house.Earn(kTill, GoodEarn(), [&](grpc::ClientContext& context) {
      context.set_deadline(absl::ToChronoTime(deadline));
    });
    EXPECT_TRUE(earned.status.ok()) << earned.status;
  });
  while (house.shell->load().waiting < 1) std::this_thread::yield();
  keeper.go_on.count_down();
  working.join();
  waiting.join();
  EXPECT_LT(absl::AbsDuration(seen - deadline), absl::Seconds(1));
}

TEST(Load, ACallersDeadlineReachesTheHandler) {
  SmallHouse house;
  absl::Time seen;
  house.ledger->on_balance = [&seen](const Call& call, const auto&, auto&) {
    seen = call.deadline;
    return absl::OkStatus();
  };
  const absl::Time deadline = house.clock.Now() + absl::Seconds(7);
  ASSERT_TRUE(house
                  .Balance(kTill,
                           [&](grpc::ClientContext& context) {
                             context.set_deadline(absl::ToChronoTime(deadline));
                           })
                  .status.ok());
  EXPECT_LT(absl::AbsDuration(seen - deadline), absl::Seconds(1));
}

TEST(Load, ACallWithoutADeadlineGetsOneAndALongOneIsCut) {
  SmallHouse house({.default_deadline = absl::Seconds(20), .max_deadline = absl::Seconds(40)});
  absl::Time seen;
  house.ledger->on_balance = [&seen](const Call& call, const auto&, auto&) {
    seen = call.deadline;
    return absl::OkStatus();
  };
  absl::Time now = house.clock.Now();
  ASSERT_TRUE(house.Balance(kTill).status.ok());
  EXPECT_LT(absl::AbsDuration(seen - now - absl::Seconds(20)), absl::Seconds(5));
  now = house.clock.Now();
  ASSERT_TRUE(house
                  .Balance(kTill,
                           [&](grpc::ClientContext& context) {
                             context.set_deadline(absl::ToChronoTime(now + absl::Hours(5)));
                           })
                  .status.ok());
  EXPECT_LT(absl::AbsDuration(seen - now - absl::Seconds(40)), absl::Seconds(5));
}

TEST(Load, ACallWhoseDeadlinePassedInLineIsNotBegun) {
  SmallHouse house({.workers = 1});
  Gatekeeper keeper(*house.ledger, 1);
  std::thread working([&] { EXPECT_TRUE(house.Balance(kTill).status.ok()); });
  keeper.begun.wait();
  const auto late = house.Balance(kTill, [&](grpc::ClientContext& context) {
    context.set_deadline(absl::ToChronoTime(house.clock.Now() + absl::Milliseconds(200)));
  });
  EXPECT_EQ(late.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(late.status), Reason::kDeadlineExceeded);
  // The server's end of it comes some milliseconds later: it counts from the call's arrival.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  keeper.go_on.count_down();
  working.join();
  house.WaitUntilIdle();
  EXPECT_EQ(keeper.ran, 1);
}

TEST(Load, ACallerWhoWentAwayIsNotWorkedFor) {
  SmallHouse house({.workers = 1});
  Gatekeeper keeper(*house.ledger, 1);
  std::thread working([&] { EXPECT_TRUE(house.Balance(kTill).status.ok()); });
  keeper.begun.wait();
  grpc::ClientContext context;
  std::thread going([&] {
    v1::GetBalanceResponse response;
    EXPECT_EQ(house.LedgerAs(kTill)
                  ->GetBalance(&context, v1::GetBalanceRequest(), &response)
                  .error_code(),
              grpc::StatusCode::CANCELLED);
  });
  while (house.shell->load().waiting < 1) std::this_thread::yield();
  context.TryCancel();
  going.join();
  // A call that is answered after it shows that the server has heard of the cancellation.
  keeper.go_on.count_down();
  working.join();
  house.WaitUntilIdle();
  EXPECT_LE(keeper.ran, 2);
}

TEST(Load, ManyCallersAtOnceAllGetTheirOwnAnswer) {
  SmallHouse house;
  const auto stub = house.LedgerAs(kTill);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 100; ++i) {
        v1::EarnRequest request = GoodEarn();
        request.set_points(caller * 1'000 + i);
        v1::EarnResponse response;
        grpc::ClientContext context;
        const grpc::Status status = stub->Earn(&context, request, &response);
        ASSERT_TRUE(status.ok()) << status.error_message();
        ASSERT_EQ(response.available_points(), request.points());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(house.summaries.Take(), ::testing::SizeIs(800));
  house.WaitUntilIdle();
}

}  // namespace
}  // namespace gratis::rpc::testing
