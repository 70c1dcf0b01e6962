#include "common/rpc/check.h"

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"

namespace gratis::rpc {
namespace {

using thanks::v1::BatchRecordPurchasesRequest;

BatchRecordPurchasesRequest Batch() {
  BatchRecordPurchasesRequest batch;
  for (int i = 0; i < 3; ++i) {
    thanks::v1::RecordPurchaseRequest& request = *batch.add_requests();
    request.mutable_order()->set_order_id("Zürich-" + std::to_string(i));
    request.mutable_total()->set_currency_code("CHF");
  }
  return batch;
}

void AddUnknown(google::protobuf::Message& message, int number) {
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(number, 1);
}

TEST(CheckMessage, TakesWhatTheContractKnows) {
  EXPECT_TRUE(CheckMessage(Batch()).ok());
  EXPECT_TRUE(CheckMessage(ledger::v1::EarnRequest()).ok());
}

TEST(CheckMessage, RefusesAnUnknownField) {
  ledger::v1::EarnRequest request;
  AddUnknown(request, 99);
  const absl::Status status = CheckMessage(request);
  EXPECT_EQ(ReasonOf(status), Reason::kFieldUnknown);
  EXPECT_EQ(FieldOf(status), "99");
}

TEST(CheckMessage, RefusesAnUnknownFieldAtAnyDepth) {
  BatchRecordPurchasesRequest batch = Batch();
  AddUnknown(*batch.mutable_requests(1)->mutable_total(), 7);
  const absl::Status status = CheckMessage(batch);
  EXPECT_EQ(ReasonOf(status), Reason::kFieldUnknown);
  EXPECT_EQ(FieldOf(status), "requests[1].total.7");
}

TEST(CheckMessage, RefusesANulInAText) {
  BatchRecordPurchasesRequest batch = Batch();
  batch.mutable_requests(2)->mutable_order()->set_order_id(std::string("a\0b", 3));
  const absl::Status status = CheckMessage(batch);
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidUtf8);
  EXPECT_EQ(FieldOf(status), "requests[2].order.order_id");
}

TEST(CheckMessage, RefusesTextThatIsNotUtf8) {
  members::v1::EnrollMemberRequest request;
  request.mutable_profile()->set_greeting_name("Zo\xEB");
  const absl::Status status = CheckMessage(request);
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidUtf8);
  EXPECT_EQ(FieldOf(status), "profile.greeting_name");
}

TEST(CheckRequestId, TakesOneTo128PrintableAsciiCharacters) {
  for (const std::string& good :
       {std::string("1"), std::string(128, 'x'), std::string("order 17/a:~!")}) {
    EXPECT_TRUE(CheckRequestId(good).ok()) << good;
  }
}

TEST(CheckRequestId, TellsAMissingOneFromAnInvalidOne) {
  EXPECT_EQ(ReasonOf(CheckRequestId("")), Reason::kRequestIdMissing);
  for (const std::string& bad : {std::string(129, 'x'), std::string("a\nb"), std::string("a\x7f"),
                                 std::string("Zürich"), std::string("a\0", 2)}) {
    EXPECT_EQ(ReasonOf(CheckRequestId(bad)), Reason::kRequestIdInvalid) << bad;
  }
  EXPECT_EQ(FieldOf(CheckRequestId("")), "request_id");
}

}  // namespace
}  // namespace gratis::rpc
