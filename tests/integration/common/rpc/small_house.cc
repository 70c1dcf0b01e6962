#include "tests/integration/common/rpc/small_house.h"

#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/slice.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/error.h"
#include "common/status/reasons.h"

namespace gratis::rpc::testing {
namespace {

ledger::Program MakeProgram(int32_t number, std::string code) {
  ledger::Program program;
  program.number = number;
  program.code = std::move(code);
  return program;
}

const std::vector<ledger::Program>& Programs() {
  static const auto& programs = *new std::vector<ledger::Program>{
      MakeProgram(1, "house"), MakeProgram(2, "demo"), MakeProgram(3, "other")};
  return programs;
}

house::KeyRecord Record(uint8_t number, Role role, std::optional<int32_t> program) {
  house::KeyRecord record;
  record.key_id.uuid.bytes[15] = number;
  record.role = role;
  record.program = program;
  return record;
}

void Collect(const grpc::ClientContext& context, SmallHouse::Answer& answer) {
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    answer.trailers.emplace(std::string(key.data(), key.size()),
                            std::string(value.data(), value.size()));
  }
}

}  // namespace

void TestGate::Put(const std::string& key_text, absl::StatusOr<house::KeyRecord> record) {
  const std::lock_guard lock(mutex_);
  keys_.insert_or_assign(key_text, std::move(record));
}

void TestGate::Forget() {
  const std::lock_guard lock(mutex_);
  forgetful_ = true;
}

absl::StatusOr<house::KeyRecord> TestGate::FindKey(std::string_view presented,
                                                   absl::Time deadline) {
  const std::lock_guard lock(mutex_);
  if (forgetful_ && deadline <= base::SystemClock().Now()) {
    return Error(Reason::kDeadlineExceeded, "the key would have to be looked up");
  }
  const auto found = keys_.find(presented);
  if (found == keys_.end()) return Error(Reason::kKeyInvalid, "this API key is not known here");
  return found->second;
}

absl::StatusOr<ledger::Program> TestGate::FindProgram(std::string_view code, absl::Time) {
  for (const ledger::Program& program : Programs()) {
    if (program.code == code) return program;
  }
  return Error(Reason::kProgramNotFound, "no such program");
}

absl::StatusOr<ledger::Program> TestGate::FindProgram(int32_t number, absl::Time) {
  return Programs().at(number - 1);
}

absl::StatusOr<absl::Time> TestGate::Now(int32_t, absl::Time) {
  return absl::FromUnixSeconds(1'800'000'000);
}

void Summaries::OnDone(const CallSummary& summary) {
  const std::lock_guard lock(mutex_);
  summaries_.push_back(summary);
}

std::vector<CallSummary> Summaries::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(summaries_, {});
}

grpc::ServerUnaryReactor* TestLedger::GetBalance(grpc::CallbackServerContext* context,
                                                 const v1::GetBalanceRequest* request,
                                                 v1::GetBalanceResponse* response) {
  return shell_.Read(context, request, response, on_balance);
}

grpc::ServerUnaryReactor* TestLedger::Earn(grpc::CallbackServerContext* context,
                                           const v1::EarnRequest* request,
                                           v1::EarnResponse* response) {
  if (earns_at_once) return shell_.MutateAtOnce(context, request, response, on_earn);
  return shell_.Mutate(context, request, response, on_earn);
}

grpc::ServerUnaryReactor* TestKeys::ListKeys(grpc::CallbackServerContext* context,
                                             const v1::ListKeysRequest* request,
                                             v1::ListKeysResponse* response) {
  return shell_.Read(
      context, request, response,
      [](const Call& call, const v1::ListKeysRequest&, v1::ListKeysResponse& answer) {
        answer.add_keys()->set_program(call.program.code);
        return absl::OkStatus();
      },
      Scope::kHouse);
}

