#pragma once

#include <functional>
#include <memory>

#include "gratis/members/v1/members.pb.h"
#include "services/thanks/organizations.h"

namespace grpc {
class Channel;
}
namespace gratis::rpc {
struct Call;
}

namespace gratis::thanks {

// What the members service knows: of organizations, by its call WhoEarns, and of members whom this
// service found.
class MembersClient final : public Organizations {
 public:
  // `channel` is asked for with each call and is cheap.
  explicit MembersClient(std::function<std::shared_ptr<grpc::Channel>()> channel)
      : channel_(std::move(channel)) {}

  absl::StatusOr<int32_t> PercentOf(const ledger::Program& program, const MemberId& member,
                                    const MemberId& organization, absl::Time deadline) override;

  // As IdentifyMember would answer the caller, a till with a weak proof. Errors: MEMBER_NOT_FOUND,
  // MEMBER_ERASED, and those of the way there.
  absl::StatusOr<members::v1::IdentifyMemberResponse> Introduce(const rpc::Call& call,
                                                                const MemberId& member) const;

 private:
  const std::function<std::shared_ptr<grpc::Channel>()> channel_;
};

}  // namespace gratis::thanks
