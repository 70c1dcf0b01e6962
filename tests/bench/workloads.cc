#include <algorithm>
#include <utility>
#include <vector>

#include "gratis/ledger/v1/ledger.pb.h"
#include "tests/bench/workload.h"

namespace gratis::bench {
namespace {

constexpr Method<ledger::v1::EarnRequest, ledger::v1::EarnResponse> kEarn{
    "/gratis.ledger.v1.LedgerService/Earn"};
constexpr Method<ledger::v1::SpendRequest, ledger::v1::SpendResponse> kSpend{
    "/gratis.ledger.v1.LedgerService/Spend"};
constexpr Method<ledger::v1::PlaceHoldRequest, ledger::v1::PlaceHoldResponse> kPlaceHold{
    "/gratis.ledger.v1.LedgerService/PlaceHold"};
constexpr Method<ledger::v1::CaptureHoldRequest, ledger::v1::CaptureHoldResponse> kCaptureHold{
    "/gratis.ledger.v1.LedgerService/CaptureHold"};
constexpr Method<ledger::v1::ReverseRequest, ledger::v1::ReverseResponse> kReverse{
    "/gratis.ledger.v1.LedgerService/Reverse"};
constexpr Method<ledger::v1::PostBatchRequest, ledger::v1::PostBatchResponse> kPostBatch{
    "/gratis.ledger.v1.LedgerService/PostBatch"};
constexpr Method<ledger::v1::GetBalanceRequest, ledger::v1::GetBalanceResponse> kGetBalance{
    "/gratis.ledger.v1.LedgerService/GetBalance"};

constexpr int64_t kEarnedPoints = 100;
constexpr int64_t kSpentPoints = 10;
constexpr int kPostedAtOnce = 500;

// What every workload is made of: members and request ids at random.
class LedgerWorkload : public Workload {
 public:
  explicit LedgerWorkload(const Material& material) : material_(material), random_(material.seed) {}

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
};

int64_t One(const google::protobuf::Message&) { return 1; }

// Points for one member after the other, in no order.
class Earn final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int) override {
    return NewExchange(kEarn, Of<ledger::v1::EarnRequest>(AnyMember(), kEarnedPoints),
                       [this](const ledger::v1::EarnResponse& response) {
                         if (material_.answered) material_.answered(response.transaction_id());
                         return int64_t{1};
                       });
  }
};

// Each lane earns, then spends what it earned, at members who have only that.
class EarnAndSpend : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int lane) override {
    const std::string& member = MemberOf(lane);
    if (lane >= static_cast<int>(earned_.size())) earned_.resize(lane + 1, false);
    if (!earned_[lane]) {
      return NewExchange(kEarn, Of<ledger::v1::EarnRequest>(member, kEarnedPoints),
                         [this, lane](const ledger::v1::EarnResponse&) {
                           earned_[lane] = true;
                           return int64_t{1};
                         });
    }
    earned_[lane] = false;
    return NewExchange(kSpend, Of<ledger::v1::SpendRequest>(member, kEarnedPoints), One);
  }

 protected:
  virtual const std::string& MemberOf(int lane) const = 0;

 private:
  std::vector<bool> earned_;  // by lane
};

// Everybody at one member.
class HotMember final : public EarnAndSpend {
  using EarnAndSpend::EarnAndSpend;
  const std::string& MemberOf(int) const override { return material_.members->front(); }
};

// A member for each lane, whose history grows.
class History final : public EarnAndSpend {
  using EarnAndSpend::EarnAndSpend;
  const std::string& MemberOf(int lane) const override {
    return (*material_.members)[static_cast<size_t>(lane) % material_.members->size()];
  }
};

// Points that one budget pays for, for all members.
class Budget final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int) override {
    auto request = Of<ledger::v1::EarnRequest>(AnyMember(), kEarnedPoints);
    request.set_budget_id(material_.budget_id);
    return NewExchange(kEarn, request, One);
  }
};

// Earns, many in a call.
class Batch final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int) override {
    ledger::v1::PostBatchRequest batch;
    for (int i = 0; i < kPostedAtOnce; ++i) {
      *batch.add_postings()->mutable_earn() =
          Of<ledger::v1::EarnRequest>(AnyMember(), kEarnedPoints);
    }
    return NewExchange(kPostBatch, batch, [](const ledger::v1::PostBatchResponse& response) {
      return std::count_if(response.results().begin(), response.results().end(),
                           [](const auto& result) { return result.has_earn(); });
    });
  }
};

