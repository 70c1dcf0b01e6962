#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "tests/integration/common/rpc/small_house.h"

namespace gratis::rpc::testing {
namespace {

using ::testing::SizeIs;

constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Trace, TheCallersIdsAreKeptAndSentBack) {
  SmallHouse house;
  const auto answer = house.Balance(kTill, [](grpc::ClientContext& context) {
    context.AddMetadata("x-request-id", "checkout-17");
    context.AddMetadata("traceparent", kTraceparent);
  });
  EXPECT_EQ(answer.trailers.at("x-request-id"), "checkout-17");
  const auto summaries = house.summaries.Take();
  ASSERT_THAT(summaries, SizeIs(1));
  EXPECT_EQ(summaries[0].log_id, "checkout-17");
  EXPECT_EQ(summaries[0].trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
}

TEST(Trace, ACallWithoutIdsGetsThem) {
  SmallHouse house;
  const auto answer = house.Balance(kTill);
  const auto summaries = house.summaries.Take();
  ASSERT_THAT(summaries, SizeIs(1));
  EXPECT_EQ(answer.trailers.at("x-request-id"), summaries[0].log_id);
  EXPECT_THAT(summaries[0].trace.trace_id, SizeIs(32));
}

TEST(Trace, ACallToAPeerCarriesProgramIdsAndDeadlineOn) {
  SmallHouse house;
  const auto peer =
      v1::LedgerService::NewStub(house.ChannelAs(ServiceAuthorization("thanks", kServiceSecret)));
  Call seen;
  house.ledger->on_balance = [&seen](const Call& call, const auto&, auto&) {
    seen = call;
    return absl::OkStatus();
  };
  Call above;
  house.ledger->on_earn = [&](const Call& call, const auto&, const Reply<v1::EarnResponse>& reply) {
    above = call;
    grpc::ClientContext context;
    Carry(call, context);
    v1::GetBalanceResponse balance;
    reply.Finish(FromPeer(peer->GetBalance(&context, v1::GetBalanceRequest(), &balance)));
  };
  const auto answer = house.Earn(kAdmin, GoodEarn(), [&](grpc::ClientContext& context) {
    Begin("other", house.clock.Now() + absl::Seconds(9), context);
    context.AddMetadata("traceparent", kTraceparent);
  });
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(seen.program.code, "other");
  EXPECT_EQ(seen.log_id, above.log_id);
  EXPECT_EQ(seen.trace.trace_id, above.trace.trace_id);
  EXPECT_NE(seen.trace.span_id, above.trace.span_id);
  EXPECT_EQ(seen.role, Role::kService);
  EXPECT_LT(absl::AbsDuration(seen.deadline - above.deadline), absl::Seconds(1));
}

TEST(Trace, AReplayIsTold) {
  SmallHouse house;
  house.ledger->on_earn = [](const Call&, const auto&, const Reply<v1::EarnResponse>& reply) {
    reply.FinishReplayed();
  };
  EXPECT_EQ(house.Earn(kTill, GoodEarn()).trailers.at("gratis-replayed"), "true");
  const auto summaries = house.summaries.Take();
  ASSERT_THAT(summaries, SizeIs(1));
  EXPECT_TRUE(summaries[0].replayed);
}

}  // namespace
}  // namespace gratis::rpc::testing
