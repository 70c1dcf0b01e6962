#include "common/rpc/error.h"

#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "common/base/text.h"
#include "common/status/reasons.h"
#include "gratis/type/v1/error.pb.h"

namespace gratis::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(Errors, EveryReasonComesBackAsItWentOut) {
  for (const ReasonEntry& entry : Reasons()) {
    absl::Status sent = Error(entry.reason, "do this", {{"a", "1"}, {"b", ""}});
    sent = InField(std::move(sent), "total.currency_code");
    const absl::Status got = FromGrpc(ToGrpc(sent));
    EXPECT_EQ(got.code(), entry.code) << entry.name;
    EXPECT_EQ(got.message(), "do this") << entry.name;
    EXPECT_EQ(ReasonOf(got), entry.reason) << entry.name;
    EXPECT_EQ(FieldOf(got), "total.currency_code") << entry.name;
    EXPECT_THAT(MetadataOf(got), ::testing::UnorderedElementsAre(Pair("a", "1"), Pair("b", "")))
        << entry.name;
    EXPECT_EQ(RetryDelayOf(got).has_value(), entry.retryable) << entry.name;
  }
}

TEST(Errors, ARetryDelayComesBackExactly) {
  const absl::Status sent =
      WithRetryDelay(Error(Reason::kOverloaded, "later"), absl::Milliseconds(1'250));
  EXPECT_EQ(RetryDelayOf(FromGrpc(ToGrpc(sent))), absl::Milliseconds(1'250));
}

TEST(Errors, DetailsAreThoseOfGoogleRpcOnTheWire) {
  const grpc::Status sent =
      ToGrpc(FieldError(Reason::kInvalidCurrency, "total.currency_code", "no such currency"));
  EXPECT_EQ(sent.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  type::v1::Status status;
  ASSERT_TRUE(status.ParseFromString(sent.error_details()));
  ASSERT_EQ(status.details_size(), 2);
  EXPECT_EQ(status.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(status.details(1).type_url(), "type.googleapis.com/google.rpc.BadRequest");
  type::v1::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(status.details(0).value()));
  EXPECT_EQ(info.reason(), "INVALID_CURRENCY");
  EXPECT_EQ(info.domain(), "gratis");
}

TEST(Errors, WhatHasNoReasonTellsTheCallerNothingOfTheInside) {
  const absl::Status inside = absl::UnknownError("password of postgres@10.0.0.7 expired");
  const absl::Status told = ForCaller(inside, "log-17");
  EXPECT_EQ(ReasonOf(told), Reason::kInternal);
  EXPECT_THAT(std::string(told.message()), Not(HasSubstr("postgres")));
  EXPECT_THAT(std::string(told.message()), HasSubstr("log-17"));
  EXPECT_THAT(MetadataOf(told), ElementsAre(Pair("log_id", "log-17")));
}

TEST(Errors, AnInternalErrorOfOursTellsNothingEither) {
  const absl::Status told =
      ForCaller(Error(Reason::kInternal, "row 12 of wallet", {{"row", "12"}}), "log-17");
  EXPECT_THAT(std::string(told.message()), Not(HasSubstr("wallet")));
  EXPECT_THAT(MetadataOf(told), ElementsAre(Pair("log_id", "log-17")));
}

TEST(Errors, AnErrorWithAReasonReachesTheCallerAsItIs) {
  const absl::Status error = Error(Reason::kInsufficientPoints, "120 are available, not 500",
                                   {{"available_points", "120"}});
  EXPECT_EQ(ForCaller(error, "log-17"), error);
}

TEST(Errors, ALongTextIsCutBetweenCharactersSoThatTheTrailersFit) {
  std::string text = "x";
  while (text.size() < 10'000) text += "ü";
  const grpc::Status sent = ToGrpc(FieldError(Reason::kFieldInvalid, "note", text));
  EXPECT_EQ(sent.error_message().size(), 599U);
  EXPECT_TRUE(base::IsValidUtf8(sent.error_message()));
  EXPECT_LT(sent.error_details().size(), 2'000U);
}

TEST(Errors, ATextThatIsNotUtf8DoesNotTravel) {
  const grpc::Status sent = ToGrpc(Error(Reason::kFieldInvalid, "Z\xFCrich"));
  EXPECT_TRUE(base::IsValidUtf8(sent.error_message()));
  EXPECT_EQ(ReasonOf(FromGrpc(sent)), Reason::kFieldInvalid);
}

TEST(Errors, AServerThatIsNotThereIsAPeerUnavailable) {
  const absl::Status got =
      FromGrpc({grpc::StatusCode::UNAVAILABLE, "failed to connect to all addresses"});
  EXPECT_EQ(ReasonOf(got), Reason::kPeerUnavailable);
}

TEST(Errors, DetailsThatAreNotOursAreLeftAside) {
  type::v1::Status status;
  status.set_code(static_cast<int>(grpc::StatusCode::NOT_FOUND));
  type::v1::ErrorInfo info;
  info.set_reason("MEMBER_NOT_FOUND");
  info.set_domain("example.com");
  google::protobuf::Any& any = *status.add_details();
  any.set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  any.set_value(info.SerializeAsString());
  const absl::Status got =
      FromGrpc({grpc::StatusCode::NOT_FOUND, "gone", status.SerializeAsString()});
  EXPECT_EQ(got.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(got), std::nullopt);
}

TEST(Errors, DamagedDetailsDoNotHideTheError) {
  const absl::Status got = FromGrpc({grpc::StatusCode::NOT_FOUND, "gone", "\xff\xff\xff"});
  EXPECT_EQ(got.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(got.message(), "gone");
}

TEST(Errors, APeerThatRefusesUsIsNotTheCallersFault) {
  for (const Reason reason : {Reason::kKeyInvalid, Reason::kKeyMissing, Reason::kRoleNotAllowed}) {
    EXPECT_EQ(ReasonOf(FromPeer(ToGrpc(Error(reason, "no")))), Reason::kInternal);
  }
  EXPECT_EQ(ReasonOf(FromPeer(ToGrpc(Error(Reason::kMemberNotFound, "no")))),
            Reason::kMemberNotFound);
}

}  // namespace
}  // namespace gratis::rpc
