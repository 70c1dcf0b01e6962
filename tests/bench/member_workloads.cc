#include <utility>

#include "absl/strings/str_format.h"
#include "gratis/members/v1/briefs.pb.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/privacy.pb.h"
#include "tests/bench/workload.h"

namespace gratis::bench {
namespace {

constexpr Method<members::v1::IdentifyMemberRequest, members::v1::IdentifyMemberResponse>
    kIdentifyMember{"/gratis.members.v1.MemberService/IdentifyMember"};
constexpr Method<members::v1::GetBriefRequest, members::v1::GetBriefResponse> kGetBrief{
    "/gratis.members.v1.BriefService/GetBrief"};
constexpr Method<members::v1::EraseMemberRequest, members::v1::EraseMemberResponse> kEraseMember{
    "/gratis.members.v1.PrivacyService/EraseMember"};

int64_t OneMember(const google::protobuf::Message&) { return 1; }

// Finds one person after the other, in no order, by the phone number that they say.
class Identify final : public Workload {
 public:
  explicit Identify(const Material& material) : people_(material.people), random_(material.seed) {}

  std::unique_ptr<Exchange> Next(int) override {
    members::v1::IdentifyMemberRequest request;
    request.set_phone(PhoneOf(random_.Below(people_)));
    return NewExchange(kIdentifyMember, request, OneMember);
  }

 private:
  const uint64_t people_;
  base::SeededRandom random_;
};

// What whoever serves should know of one person after the other, found by their phone number.
class Brief final : public Workload {
 public:
  explicit Brief(const Material& material) : people_(material.people), random_(material.seed) {}

  std::unique_ptr<Exchange> Next(int) override {
    members::v1::GetBriefRequest request;
    request.mutable_identify()->set_phone(PhoneOf(random_.Below(people_)));
    return NewExchange(kGetBrief, request, OneMember);
  }

 private:
  const uint64_t people_;
  base::SeededRandom random_;
};

// Erases one member after the other, each once; for one thread.
class Erase final : public Workload {
 public:
  explicit Erase(const Material& material) : members_(*material.members), random_(material.seed) {}

  std::unique_ptr<Exchange> Next(int) override {
    if (next_ == members_.size()) return nullptr;
    members::v1::EraseMemberRequest request;
    request.set_request_id(NewRequestId(random_));
    request.set_member_id(members_[next_++]);
    return NewExchange(kEraseMember, request, OneMember);
  }

 private:
  const std::vector<std::string>& members_;
  size_t next_ = 0;
  base::SeededRandom random_;
};

constexpr NamedWorkload kMemberWorkloads[] = {
    {"identify", New<Identify>},
    {"brief", New<Brief>},
    {"erase", New<Erase>},
};

}  // namespace

absl::Span<const NamedWorkload> MemberWorkloads() { return kMemberWorkloads; }

std::string PhoneOf(uint64_t number) { return absl::StrFormat("+4179%07d", number); }

}  // namespace gratis::bench
