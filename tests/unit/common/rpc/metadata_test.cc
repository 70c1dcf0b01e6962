#include "common/rpc/metadata.h"

#include <gtest/gtest.h>

#include "common/rpc/channel.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

TEST(BearerKey, IsWhatFollowsTheScheme) {
  EXPECT_EQ(*BearerKey("Bearer gk_x"), "gk_x");
  EXPECT_EQ(*BearerKey("bearer gk_x"), "gk_x");
  EXPECT_EQ(*BearerKey(KeyAuthorization("gk_x")), "gk_x");
}

TEST(BearerKey, TellsNoKeyFromSomethingElse) {
  EXPECT_EQ(ReasonOf(BearerKey("").status()), Reason::kKeyMissing);
  EXPECT_EQ(ReasonOf(BearerKey("Basic dXNlcg==").status()), Reason::kKeyInvalid);
  EXPECT_EQ(ReasonOf(BearerKey("gk_x").status()), Reason::kKeyInvalid);
}

TEST(ServiceAuthorization, TellsWhichServiceItIs) {
  const std::string authorization = ServiceAuthorization("birthdays", "secret");
  EXPECT_EQ(AuthorizedService(authorization, "secret"), "birthdays");
}

TEST(ServiceAuthorization, IsRefusedWithAnotherSecretOrName) {
  const std::string authorization = ServiceAuthorization("birthdays", "secret");
  EXPECT_EQ(AuthorizedService(authorization, "another"), std::nullopt);
  std::string renamed = authorization;
  renamed.replace(renamed.find("birthdays"), 9, "membersxx");
  EXPECT_EQ(AuthorizedService(renamed, "secret"), std::nullopt);
  EXPECT_EQ(AuthorizedService(authorization + "x", "secret"), std::nullopt);
  EXPECT_EQ(AuthorizedService("Service birthdays", "secret"), std::nullopt);
  EXPECT_EQ(AuthorizedService("", "secret"), std::nullopt);
  EXPECT_EQ(AuthorizedService("Bearer gk_x", "secret"), std::nullopt);
}

TEST(LogId, IsTheCallersWhenItIsFitForLogs) {
  EXPECT_EQ(LogIdFrom("checkout-17.a_B"), "checkout-17.a_B");
  EXPECT_EQ(LogIdFrom(std::string(64, 'x')), std::string(64, 'x'));
}

TEST(LogId, IsMadeWhenTheCallersIsNot) {
  for (const std::string& unfit : {std::string(), std::string(65, 'x'), std::string("a b"),
                                   std::string("a\nb"), std::string("anna@example.com")}) {
    const std::string made = LogIdFrom(unfit);
    EXPECT_NE(made, unfit);
    EXPECT_EQ(made.size(), 20U);
    EXPECT_NE(made, LogIdFrom(unfit));
  }
}

TEST(Trace, ContinuesTheCallersWithASpanOfItsOwn) {
  const obs::Trace trace = TraceFrom("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(trace.span_id, "b7ad6b7169203331");
  EXPECT_TRUE(trace.sampled);
}

TEST(Trace, BeginsAnewWhenTheCallersIsMalformed) {
  const obs::Trace trace = TraceFrom("00-0af7-b7ad-01");
  EXPECT_EQ(trace.trace_id.size(), 32U);
  EXPECT_EQ(trace.span_id.size(), 16U);
}

}  // namespace
}  // namespace gratis::rpc
