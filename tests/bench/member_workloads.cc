#include <grpcpp/channel.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "gratis/members/v1/briefs.grpc.pb.h"
#include "gratis/members/v1/members.grpc.pb.h"
#include "gratis/members/v1/privacy.grpc.pb.h"
#include "tests/bench/workload.h"

namespace gratis::bench {
namespace {

using members::v1::BriefService;
using members::v1::MemberService;
using members::v1::PrivacyService;

int64_t One(const google::protobuf::Message&) { return 1; }

// Finds one person after the other, in no order, by the phone number that they say.
class Identify final : public Workload {
 public:
  Identify(const Material& material, const std::shared_ptr<grpc::Channel>& channel)
      : people_(material.people), random_(material.seed), stub_(MemberService::NewStub(channel)) {}

  std::unique_ptr<Exchange> Next(int) override {
    members::v1::IdentifyMemberRequest request;
    request.set_phone(PhoneOf(random_.Below(people_)));
    return NewExchange(*stub_, &MemberService::Stub::PrepareAsyncIdentifyMember, std::move(request),
                       One);
  }

 private:
  const uint64_t people_;
  base::SeededRandom random_;
  const std::unique_ptr<MemberService::Stub> stub_;
};

// What whoever serves should know of one person after the other, found by their phone number.
class Brief final : public Workload {
 public:
  Brief(const Material& material, const std::shared_ptr<grpc::Channel>& channel)
      : people_(material.people), random_(material.seed), stub_(BriefService::NewStub(channel)) {}

  std::unique_ptr<Exchange> Next(int) override {
    members::v1::GetBriefRequest request;
    request.mutable_identify()->set_phone(PhoneOf(random_.Below(people_)));
    return NewExchange(*stub_, &BriefService::Stub::PrepareAsyncGetBrief, std::move(request), One);
  }

 private:
  const uint64_t people_;
  base::SeededRandom random_;
  const std::unique_ptr<BriefService::Stub> stub_;
};

// Erases one member after the other, each once; for one thread.
class Erase final : public Workload {
 public:
  Erase(const Material& material, const std::shared_ptr<grpc::Channel>& channel)
      : members_(*material.members),
        random_(material.seed),
        stub_(PrivacyService::NewStub(channel)) {}

  std::unique_ptr<Exchange> Next(int) override {
    if (next_ == members_.size()) return nullptr;
    members::v1::EraseMemberRequest request;
    request.set_request_id(NewRequestId(random_));
    request.set_member_id(members_[next_++]);
    return NewExchange(*stub_, &PrivacyService::Stub::PrepareAsyncEraseMember, std::move(request),
                       One);
  }

 private:
  const std::vector<std::string>& members_;
  size_t next_ = 0;
  base::SeededRandom random_;
  const std::unique_ptr<PrivacyService::Stub> stub_;
};

constexpr NamedWorkload kWorkloads[] = {
    {"identify", New<Identify>},
    {"brief", New<Brief>},
    {"erase", New<Erase>},
};

}  // namespace

absl::Span<const NamedWorkload> MemberWorkloads() { return kWorkloads; }

std::string PhoneOf(uint64_t number) { return absl::StrFormat("+4179%07d", number); }

}  // namespace gratis::bench
