#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/rpc/method.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/audit.pb.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "gratis/ledger/v1/feed.pb.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "gratis/ledger/v1/reports.pb.h"
#include "gratis/ledger/v1/statements.pb.h"
#include "gratis/ledger/v1/units.pb.h"
#include "gratis/members/v1/cards.pb.h"
#include "gratis/members/v1/consents.pb.h"
#include "gratis/members/v1/export.pb.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/policy.pb.h"
#include "gratis/members/v1/preferences.pb.h"
#include "gratis/members/v1/privacy.pb.h"
#include "gratis/members/v1/proofs.pb.h"
#include "gratis/members/v1/segments.pb.h"
#include "gratis/members/v1/standing.pb.h"
#include "gratis/members/v1/tiers.pb.h"
#include "gratis/members/v1/tokens.pb.h"
#include "gratis/members/v1/vault.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"

namespace gratis::rpc {
namespace {

namespace pb = google::protobuf;
using ::testing::IsEmpty;

// The services of every contract.
std::vector<const pb::ServiceDescriptor*> Services() {
  std::vector<const pb::ServiceDescriptor*> services;
  for (const pb::FileDescriptor* file : {birthdays::v1::RunBirthdaysRequest::descriptor()->file(),
                                         ledger::v1::SetClockRequest::descriptor()->file(),
                                         ledger::v1::ListActsRequest::descriptor()->file(),
                                         ledger::v1::WatchRequest::descriptor()->file(),
                                         ledger::v1::CreateKeyRequest::descriptor()->file(),
                                         ledger::v1::EarnRequest::descriptor()->file(),
                                         ledger::v1::CreateProgramRequest::descriptor()->file(),
                                         ledger::v1::GetLiabilityRequest::descriptor()->file(),
                                         ledger::v1::ListLotsRequest::descriptor()->file(),
                                         ledger::v1::SetUnitRequest::descriptor()->file(),
                                         members::v1::EnrollMemberRequest::descriptor()->file(),
                                         members::v1::ExportMemberRequest::descriptor()->file(),
                                         members::v1::ExportMembersRequest::descriptor()->file(),
                                         members::v1::RecordConsentRequest::descriptor()->file(),
                                         members::v1::SetPreferencesRequest::descriptor()->file(),
                                         members::v1::IssueMemberTokenRequest::descriptor()->file(),
                                         members::v1::SetMembersPolicyRequest::descriptor()->file(),
                                         members::v1::CloseMemberRequest::descriptor()->file(),
                                         members::v1::RotateMasterKeyRequest::descriptor()->file(),
                                         members::v1::SegmentMark::descriptor()->file(),
                                         members::v1::SetTierPolicyRequest::descriptor()->file(),
                                         members::v1::LinkCardRequest::descriptor()->file(),
                                         members::v1::IssueQrTokenRequest::descriptor()->file(),
                                         thanks::v1::RecordPurchaseRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

TEST(Roles, EveryMethodNamesWhoMayCallIt) {
  ASSERT_GE(Services().size(), 7U);
  for (const pb::ServiceDescriptor* service : Services()) {
    EXPECT_THAT(MethodsWithoutRoles(service->full_name()), IsEmpty());
  }
}

TEST(Roles, AMethodWithoutRolesIsFoundOut) {
  // Health's methods have none of our options, and it is not compiled in.
  EXPECT_THAT(MethodsWithoutRoles("grpc.health.v1.Nowhere"),
              ::testing::ElementsAre("grpc.health.v1.Nowhere"));
  pb::DescriptorPool pool;
  pb::FileDescriptorProto file;
  file.set_name("open.proto");
  file.add_message_type()->set_name("Request");
  auto& service = *file.add_service();
  service.set_name("Open");
  auto& method = *service.add_method();
  method.set_name("Door");
  method.set_input_type("Request");
  method.set_output_type("Request");
  const pb::FileDescriptor* built = pool.BuildFile(file);
  ASSERT_NE(built, nullptr);
  EXPECT_EQ(ReadMethod(*built->service(0)->method(0)).roles, 0U);
}

// The shell finds a method by its request.
TEST(Methods, EachHasARequestOfItsOwn) {
  Methods methods;
  std::set<std::string> seen;
  for (const pb::ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const pb::MethodDescriptor& method = *service->method(i);
      EXPECT_TRUE(seen.insert(method.input_type()->full_name()).second) << method.full_name();
      EXPECT_EQ(methods.Of(method.input_type()).name, service->full_name() + "/" + method.name());
    }
  }
}

// How deep a message of the contract nests; stops the test when it nests within itself.
int DepthOf(const pb::Descriptor& message, std::set<const pb::Descriptor*> within) {
  EXPECT_TRUE(within.insert(&message).second) << message.full_name() << " nests within itself";
  int depth = 1;
  for (int i = 0; i < message.field_count() && within.size() < 32; ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      depth = std::max(depth, 1 + DepthOf(*field.message_type(), within));
    }
  }
  return depth;
}

// So whoever looks through a request needs no limit of depth: it has one.
TEST(Methods, NoRequestNestsDeep) {
  for (const pb::ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      EXPECT_LE(DepthOf(*service->method(i)->input_type(), {}), 8)
          << service->method(i)->full_name();
    }
  }
}

// What members may call names whom it concerns, or the server does not start.
TEST(Roles, AMethodOpenToMembersWithoutAMemberIsFoundOut) {
  Method method;
  for (const pb::ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      method = ReadMethod(*service->method(i));
      if (method.Allows(house::Role::kMember)) {
        EXPECT_NE(method.member_id, nullptr) << method.name;
      }
    }
  }
}

// What changes something is retried by its request_id; what only reads, or carries items with ids
// of their own, has none.
TEST(Methods, MutationsHaveARequestId) {
  for (const pb::ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const pb::MethodDescriptor& method = *service->method(i);
      bool reads = false;
      // What is secret and good for a moment is given anew: no answer of it is kept.
      for (const char* verb :
           {"IssueMemberToken", "IssueQrToken", "IssueOneTimeCode", "Get", "List", "Identify",
            "Introduce", "Explain", "Verify", "Export", "Preview", "Forecast", "Quote", "Recompute",
            "Rewrap", "Batch", "PostBatch", "Run", "Watch"}) {
        reads = reads || method.name().rfind(verb, 0) == 0;
      }
      EXPECT_EQ(ReadMethod(method).request_id == nullptr, reads) << method.full_name();
    }
  }
}

}  // namespace
}  // namespace gratis::rpc
