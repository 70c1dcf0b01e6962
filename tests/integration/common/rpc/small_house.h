#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/observer.h"
#include "common/rpc/server.h"
#include "common/rpc/shell.h"
#include "common/rpc/tls.h"
#include "gratis/ledger/v1/keys.grpc.pb.h"
#include "gratis/ledger/v1/ledger.grpc.pb.h"

namespace gratis::rpc::testing {

namespace v1 = ledger::v1;

// Answers the shell from what the test says. Thread-safe.
class TestGate final : public Gate {
 public:
  void Put(const std::string& key_text, absl::StatusOr<house::KeyRecord> record);
  // From now on every key has to be looked up: whoever cannot wait is told so.
  void Forget();

  absl::StatusOr<house::KeyRecord> FindKey(std::string_view presented, absl::Time) override;
  absl::StatusOr<ledger::Program> FindProgram(std::string_view code, absl::Time) override;
  absl::StatusOr<ledger::Program> FindProgram(int32_t number, absl::Time) override;
  absl::StatusOr<absl::Time> Now(int32_t program, absl::Time) override;

 private:
  std::mutex mutex_;
  bool forgetful_ = false;
  std::map<std::string, absl::StatusOr<house::KeyRecord>, std::less<>> keys_;
};

// Keeps what it is told. Thread-safe.
class Summaries final : public CallObserver {
 public:
  void OnDone(const CallSummary& summary) override;
  // All so far.
  std::vector<CallSummary> Take();

 private:
  std::mutex mutex_;
  std::vector<CallSummary> summaries_;
};

// Two services of the contract whose methods do what the test says.
class TestLedger final : public v1::LedgerService::CallbackService {
 public:
  explicit TestLedger(Shell& shell) : shell_(shell) {}

  Shell::ReadHandler<v1::GetBalanceRequest, v1::GetBalanceResponse> on_balance;
  Shell::MutateHandler<v1::EarnRequest, v1::EarnResponse> on_earn;
  bool earns_at_once = false;

 private:
  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const v1::GetBalanceRequest* request,
                                       v1::GetBalanceResponse* response) override;
  grpc::ServerUnaryReactor* Earn(grpc::CallbackServerContext* context,
                                 const v1::EarnRequest* request,
                                 v1::EarnResponse* response) override;
  Shell& shell_;
};

class TestKeys final : public v1::KeyService::CallbackService {
 public:
  explicit TestKeys(Shell& shell) : shell_(shell) {}

 private:
  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context,
                                     const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override;
  Shell& shell_;
};

inline constexpr char kServiceSecret[] = "service secret";

// Keys that the gate knows from the beginning.
inline constexpr char kTill[] = "till";          // pos, program "demo"
inline constexpr char kMarketer[] = "marketer";  // marketing, program "demo"
inline constexpr char kAdmin[] = "admin";        // admin, all programs
inline constexpr char kRevoked[] = "revoked";

// A server over TLS on loopback, with its certificates, and clients of it.
class SmallHouse {
 public:
  explicit SmallHouse(ShellOptions options = {}, int max_message_bytes = 4 << 20,
                      int max_connection_calls = 4'000, std::string client_ca_path = "");
  ~SmallHouse();

  std::shared_ptr<grpc::Channel> ChannelAs(const std::string& authorization) const;
  std::unique_ptr<v1::LedgerService::Stub> LedgerAs(const std::string& key) const;

  // Calls, and what the caller gets. They wait until a connection stands, since an attempt to
  // connect may fail for a moment on a busy machine; `prepare` may say otherwise.
  struct Answer {
    absl::Status status;
    v1::GetBalanceResponse balance;
    v1::EarnResponse earned;
    std::map<std::string, std::string> trailers;
  };
  using Prepare = std::function<void(grpc::ClientContext&)>;
  Answer Balance(const std::string& key, const Prepare& prepare = {}) const;
  Answer Earn(const std::string& key, const v1::EarnRequest& request,
              const Prepare& prepare = {}) const;

  // A call counts as open for a moment after its caller has the answer.
  void WaitUntilIdle() const;

  base::SystemClock clock;
  TestGate gate;
  Summaries summaries;
  std::string folder;
  Certificates certificates;
  std::unique_ptr<Shell> shell;
  std::unique_ptr<TestLedger> ledger;
  std::unique_ptr<TestKeys> keys;
  std::unique_ptr<Server> server;
};

// A call with bytes of the test's own making, and the bytes of the answer.
grpc::Status RawCall(grpc::Channel& channel, const std::string& method, const std::string& bytes,
                     std::string* answer = nullptr);

v1::EarnRequest GoodEarn();

}  // namespace gratis::rpc::testing
