#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "tests/integration/common/rpc/small_house.h"

namespace gratis::rpc::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kEarn[] = "/gratis.ledger.v1.LedgerService/Earn";

absl::Status RawEarn(const SmallHouse& house, const std::string& bytes) {
  return FromGrpc(RawCall(*house.ChannelAs(KeyAuthorization(kTill)), kEarn, bytes));
}

// Field `number` with a text.
std::string TextField(int number, const std::string& text) {
  return std::string(1, static_cast<char>(number << 3 | 2)) +
         std::string(1, static_cast<char>(text.size())) + text;
}

TEST(BadMessage, AnUnknownFieldIsRefused) {
  SmallHouse house;
  v1::EarnRequest request = GoodEarn();
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(99, 1);
  const auto answer = house.Earn(kTill, request);
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kFieldUnknown);
}

TEST(BadMessage, AMissingRequestIdIsRefused) {
  SmallHouse house;
  v1::EarnRequest request = GoodEarn();
  request.clear_request_id();
  const auto answer = house.Earn(kTill, request);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kRequestIdMissing);
  EXPECT_EQ(FieldOf(answer.status), "request_id");
}

TEST(BadMessage, ARequestIdThatIsTooLongIsRefused) {
  SmallHouse house;
  v1::EarnRequest request = GoodEarn();
  request.set_request_id(std::string(129, 'x'));
  EXPECT_EQ(ReasonOf(house.Earn(kTill, request).status), Reason::kRequestIdInvalid);
}

TEST(BadMessage, ANulIsRefusedWithItsField) {
  SmallHouse house;
  v1::EarnRequest request = GoodEarn();
  request.set_source(std::string("a\0b", 3));
  const auto answer = house.Earn(kTill, request);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kInvalidUtf8);
  EXPECT_EQ(FieldOf(answer.status), "source");
}

// protobuf refuses such a text before any handler is called.
TEST(BadMessage, TextThatIsNotUtf8IsRefusedWithItsField) {
  SmallHouse house;
  const absl::Status status =
      RawEarn(house, TextField(1, "r-1") + TextField(2, "mem_a") + TextField(4, "Z\xFCrich"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidUtf8);
  EXPECT_EQ(FieldOf(status), "source");
  const auto summaries = house.summaries.Take();
  ASSERT_THAT(summaries, SizeIs(1));
  EXPECT_EQ(summaries[0].method, "gratis.ledger.v1.LedgerService/Earn");
  EXPECT_EQ(summaries[0].reason, "INVALID_UTF8");
}

TEST(BadMessage, BytesThatAreNoMessageAreRefused) {
  SmallHouse house;
  const absl::Status status = RawEarn(house, "\xff\xff\xff\xff");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid);
  EXPECT_THAT(std::string(status.message()), HasSubstr("EarnRequest"));
}

// A group within a group within a group, in a field that nobody knows.
std::string Nested(int depth) {
  constexpr char kBegin[] = "\x9B\x06";  // of group 99
  constexpr char kEnd[] = "\x9C\x06";
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += kBegin;
  for (int i = 0; i < depth; ++i) bytes += kEnd;
  return bytes;
}

TEST(BadMessage, WhatNestsWithoutEndIsRefused) {
  SmallHouse house;
  EXPECT_EQ(ReasonOf(RawEarn(house, Nested(50))), Reason::kFieldUnknown);
  for (const int depth : {200, 1'000'000}) {
    EXPECT_EQ(ReasonOf(RawEarn(house, Nested(depth))), Reason::kFieldInvalid) << depth;
  }
  EXPECT_TRUE(house.Balance(kTill).status.ok());
}

TEST(BadMessage, AnUnknownMethodIsUnimplemented) {
  SmallHouse house;
  const grpc::Status status = RawCall(*house.ChannelAs(KeyAuthorization(kTill)),
                                      "/gratis.ledger.v1.LedgerService/Burn", "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(BadMessage, AnOversizedMessageIsRefused) {
  SmallHouse house({}, 64 << 10);
  v1::EarnRequest request = GoodEarn();
  request.set_source(std::string(65 << 10, 'x'));
  EXPECT_EQ(house.Earn(kTill, request).status.code(), absl::StatusCode::kResourceExhausted);
  request.set_source(std::string(60 << 10, 'x'));
  EXPECT_TRUE(house.Earn(kTill, request).status.ok());
}

TEST(BadMessage, AStrangerLearnsNothingFromAWellFormedRequest) {
  SmallHouse house;
  v1::EarnRequest request;  // without a request_id: the key comes first
  EXPECT_EQ(ReasonOf(house.Earn("", request).status), Reason::kKeyMissing);
}

TEST(BadMessage, AHandlersUnknownFailureTellsTheCallerOnlyWhereToLook) {
  SmallHouse house;
  house.ledger->on_balance = [](const Call&, const auto&, auto&) {
    return absl::UnknownError("relation \"wallet\" does not exist");
  };
  const auto answer = house.Balance(kTill);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kInternal);
  EXPECT_EQ(answer.status.message().find("wallet"), absl::string_view::npos);
  const auto summaries = house.summaries.Take();
  ASSERT_THAT(summaries, SizeIs(1));
  EXPECT_THAT(std::string(summaries[0].failure.message()), HasSubstr("wallet"));
  EXPECT_EQ(MetadataOf(answer.status), (Metadata{{"log_id", summaries[0].log_id}}));
}

TEST(BadMessage, AReplyThatAHandlerLetsGoOfIsAnsweredAllTheSame) {
  SmallHouse house;
  house.ledger->on_earn = [](const Call&, const auto&, const Reply<v1::EarnResponse>&) {};
  EXPECT_EQ(ReasonOf(house.Earn(kTill, GoodEarn()).status), Reason::kInternal);
}

TEST(BadMessage, OnlyTheFirstFinishCounts) {
  SmallHouse house;
  house.ledger->on_earn = [](const Call&, const auto&, const Reply<v1::EarnResponse>& reply) {
    reply.Finish(Error(Reason::kInsufficientPoints, "too few"));
    reply.Finish(absl::OkStatus());
  };
  EXPECT_EQ(ReasonOf(house.Earn(kTill, GoodEarn()).status), Reason::kInsufficientPoints);
}

}  // namespace
}  // namespace gratis::rpc::testing
