#include "tests/bench/enroll.h"

#include <algorithm>
#include <utility>

#include "gratis/members/v1/members.pb.h"

namespace gratis::bench {
namespace {

constexpr Method<members::v1::BatchEnrollMembersRequest, members::v1::BatchEnrollMembersResponse>
    kBatchEnroll{"/gratis.members.v1.MemberService/BatchEnrollMembers"};

constexpr int kEnrolledAtOnce = 500;
constexpr int kInFlight = 8;

class Enrollment final : public Workload {
 public:
  explicit Enrollment(std::vector<std::string>& ids) : ids_(ids) {}

  std::unique_ptr<Exchange> Next(int) override {
    const size_t first = next_;
    if (first >= ids_.size()) return nullptr;
    next_ = std::min(first + kEnrolledAtOnce, ids_.size());
    members::v1::BatchEnrollMembersRequest batch;
    for (size_t i = first; i < next_; ++i) {
      members::v1::EnrollMemberRequest& one = *batch.add_requests();
      one.set_request_id("enroll-" + std::to_string(i));
      members::v1::ExternalId& name = *one.mutable_profile()->add_external_ids();
      name.set_source("bench");
      name.set_id(std::to_string(i));
    }
    return NewExchange(kBatchEnroll, batch,
                       [this, first](const members::v1::BatchEnrollMembersResponse& response) {
                         int64_t enrolled = 0;
                         for (int i = 0; i < response.results_size(); ++i) {
                           ids_[first + i] = response.results(i).response().member_id();
                           if (!ids_[first + i].empty()) ++enrolled;
                         }
                         return enrolled;
                       });
  }

 private:
  std::vector<std::string>& ids_;
  size_t next_ = 0;
};

}  // namespace

std::vector<std::string> EnrollMembers(const Target& target, int count) {
  std::vector<std::string> ids(count);
  const Pace to_the_end{.in_flight = kInFlight, .warmup_seconds = 0, .seconds = 0};
  DriveClosed(target, to_the_end, [&](int) { return std::make_unique<Enrollment>(ids); });
  return ids;
}

}  // namespace gratis::bench
