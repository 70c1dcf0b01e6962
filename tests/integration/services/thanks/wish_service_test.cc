#include "services/thanks/wish_service.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/gate.h"
#include "common/rpc/observer.h"
#include "common/rpc/shell.h"
#include "tests/integration/services/thanks/wishes_house.h"

// The stock system says what is there again, as a caller.
namespace gratis::thanks {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Lets in anybody, as a back end of the shop, whose time the test moves.
class OpenGate final : public rpc::Gate {
 public:
  OpenGate(const ledger::Program& program, const absl::Time& now) : program_(program), now_(now) {}

  absl::StatusOr<house::KeyRecord> FindKey(std::string_view, absl::Time) override {
    return house::KeyRecord{.role = rpc::Role::kBackend, .program = program_.number};
  }
  absl::StatusOr<ledger::Program> FindProgram(std::string_view, absl::Time) override {
    return program_;
  }
  absl::StatusOr<ledger::Program> FindProgram(int32_t, absl::Time) override { return program_; }
  absl::StatusOr<absl::Time> Now(int32_t, absl::Time) override { return now_; }

 private:
  const ledger::Program& program_;
  const absl::Time& now_;
};

class NotTold final : public rpc::CallObserver {
 public:
  void OnDone(const rpc::CallSummary&) override {}
};

class WishServiceTest : public WishesHouse {
 protected:
  WishServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~WishServiceTest() override { server_->Shutdown(); }

  absl::Status Record(const std::string& sku, v1::RecordRestockResponse& response) {
    v1::RecordRestockRequest request;
    request.set_request_id("restock of " + sku);
    request.set_sku(sku);
    grpc::ClientContext context;
    context.AddMetadata("authorization", rpc::KeyAuthorization("gk_backend"));
    v1::WishService::Stub stub(server_->InProcessChannel({}));
    const grpc::Status status = stub.RecordRestock(&context, request, &response);
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }

  OpenGate gate_{program_, now_};
  NotTold calls_;
  rpc::Shell shell_{{.service_secret = std::string(32, 's'),
                     .fingerprint_key = std::string(32, 'f'),
                     .page_token_key = std::string(32, 'p'),
                     .proof_key = std::string(32, 'o')},
                    gate_,
                    calls_,
                    clock_};
  WishService service_{shell_, poster_, pool_, restocks_, ids_};
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(WishServiceTest, WhoeverSaysThatSomethingIsBackWaitsForNoNewsOfSomethingElse) {
  const MemberId other = NewMember();
  Wishes(member_, "moons");
  Wishes(other, "suns");
  now_ += absl::Minutes(1);
  // Said, and not told of yet.
  Back("moons");
  v1::RecordRestockResponse answer;
  ASSERT_EQ(Record("suns", answer), absl::OkStatus());
  EXPECT_EQ(answer.waiting(), 1);
  EXPECT_THAT(Told(other), SizeIs(1));
  EXPECT_THAT(Told(member_), IsEmpty());
  // Which the job does.
  Tell();
  EXPECT_THAT(Told(member_), SizeIs(1));
  EXPECT_THAT(Told(other), SizeIs(1));
}

}  // namespace
}  // namespace gratis::thanks
