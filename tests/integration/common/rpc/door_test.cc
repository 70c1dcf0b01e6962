#include <gmock/gmock.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "tests/integration/common/rpc/small_house.h"

namespace gratis::rpc::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

SmallHouse::Prepare ForProgram(const std::string& code) {
  return [code](grpc::ClientContext& context) { context.AddMetadata("gratis-program", code); };
}

TEST(Door, AKnownKeyWithTheRightRoleGetsItsAnswer) {
  SmallHouse house;
  const auto answer = house.Balance(kTill);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.balance.available_points(), 120);
}

TEST(Door, NoKey) {
  SmallHouse house;
  const auto answer = house.Balance("");
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kKeyMissing);
}

TEST(Door, AGarbageKey) {
  SmallHouse house;
  EXPECT_EQ(ReasonOf(house.Balance("garbage").status), Reason::kKeyInvalid);
}

TEST(Door, ARevokedKey) {
  SmallHouse house;
  EXPECT_EQ(ReasonOf(house.Balance(kRevoked).status), Reason::kKeyRevoked);
}

TEST(Door, AKeyThatIsRevokedMeanwhileIsRefusedOnTheSameConnection) {
  SmallHouse house;
  const auto stub = house.LedgerAs(kTill);
  v1::GetBalanceResponse response;
  grpc::ClientContext first, second;
  ASSERT_TRUE(stub->GetBalance(&first, v1::GetBalanceRequest(), &response).ok());
  house.gate.Put(kTill, Error(Reason::kKeyRevoked, "this API key was revoked"));
  EXPECT_EQ(ReasonOf(FromGrpc(stub->GetBalance(&second, v1::GetBalanceRequest(), &response))),
            Reason::kKeyRevoked);
}

TEST(Door, AWrongRole) {
  SmallHouse house;
  const auto answer = house.Balance(kMarketer);
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kRoleNotAllowed);
}

TEST(Door, AForeignProgram) {
  SmallHouse house;
  EXPECT_EQ(ReasonOf(house.Balance(kTill, ForProgram("other")).status), Reason::kProgramNotFound);
  EXPECT_TRUE(house.Balance(kTill, ForProgram("demo")).status.ok());
}

TEST(Door, AnAdminNamesTheProgram) {
  SmallHouse house;
  EXPECT_EQ(ReasonOf(house.Balance(kAdmin).status), Reason::kProgramMissing);
  EXPECT_EQ(ReasonOf(house.Balance(kAdmin, ForProgram("nowhere")).status),
            Reason::kProgramNotFound);
  std::string seen;
  house.ledger->on_balance = [&seen](const Call& call, const auto&, auto&) {
    seen = call.program.code;
    return absl::OkStatus();
  };
  ASSERT_TRUE(house.Balance(kAdmin, ForProgram("other")).status.ok());
  EXPECT_EQ(seen, "other");
}

TEST(Door, CallsAboutTheHouseNeedNoProgram) {
  SmallHouse house;
  grpc::ClientContext context;
  v1::ListKeysResponse response;
  const grpc::Status status = v1::KeyService::NewStub(house.ChannelAs(KeyAuthorization(kAdmin)))
                                  ->ListKeys(&context, v1::ListKeysRequest(), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.keys(0).program(), "house");
}

TEST(Door, AnotherServiceIsKnownByTheHousesSecret) {
  SmallHouse house;
  std::string actor;
  house.ledger->on_balance = [&actor](const Call& call, const auto&, auto&) {
    actor = call.actor;
    return absl::OkStatus();
  };
  const auto call = [&house](const std::string& authorization) {
    grpc::ClientContext context;
    Begin("demo", house.clock.Now() + absl::Seconds(30), context);
    v1::GetBalanceResponse response;
    return FromGrpc(v1::LedgerService::NewStub(house.ChannelAs(authorization))
                        ->GetBalance(&context, v1::GetBalanceRequest(), &response));
  };
  ASSERT_TRUE(call(ServiceAuthorization("birthdays", kServiceSecret)).ok());
  EXPECT_EQ(actor, "service:birthdays");
  EXPECT_EQ(ReasonOf(call(ServiceAuthorization("birthdays", "guessed"))), Reason::kKeyInvalid);
}

TEST(Door, AServiceInTheSameProcessNeedsNoNetwork) {
  SmallHouse house;
  const auto stub = v1::LedgerService::NewStub(
      house.server->InProcessChannel(ServiceAuthorization("thanks", kServiceSecret)));
  grpc::ClientContext context;
  Begin("demo", house.clock.Now() + absl::Seconds(30), context);
  v1::GetBalanceResponse response;
  const absl::Status status =
      FromGrpc(stub->GetBalance(&context, v1::GetBalanceRequest(), &response));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(response.available_points(), 120);
}

