#include <grpcpp/channel.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "common/app/app.h"
#include "common/base/text.h"
#include "common/obs/log.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/shell.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/clock.grpc.pb.h"
#include "gratis/ledger/v1/ledger.grpc.pb.h"

// Stands in for the engine's binaries, by the name it is started under: gratisd has both modules,
// gratis-ledger the first, gratis-thanks the second.
namespace gratis::app {
namespace {

namespace v1 = ledger::v1;

// GetBalance waits as long as its member says, "wait-700" being 700 milliseconds, and logs a line.
class SlowBalance final : public v1::LedgerService::CallbackService {
 public:
  SlowBalance(rpc::Shell& shell, obs::Log& log) : shell_(shell), log_(log) {}

 private:
  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const v1::GetBalanceRequest* request,
                                       v1::GetBalanceResponse* response) override {
    return shell_.Read(
        context, request, response,
        [this](const rpc::Call& call, const v1::GetBalanceRequest& req,
               v1::GetBalanceResponse& resp) -> absl::Status {
          const obs::CallScope scope(call.log_id, call.trace);
          absl::string_view text = req.member_id();
          int millis = 0;
          if (absl::ConsumePrefix(&text, "wait-") && absl::SimpleAtoi(text, &millis)) {
            std::unique_lock lock(mutex_);
            never_.wait_for(lock, std::chrono::milliseconds(millis));
          }
          log_.Info("balance given", {{"millis", millis}});
          resp.set_available_points(millis);
          return absl::OkStatus();
        },
        rpc::Scope::kProgramOrHouse);
  }

  rpc::Shell& shell_;
  obs::Log& log_;
  std::mutex mutex_;
  std::condition_variable never_;
};

class LedgerModule final : public Module {
 public:
  std::string_view name() const override { return "ledger"; }
  std::vector<pg::Migration> migrations() const override { return {}; }
  absl::Status Start(House& house) override {
    service_.emplace(house.shell, house.log);
    return absl::OkStatus();
  }
  std::vector<grpc::Service*> services() override { return {&*service_}; }

 private:
  std::optional<SlowBalance> service_;
};

// GetClock asks the ledger for a balance before it answers.
class AskingClock final : public v1::ClockService::CallbackService {
 public:
  explicit AskingClock(House& house) : house_(house) {}

 private:
  grpc::ServerUnaryReactor* GetClock(grpc::CallbackServerContext* context,
                                     const v1::GetClockRequest* request,
                                     v1::GetClockResponse* response) override {
    return house_.shell.Read(
        context, request, response,
        [this](const rpc::Call& call, const v1::GetClockRequest&,
               v1::GetClockResponse&) -> absl::Status {
          grpc::ClientContext onward;
          rpc::Carry(call, onward);
          v1::GetBalanceRequest balance;
          balance.set_member_id("wait-1");
          v1::GetBalanceResponse answer;
          const auto stub = v1::LedgerService::NewStub(house_.ChannelTo("ledger"));
          return rpc::FromPeer(stub->GetBalance(&onward, balance, &answer));
        },
        rpc::Scope::kProgramOrHouse);
  }

  House& house_;
};

class AskingModule final : public Module {
 public:
  std::string_view name() const override { return "thanks"; }
  std::vector<pg::Migration> migrations() const override {
    return {{1, "thing", "CREATE TABLE gratis_thanks.thing (id int)"}};
  }
  absl::Status Start(House& house) override {
    service_.emplace(house);
    return absl::OkStatus();
  }
  std::vector<grpc::Service*> services() override { return {&*service_}; }

 private:
  std::optional<AskingClock> service_;
};

template <class M>
std::unique_ptr<Module> Make() {
  return std::make_unique<M>();
}

}  // namespace
}  // namespace gratis::app

int main(int argc, char** argv) {
  namespace app = gratis::app;
  const std::string name = std::filesystem::path(argv[0]).filename();
  std::vector<app::ModuleFactory> modules;
  if (name != "gratis-thanks") modules.emplace_back(app::Make<app::LedgerModule>);
  if (name != "gratis-ledger") modules.emplace_back(app::Make<app::AskingModule>);
  return app::Main(name, argc, argv, modules);
}
