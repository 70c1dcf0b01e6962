#include "tests/integration/services/ledger/gift_house.h"

#include <thread>

#include "common/base/text.h"
#include "common/rpc/values.h"

namespace gratis::ledger_service {
namespace {

class Deed final : public ledger::Mutation {
 public:
  explicit Deed(std::function<absl::Status(ledger::Books&)> deed) : deed_(std::move(deed)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    if (absl::Status status = deed_(books); !status.ok()) return status;
    return std::string("done");
  }

 private:
  const std::function<absl::Status(ledger::Books&)> deed_;
};

}  // namespace

GiftHouse::GiftHouse() {
  NewProgram("demo");
  program_ = Find("demo");
  till_ = NewKey(house::Role::kPos, program_.number);
  shop_ = NewKey(house::Role::kBackend, program_.number);
  marketing_ = NewKey(house::Role::kMarketing, program_.number);
  member_ = NewMember("demo");
}

type::v1::Money GiftHouse::Usd(int64_t minor_units) {
  type::v1::Money money;
  money.set_currency_code("USD");
  money.set_minor_units(minor_units);
  return money;
}

void GiftHouse::MoveClock(absl::Duration ahead) {
  v1::SetClockRequest request;
  request.set_request_id(NextRequestId());
  rpc::SetTime(Now() + ahead, *request.mutable_now());
  const auto moved = Call(&v1::ClockService::Stub::SetClock, request, admin_, "demo");
  ASSERT_TRUE(moved.ok()) << moved.status();
}

v1::IssueVoucherRequest GiftHouse::MoneyOf(int64_t minor_units) {
  v1::IssueVoucherRequest request;
  request.set_request_id(NextRequestId());
  request.set_member_id(member_);
  *request.mutable_fixed() = Usd(minor_units);
  request.set_source("a gesture");
  return request;
}

std::vector<std::optional<Reason>> GiftHouse::IssueAtOnce(
    const std::vector<v1::IssueVoucherRequest>& requests) {
  std::vector<std::optional<Reason>> outcomes(requests.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < requests.size(); ++i) {
    threads.emplace_back([&, i] {
      v1::VoucherService::Stub stub(server_->InProcessChannel(rpc::KeyAuthorization(shop_)));
      grpc::ClientContext context;
      v1::IssueVoucherResponse response;
      const grpc::Status status = stub.IssueVoucher(&context, requests[i], &response);
      if (!status.ok()) {
        outcomes[i] = ReasonOf(rpc::FromGrpc(status)).value_or(Reason::kInternal);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

absl::StatusOr<v1::SetBudgetResponse> GiftHouse::SetBudget(const std::string& code, int64_t limit,
                                                           const std::string& unit) {
  v1::SetBudgetRequest request;
  request.set_request_id(NextRequestId());
  request.set_code(code);
  request.set_limit(limit);
  request.set_unit(unit);
  return Call(&v1::BudgetService::Stub::SetBudget, request, marketing_);
}

v1::Budget GiftHouse::Budget(const std::string& code) {
  v1::GetBudgetRequest request;
  request.set_code(code);
  const auto found = Call(&v1::BudgetService::Stub::GetBudget, request, marketing_);
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? found->budget() : v1::Budget();
}

absl::Status GiftHouse::Do(std::function<absl::Status(ledger::Books&)> deed,
                           const std::string& member) {
  auto mutation = std::make_unique<Deed>(std::move(deed));
  ledger::Envelope& envelope = mutation->envelope;
  envelope.program = program_;
  envelope.member = member.empty() ? Member() : *MemberId::Parse(member);
  envelope.request_id = base::Hex(base::RandomBytes(16));
  envelope.fingerprint = "deed";
  envelope.actor = "key_test";
  envelope.now = Now();
  envelope.deadline = clock_.Now() + absl::Seconds(30);
  return poster_->Post(plain_, std::move(mutation)).answer.status();
}

std::vector<std::string> GiftHouse::Damages() {
  std::vector<std::string> damages;
  for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
    v1::VerifyPartitionRequest request;
    request.set_partition(i);
    const auto found = Call(&v1::LedgerService::Stub::VerifyPartition, request, admin_, "demo");
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) break;
    for (const v1::Damage& damage : found->damages()) {
      damages.push_back(damage.check() + ": " + damage.description());
    }
  }
  return damages;
}

}  // namespace gratis::ledger_service
