#include <grpcpp/channel.h>

#include <functional>
#include <utility>

#include "gratis/ledger/v1/ledger.grpc.pb.h"
#include "tests/bench/workload.h"

namespace gratis::bench {
namespace {

using ledger::v1::LedgerService;
using Stub = LedgerService::Stub;

constexpr int64_t kEarnedPoints = 100;
constexpr int64_t kSpentPoints = 10;

// What every workload is made of: members and request ids at random.
class LedgerWorkload : public Workload {
 public:
  LedgerWorkload(const Material& material, const std::shared_ptr<grpc::Channel>& channel)
      : material_(material), random_(material.seed), stub_(LedgerService::NewStub(channel)) {}

 protected:
  const std::string& AnyMember() {
    return (*material_.members)[random_.Below(material_.members->size())];
  }

  template <class Request>
  Request Of(const std::string& member, int64_t points) {
    Request request;
    request.set_request_id(NewRequestId(random_));
    request.set_member_id(member);
    request.set_points(points);
    request.set_source("bench");
    return request;
  }

  const Material material_;
  base::SeededRandom random_;
  const std::unique_ptr<Stub> stub_;
};

int64_t One(const google::protobuf::Message&) { return 1; }

// Points for one member after the other, in no order.
class Earn final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int) override {
    return NewExchange(*stub_, &Stub::PrepareAsyncEarn,
                       Of<ledger::v1::EarnRequest>(AnyMember(), kEarnedPoints), One);
  }
};

// Everybody at one member: each lane earns, then spends what it earned.
class HotMember final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int lane) override {
    const std::string& member = material_.members->front();
    if (lane >= static_cast<int>(earned_.size())) earned_.resize(lane + 1, false);
    if (!earned_[lane]) {
      return NewExchange(*stub_, &Stub::PrepareAsyncEarn,
                         Of<ledger::v1::EarnRequest>(member, kEarnedPoints),
                         [this, lane](const ledger::v1::EarnResponse&) {
                           earned_[lane] = true;
                           return int64_t{1};
                         });
    }
    earned_[lane] = false;
    return NewExchange(*stub_, &Stub::PrepareAsyncSpend,
                       Of<ledger::v1::SpendRequest>(member, kEarnedPoints), One);
  }

 private:
  std::vector<bool> earned_;  // by lane
};

// Looks at one balance after the other. What is accepted is counted as for postings: one each.
class Balance final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int) override {
    ledger::v1::GetBalanceRequest request;
    request.set_member_id(AnyMember());
    return NewExchange(*stub_, &Stub::PrepareAsyncGetBalance, std::move(request), One);
  }
};

template <class W>
std::unique_ptr<Workload> New(const Material& material,
                              const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<W>(material, channel);
}

using Maker = std::unique_ptr<Workload> (*)(const Material&, const std::shared_ptr<grpc::Channel>&);
constexpr std::pair<std::string_view, Maker> kWorkloads[] = {
    {"earn", New<Earn>},
    {"hot_member", New<HotMember>},
    {"balance", New<Balance>},
};

}  // namespace

std::unique_ptr<Workload> NewWorkload(std::string_view name, const Material& material,
                                      const std::shared_ptr<grpc::Channel>& channel) {
  for (const auto& [known, make] : kWorkloads) {
    if (known == name) return make(material, channel);
  }
  return nullptr;
}

std::vector<std::string> WorkloadNames() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kWorkloads) names.emplace_back(name);
  return names;
}

std::string NewRequestId(base::SeededRandom& random) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string id = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  uint64_t bits = 0;
  int left = 0;
  for (char& c : id) {
    if (c != 'x' && c != 'y') continue;
    if (left == 0) {
      bits = random.Next();
      left = 16;
    }
    c = kHex[c == 'x' ? bits & 15 : (bits & 3) | 8];
    bits >>= 4;
    --left;
  }
  return id;
}

}  // namespace gratis::bench
