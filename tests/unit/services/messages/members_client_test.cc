#include "services/messages/members_client.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gratis/members/v1/consents.grpc.pb.h"
#include "gratis/members/v1/members.grpc.pb.h"

namespace gratis::messages {
namespace members_client_test {
namespace {

namespace contract = members::v1;

// Knows one member: without an address in their profile, and reached at another's.
class OneMember final : public contract::MemberService::Service {
 public:
  grpc::Status GetMember(grpc::ServerContext*, const contract::GetMemberRequest* request,
                         contract::GetMemberResponse* response) override {
    response->mutable_member()->set_member_id(request->member_id());
    response->mutable_member()->set_state(contract::MEMBER_STATE_ACTIVE);
    response->mutable_member()->mutable_profile()->set_greeting_name("Mia");
    if (request->with_contact()) response->mutable_contact()->set_email("mia@example.com");
    return grpc::Status::OK;
  }
};

class NothingSaid final : public contract::ConsentService::Service {
 public:
  grpc::Status BatchGetConsents(grpc::ServerContext*,
                                const contract::BatchGetConsentsRequest* request,
                                contract::BatchGetConsentsResponse* response) override {
    for (int i = 0; i < request->member_ids_size(); ++i) response->add_members();
    return grpc::Status::OK;
  }
};

TEST(MembersClient, WritesToWhereAMemberIsReachedThoughTheirProfileHasNoAddress) {
  OneMember one_member;
  NothingSaid nothing_said;
  grpc::ServerBuilder builder;
  builder.RegisterService(&one_member);
  builder.RegisterService(&nothing_said);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  MembersClient client([&] { return server->InProcessChannel({}); });
  MemberId member;
  member.uuid.bytes[15] = 1;
  const Recipients::Asked asked[] = {{member, false}};
  const std::vector<absl::StatusOr<Recipient>> found = client.Find(
      {.number = 2, .code = "demo", .time_zone = "UTC"}, asked, absl::Now() + absl::Seconds(30));
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(found[0].ok()) << found[0].status();
  EXPECT_EQ(found[0]->name, "Mia");
  EXPECT_EQ(found[0]->email, "mia@example.com");
  server->Shutdown();
}

}  // namespace
}  // namespace members_client_test
}  // namespace gratis::messages