SmallHouse::SmallHouse(ShellOptions options, int max_message_bytes, int max_connection_calls,
                       std::string client_ca_path) {
  std::string pattern = (std::filesystem::temp_directory_path() / "gratis-rpc-XXXXXX").string();
  folder = mkdtemp(pattern.data());
  certificates = *EnsureCertificates(folder, LocalHosts(), clock.Now());

  gate.Put(kTill, Record(1, Role::kPos, 2));
  gate.Put(kMarketer, Record(2, Role::kMarketing, 2));
  gate.Put(kAdmin, Record(3, Role::kAdmin, std::nullopt));
  gate.Put(kRevoked, Error(Reason::kKeyRevoked, "this API key was revoked"));

  options.service_secret = kServiceSecret;
  options.fingerprint_key = std::string(32, 'f');
  options.page_token_key = std::string(32, 'p');
  options.proof_key = std::string(32, 'o');
  shell = std::make_unique<Shell>(options, gate, summaries, clock);
  ledger = std::make_unique<TestLedger>(*shell);
  ledger->on_balance = [](const Call&, const auto&, v1::GetBalanceResponse& response) {
    response.set_available_points(120);
    return absl::OkStatus();
  };
  ledger->on_earn = [](const Call&, const v1::EarnRequest& request, Reply<v1::EarnResponse> reply) {
    reply.response().set_available_points(request.points());
    reply.Finish(absl::OkStatus());
  };
  keys = std::make_unique<TestKeys>(*shell);
  server = *Server::Start({.listen = "127.0.0.1:0",
                           .certificate_path = certificates.certificate_path,
                           .private_key_path = certificates.private_key_path,
                           .client_ca_path = std::move(client_ca_path),
                           .max_message_bytes = max_message_bytes,
                           .max_connection_calls = max_connection_calls},
                          *shell, {ledger.get(), keys.get()});
}

SmallHouse::~SmallHouse() {
  server.reset();
  shell.reset();
  std::filesystem::remove_all(folder);
}

std::shared_ptr<grpc::Channel> SmallHouse::ChannelAs(const std::string& authorization) const {
  return MakeChannel({.address = absl::StrCat("localhost:", server->port()),
                      .ca_pem = certificates.ca_pem,
                      .authorization = authorization,
                      .server_name = ""});
}

std::unique_ptr<v1::LedgerService::Stub> SmallHouse::LedgerAs(const std::string& key) const {
  return v1::LedgerService::NewStub(ChannelAs(key.empty() ? "" : KeyAuthorization(key)));
}

SmallHouse::Answer SmallHouse::Balance(const std::string& key, const Prepare& prepare) const {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  if (prepare) prepare(context);
  Answer answer;
  answer.status =
      FromGrpc(LedgerAs(key)->GetBalance(&context, v1::GetBalanceRequest(), &answer.balance));
  Collect(context, answer);
  return answer;
}

SmallHouse::Answer SmallHouse::Earn(const std::string& key, const v1::EarnRequest& request,
                                    const Prepare& prepare) const {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  if (prepare) prepare(context);
  Answer answer;
  answer.status = FromGrpc(LedgerAs(key)->Earn(&context, request, &answer.earned));
  Collect(context, answer);
  return answer;
}

void SmallHouse::WaitUntilIdle() const {
  while (shell->load().open > 0) std::this_thread::yield();
}

grpc::Status RawCall(grpc::Channel& channel, const std::string& method, const std::string& bytes,
                     std::string* answer) {
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      &channel, grpc::internal::RpcMethod(method.c_str(), grpc::internal::RpcMethod::NORMAL_RPC),
      &context, request, &response);
  if (status.ok() && answer != nullptr) {
    std::vector<grpc::Slice> slices;
    response.Dump(&slices);
    for (const grpc::Slice& part : slices) {
      answer->append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  return status;
}

v1::EarnRequest GoodEarn() {
  v1::EarnRequest request;
  request.set_request_id("r-1");
  request.set_member_id("mem_a");
  request.set_points(10);
  return request;
}

}  // namespace gratis::rpc::testing