TEST(Door, AKeyWithALimitIsToldWhatIsLeftAndThenToWait) {
  SmallHouse house;
  EXPECT_EQ(house.Balance(kTill).trailers.count("ratelimit-limit"), 0U) << "it has no limit";
  house::KeyRecord limited = *house.gate.FindKey(kTill, absl::InfiniteFuture());
  limited.limit = {.calls_per_second = 1, .burst_calls = 3};
  house.gate.Put(kTill, limited);
  for (int left = 2; left >= 0; --left) {
    const auto answer = house.Balance(kTill);
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    EXPECT_EQ(answer.trailers.at("ratelimit-limit"), "3");
    EXPECT_EQ(answer.trailers.at("ratelimit-remaining"), std::to_string(left));
  }
  const auto refused = house.Balance(kTill);
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused.status), Reason::kRateLimited);
  EXPECT_GT(*RetryDelayOf(refused.status), absl::ZeroDuration());
  EXPECT_LE(*RetryDelayOf(refused.status), absl::Seconds(1));
  EXPECT_EQ(refused.trailers.at("ratelimit-remaining"), "0");
  EXPECT_EQ(refused.trailers.at("ratelimit-reset"), "3");
}

// A call that finds the gate without an answer asks it again, on a worker.
TEST(Door, ACallThatHasToWaitForTheGateCountsOnce) {
  SmallHouse house;
  house.ledger->earns_at_once = true;
  house::KeyRecord limited = *house.gate.FindKey(kTill, absl::InfiniteFuture());
  limited.limit = {.calls_per_second = 1, .burst_calls = 10};
  house.gate.Put(kTill, limited);
  house.gate.Forget();
  EXPECT_EQ(house.Earn(kTill, GoodEarn()).trailers.at("ratelimit-remaining"), "9");
}

TEST(Door, WhoKeepsTryingBadKeysIsToldToWaitAndShutsOutNobody) {
  SmallHouse house;
  std::optional<Reason> reason;
  for (int i = 0; i < 30 && reason != Reason::kRateLimited; ++i) {
    reason = ReasonOf(house.Balance("garbage").status);
  }
  EXPECT_EQ(reason, Reason::kRateLimited);
  EXPECT_TRUE(house.Balance(kTill).status.ok());
}

TEST(Door, HealthNeedsNoKey) {
  SmallHouse house;
  const auto channel = house.ChannelAs("");
  // HealthCheckRequest{service = 1}; HealthCheckResponse{status = 1}, of which 1 is SERVING.
  for (const std::string& service :
       {std::string(), std::string("gratis.ledger.v1.LedgerService")}) {
    std::string request;
    if (!service.empty()) request = "\x0a" + std::string(1, char(service.size())) + service;
    std::string answer;
    const grpc::Status status = RawCall(*channel, "/grpc.health.v1.Health/Check", request, &answer);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answer, "\x08\x01") << service;
  }
  const grpc::Status unknown =
      RawCall(*channel, "/grpc.health.v1.Health/Check", std::string("\x0a\x01x"));
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(Door, ReflectionNeedsNoKeyAndListsTheServices) {
  SmallHouse house;
  const auto channel = house.ChannelAs("");
  grpc::ClientContext context;
  const grpc::internal::RpcMethod method(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      grpc::internal::RpcMethod::BIDI_STREAMING);
  using Stream = grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
  const std::unique_ptr<Stream> stream(
      grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
          channel.get(), method, &context));
  // ServerReflectionRequest{list_services = 7}.
  const grpc::Slice slice(std::string("\x3a\x01*"));
  ASSERT_TRUE(stream->Write(grpc::ByteBuffer(&slice, 1)));
  grpc::ByteBuffer response;
  ASSERT_TRUE(stream->Read(&response));
  std::vector<grpc::Slice> slices;
  response.Dump(&slices);
  std::string text;
  for (const grpc::Slice& part : slices) {
    text.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  EXPECT_THAT(text, HasSubstr("gratis.ledger.v1.LedgerService"));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(Door, TheServerSaysWhichServicesItHas) {
  SmallHouse house;
  EXPECT_THAT(
      house.server->service_names(),
      ::testing::ElementsAre("gratis.ledger.v1.KeyService", "gratis.ledger.v1.LedgerService"));
}

TEST(Door, APortThatIsInUseIsAnErrorThatSaysSo) {
  SmallHouse house;
  const auto second = Server::Start({.listen = absl::StrCat("127.0.0.1:", house.server->port()),
                                     .certificate_path = house.certificates.certificate_path,
                                     .private_key_path = house.certificates.private_key_path},
                                    *house.shell, {});
  EXPECT_EQ(ReasonOf(second.status()), Reason::kConfigInvalid);
}

TEST(Door, OfStaffIsReportedWhereTheyCallFrom) {
  SmallHouse house;
  house.Balance(kAdmin, ForProgram("demo"));
  house.Balance(kTill);
  const auto summaries = house.summaries.Take();
  ASSERT_THAT(summaries, SizeIs(2));
  EXPECT_EQ(summaries[0].from, "here");
  EXPECT_EQ(summaries[1].from, "");
}

TEST(Door, EveryAnsweredCallIsReportedOnce) {
  SmallHouse house;
  house.Balance(kTill);
  house.Balance("");
  house.Earn(kTill, GoodEarn());
  const auto summaries = house.summaries.Take();
  ASSERT_THAT(summaries, SizeIs(3));
  EXPECT_EQ(summaries[0].method, "gratis.ledger.v1.LedgerService/GetBalance");
  EXPECT_EQ(summaries[0].code, absl::StatusCode::kOk);
  EXPECT_EQ(summaries[0].program, 2);
  EXPECT_EQ(summaries[1].reason, "KEY_MISSING");
  EXPECT_EQ(summaries[1].actor, "");
  EXPECT_EQ(summaries[2].request_id, "r-1");
}

}  // namespace
}  // namespace gratis::rpc::testing
