#pragma once

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/app/doorkeeper.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/house/clock.h"
#include "common/house/keyring/key_use.h"
#include "common/house/keyring/keyring.h"
#include "common/ledger/feed.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/ledger/survivors.h"
#include "common/pg/pool.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/observer.h"
#include "common/rpc/server.h"
#include "common/rpc/shell.h"
#include "common/rpc/tls.h"
#include "common/status/reasons.h"
#include "common/vault/vault.h"
#include "gratis/ledger/v1/clock.grpc.pb.h"
#include "gratis/ledger/v1/feed.grpc.pb.h"
#include "gratis/ledger/v1/keys.grpc.pb.h"
#include "gratis/ledger/v1/ledger.grpc.pb.h"
#include "gratis/ledger/v1/programs.grpc.pb.h"
#include "gratis/ledger/v1/reports.grpc.pb.h"
#include "gratis/ledger/v1/statements.grpc.pb.h"
#include "gratis/ledger/v1/units.grpc.pb.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::ledger_service {

namespace v1 = ledger::v1;

MATCHER_P(FailsWith, reason, std::string(Describe(reason).name)) {
  *result_listener << arg.status().ToString().c_str();
  return ReasonOf(arg.status()) == reason;
}

// Keeps what it is told of calls. Thread-safe.
class Summaries final : public rpc::CallObserver {
 public:
  void OnDone(const rpc::CallSummary& summary) override {
    const std::lock_guard lock(mutex_);
    summaries_.push_back(summary);
  }
  std::vector<rpc::CallSummary> All() const {
    const std::lock_guard lock(mutex_);
    return summaries_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<rpc::CallSummary> summaries_;
};

// The services behind a real server, with keys, programs and clocks from the database; called
// as a client calls them.
class LedgerHouse : public ::testing::Test {
 protected:
  struct Options {
    rpc::ShellOptions shell;
    ledger::FeedOptions feed;
    absl::Duration heartbeat = absl::Hours(1);  // of the feed
  };
  explicit LedgerHouse(Options options);
  LedgerHouse() : LedgerHouse(Options()) {}
  ~LedgerHouse() override;

  // A key that is in the database already: what its holder presents.
  std::string NewKey(house::Role role, std::optional<int32_t> program);
  // A program made through the service.
  void NewProgram(const std::string& code);
  ledger::Program Find(const std::string& code);
  // A member of the program `code`.
  std::string NewMember(const std::string& code);
  std::string NextRequestId() { return "request-" + std::to_string(++requests_); }

  // One call with `key`, for the program `code` if that is not empty.
  template <class Stub, class Req, class Resp>
  absl::StatusOr<Resp> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*),
                            const Req& request, const std::string& key,
                            const std::string& code = "") {
    Stub stub(server_->InProcessChannel(rpc::KeyAuthorization(key)));
    grpc::ClientContext context;
    rpc::Begin(code, clock_.Now() + absl::Seconds(30), context);
    Resp response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    replayed_ = context.GetServerTrailingMetadata().count("gratis-replayed") != 0;
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  pg::testing::TestDatabase database_;
  const base::SystemClock clock_;
  base::RandomIds ids_;
  const vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  pg::Pool pool_;
  ledger::Feed feed_;
  ledger::ProgramDirectory programs_{pool_};
  house::ProgramClock program_clock_{clock_, pool_, /*development=*/true};
  house::Keyring keyring_{pool_, vault_.Derive("api-key"), clock_};
  ledger::Survivors survivors_{{}, pool_, clock_};
  app::Doorkeeper doorkeeper_{keyring_, programs_, program_clock_, survivors_};
  ledger::MutationKind plain_;
  std::unique_ptr<ledger::Poster> poster_;
  Summaries observer_;
  std::unique_ptr<rpc::Shell> shell_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<rpc::Server> server_;
  rpc::Certificates certificates_;
  std::string admin_;  // a key for all programs
  bool replayed_ = false;

 private:
  int requests_ = 0;
};

}  // namespace gratis::ledger_service
