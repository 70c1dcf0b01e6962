#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "tests/integration/common/rpc/small_house.h"

namespace gratis::rpc::testing {
namespace {

TEST(Drain, AcceptedCallsAreAnsweredAndNewOnesRefused) {
  SmallHouse house;
  std::latch begun(1), go_on(1);
  house.ledger->on_balance = [&](const Call&, const auto&, v1::GetBalanceResponse& response) {
    begun.count_down();
    go_on.wait();
    response.set_available_points(7);
    return absl::OkStatus();
  };
  // New calls come on a connection that was there before.
  const auto stub = house.LedgerAs(kTill);
  auto accepted = std::async(std::launch::async, [&] {
    grpc::ClientContext context;
    v1::GetBalanceResponse response;
    const grpc::Status status = stub->GetBalance(&context, v1::GetBalanceRequest(), &response);
    return std::pair(FromGrpc(status), response.available_points());
  });
  begun.wait();
  auto stopped =
      std::async(std::launch::async, [&] { return house.server->Stop(absl::Seconds(30)); });

  // Until the drain has begun, others are still let in.
  absl::Status refused;
  v1::EarnResponse response;
  do {
    grpc::ClientContext context;
    refused = FromGrpc(stub->Earn(&context, GoodEarn(), &response));
  } while (refused.ok());
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(refused), Reason::kDraining);
  EXPECT_TRUE(RetryDelayOf(refused).has_value());
  std::string health;
  ASSERT_TRUE(RawCall(*house.ChannelAs(""), "/grpc.health.v1.Health/Check", "", &health).ok());
  EXPECT_EQ(health, "\x08\x02");  // NOT_SERVING

  go_on.count_down();
  const auto [status, points] = accepted.get();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(points, 7);
  EXPECT_TRUE(stopped.get());
}

TEST(Drain, WhatAnAcceptedCallNeedsOfAPeerIsStillLetIn) {
  SmallHouse house;
  const auto peer = v1::LedgerService::NewStub(
      house.server->InProcessChannel(ServiceAuthorization("thanks", kServiceSecret)));
  std::latch begun(1), go_on(1);
  house.ledger->on_earn = [&](const Call& call, const auto&, const Reply<v1::EarnResponse>& reply) {
    begun.count_down();
    go_on.wait();
    grpc::ClientContext context;
    Carry(call, context);
    v1::GetBalanceResponse balance;
    reply.Finish(FromPeer(peer->GetBalance(&context, v1::GetBalanceRequest(), &balance)));
  };
  auto accepted =
      std::async(std::launch::async, [&] { return house.Earn(kTill, GoodEarn()).status; });
  begun.wait();
  auto stopped =
      std::async(std::launch::async, [&] { return house.server->Stop(absl::Seconds(30)); });
  while (house.Balance(kTill).status.ok()) {
  }
  go_on.count_down();
  const absl::Status status = accepted.get();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(stopped.get());
}

TEST(Drain, ACallThatDoesNotEndIsWaitedForOnlySoLong) {
  SmallHouse house;
  std::latch begun(1), go_on(1);
  house.ledger->on_balance = [&](const Call&, const auto&, auto&) {
    begun.count_down();
    go_on.wait();
    return absl::OkStatus();
  };
  auto accepted = std::async(std::launch::async, [&] { return house.Balance(kTill).status; });
  begun.wait();
  auto stopped =
      std::async(std::launch::async, [&] { return house.server->Stop(absl::Milliseconds(50)); });
  EXPECT_FALSE(accepted.get().ok());
  go_on.count_down();
  EXPECT_FALSE(stopped.get());
}

TEST(Drain, AnIdleServerStopsAtOnceAndOnlyOnce) {
  SmallHouse house;
  house.Balance(kTill);
  EXPECT_TRUE(house.server->Stop(absl::Seconds(30)));
  EXPECT_TRUE(house.server->Stop(absl::Seconds(30)));
  const auto fail_fast = [](grpc::ClientContext& context) { context.set_wait_for_ready(false); };
  EXPECT_EQ(ReasonOf(house.Balance(kTill, fail_fast).status), Reason::kPeerUnavailable);
}

}  // namespace
}  // namespace gratis::rpc::testing