// A shop's day. Of 100 turns 60 earn; 15 place a hold, and then capture it; 15 spend; 5 reverse an
// earn; 5 send an earn again, which changes nothing and is not counted. Who spends, or has an earn
// reversed, is somebody who has earned a moment ago, so that nothing is refused.
class Mixed final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int lane) override {
    if (lane >= static_cast<int>(holds_.size())) holds_.resize(lane + 1);
    if (!holds_[lane].empty()) return Capture(std::exchange(holds_[lane], ""));
    const uint64_t turn = random_.Below(100);
    if (turn < 60 || earned_.size() < kRemembered) return Earn();
    if (turn < 75) return Hold(lane);
    if (turn < 90) return Spend();
    if (turn < 95) return Reverse();
    return Retry();
  }

 private:
  struct Earned {
    ledger::v1::EarnRequest request;
    std::string transaction_id;
  };

  Earned& AnyEarned() { return earned_[random_.Below(earned_.size())]; }

  std::unique_ptr<Exchange> Earn() {
    auto request = Of<ledger::v1::EarnRequest>(AnyMember(), kEarnedPoints);
    return NewExchange(kEarn, request, [this, request](const ledger::v1::EarnResponse& response) {
      Remember({request, response.transaction_id()});
      return int64_t{1};
    });
  }
  std::unique_ptr<Exchange> Hold(int lane) {
    return NewExchange(
        kPlaceHold, Of<ledger::v1::PlaceHoldRequest>(AnyEarned().request.member_id(), kSpentPoints),
        [this, lane](const ledger::v1::PlaceHoldResponse& response) {
          holds_[lane] = response.hold_id();
          return int64_t{1};
        });
  }
  std::unique_ptr<Exchange> Capture(std::string hold_id) {
    ledger::v1::CaptureHoldRequest request;
    request.set_request_id(NewRequestId(random_));
    request.set_hold_id(std::move(hold_id));
    request.set_source("bench");
    return NewExchange(kCaptureHold, request, One);
  }
  std::unique_ptr<Exchange> Spend() {
    return NewExchange(
        kSpend, Of<ledger::v1::SpendRequest>(AnyEarned().request.member_id(), kSpentPoints), One);
  }
  std::unique_ptr<Exchange> Reverse() {
    Earned& one = AnyEarned();
    ledger::v1::ReverseRequest request;
    request.set_request_id(NewRequestId(random_));
    request.set_transaction_id(one.transaction_id);
    request.set_source("bench");
    one = std::move(earned_.back());
    earned_.pop_back();
    return NewExchange(kReverse, request, One);
  }
  std::unique_ptr<Exchange> Retry() {
    return NewExchange(kEarn, AnyEarned().request,
                       [](const ledger::v1::EarnResponse&) { return int64_t{0}; });
  }

  void Remember(Earned one) {
    if (earned_.size() < 2 * kRemembered) {
      earned_.push_back(std::move(one));
    } else {
      AnyEarned() = std::move(one);
    }
  }

  static constexpr size_t kRemembered = 1'000;
  std::vector<Earned> earned_;
  std::vector<std::string> holds_;  // placed and not captured, by lane
};

// Looks at one balance after the other. What is accepted is counted as for postings: one each.
class Balance final : public LedgerWorkload {
 public:
  using LedgerWorkload::LedgerWorkload;
  std::unique_ptr<Exchange> Next(int) override {
    ledger::v1::GetBalanceRequest request;
    request.set_member_id(AnyMember());
    return NewExchange(kGetBalance, request, One);
  }
};

constexpr NamedWorkload kLedgerWorkloads[] = {
    {"earn", New<Earn>},       {"batch", New<Batch>},
    {"mixed", New<Mixed>},     {"hot_member", New<HotMember>},
    {"budget", New<Budget>},   {"balance", New<Balance>},
    {"history", New<History>},
};

}  // namespace

absl::Span<const NamedWorkload> LedgerWorkloads() { return kLedgerWorkloads; }

std::unique_ptr<Workload> NewWorkload(std::string_view name, const Material& material) {
  for (const absl::Span<const NamedWorkload> workloads :
       {LedgerWorkloads(), MemberWorkloads(), GiftWorkloads()}) {
    for (const NamedWorkload& workload : workloads) {
      if (workload.name == name) return workload.make(material);
    }
  }
  return nullptr;
}

std::vector<std::string> WorkloadNames() {
  std::vector<std::string> names;
  for (const absl::Span<const NamedWorkload> workloads :
       {LedgerWorkloads(), MemberWorkloads(), GiftWorkloads()}) {
    for (const NamedWorkload& workload : workloads) names.emplace_back(workload.name);
  }
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
