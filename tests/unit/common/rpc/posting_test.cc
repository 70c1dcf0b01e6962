#include "common/rpc/posting.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/type/v1/batch.pb.h"

namespace gratis::rpc {
namespace {

Call MakeCall() {
  Call call;
  call.program.number = 2;
  call.program.code = "demo";
  call.actor = "key_a";
  call.now = absl::FromUnixSeconds(1'800'000'000);
  call.deadline = absl::FromUnixSeconds(1'700'000'000);
  return call;
}

TEST(FillEnvelope, TakesWhatCallAndRequestSay) {
  const Fingerprints fingerprints(std::string(32, 'k'));
  ledger::v1::EarnRequest request;
  request.set_request_id("r1");
  request.set_validate_only(true);
  ledger::Envelope envelope;
  envelope.member.uuid.bytes[0] = 7;
  ASSERT_TRUE(FillEnvelope(MakeCall(), request, fingerprints, envelope).ok());
  EXPECT_EQ(envelope.request_id, "r1");
  EXPECT_TRUE(envelope.validate_only);
  EXPECT_EQ(envelope.fingerprint, fingerprints.Of(request));
  EXPECT_EQ(envelope.program.number, 2);
  EXPECT_EQ(envelope.actor, "key_a");
  EXPECT_EQ(envelope.now, MakeCall().now);
  EXPECT_EQ(envelope.deadline, MakeCall().deadline);
  EXPECT_EQ(envelope.member.uuid.bytes[0], 7);
}

TEST(FillEnvelope, KnowsStaffFromThingsThatCallAllDay) {
  const Fingerprints fingerprints(std::string(32, 'k'));
  ledger::v1::EarnRequest request;
  request.set_request_id("r1");
  const auto source = [&](Role role) {
    Call call = MakeCall();
    call.role = role;
    ledger::Envelope envelope;
    EXPECT_TRUE(FillEnvelope(call, request, fingerprints, envelope).ok());
    return envelope.ActSource("everyday");
  };
  for (const Role role : {Role::kAdmin, Role::kMarketing, Role::kSupport, Role::kFinance}) {
    EXPECT_EQ(source(role), ledger::kStaffSource);
  }
  for (const Role role :
       {Role::kBackend, Role::kPos, Role::kImport, Role::kService, Role::kMember}) {
    EXPECT_EQ(source(role), "everyday");
  }
}

TEST(FillEnvelope, WantsARequestIdOfEachItem) {
  const Fingerprints fingerprints(std::string(32, 'k'));
  ledger::Envelope envelope;
  EXPECT_EQ(ReasonOf(FillEnvelope(MakeCall(), ledger::v1::EarnRequest(), fingerprints, envelope)),
            Reason::kRequestIdMissing);
}

TEST(SetItemStatus, SaysWhatACallOfItsOwnWouldHaveFailedWith) {
  type::v1::ItemStatus item;
  EXPECT_TRUE(SetItemStatus(Error(Reason::kMemberNotFound, "nobody"), false, "log-17", item).ok());
  EXPECT_EQ(item.error().code(), static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_EQ(item.error().message(), "nobody");
  EXPECT_EQ(item.error().details_size(), 1);
}

TEST(SetItemStatus, KeepsTheInsideForTheLog) {
  type::v1::ItemStatus item;
  const absl::Status inside = absl::UnknownError("the disk is full");
  EXPECT_EQ(SetItemStatus(inside, false, "log-17", item), inside);
  EXPECT_EQ(item.error().message().find("disk"), std::string::npos);
}

TEST(SetItemStatus, TellsAReplay) {
  type::v1::ItemStatus item;
  EXPECT_TRUE(SetItemStatus(absl::OkStatus(), true, "log-17", item).ok());
  EXPECT_TRUE(item.replayed());
  EXPECT_FALSE(item.has_error());
}

TEST(CheckBatchSize, TakesAThousandAndNoMore) {
  EXPECT_TRUE(CheckBatchSize(0).ok());
  EXPECT_TRUE(CheckBatchSize(1'000).ok());
  EXPECT_EQ(ReasonOf(CheckBatchSize(1'001)), Reason::kBatchTooLarge);
}

TEST(ParseAnswer, AStoredAnswerOfAnotherKindIsOurOwnFault) {
  ledger::v1::EarnResponse response;
  EXPECT_EQ(ReasonOf(ParseAnswer("\xff\xff", response)), Reason::kInternal);
  response.set_available_points(12);
  ledger::v1::EarnResponse parsed;
  ASSERT_TRUE(ParseAnswer(response.SerializeAsString(), parsed).ok());
  EXPECT_EQ(parsed.available_points(), 12);
}

}  // namespace
}  // namespace gratis::rpc
