#pragma once

#include <functional>
#include <memory>

#include "services/thanks/organizations.h"

namespace grpc {
class Channel;
}

namespace gratis::thanks {

// Organizations, as the members service knows them: its call WhoEarns.
class MembersClient final : public Organizations {
 public:
  // `channel` is asked for with each call and is cheap.
  explicit MembersClient(std::function<std::shared_ptr<grpc::Channel>()> channel)
      : channel_(std::move(channel)) {}

  absl::StatusOr<int32_t> PercentOf(const ledger::Program& program, const MemberId& member,
                                    const MemberId& organization, absl::Time deadline) override;

 private:
  const std::function<std::shared_ptr<grpc::Channel>()> channel_;
};

}  // namespace gratis::thanks
