#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "services/messages/recipients.h"

namespace grpc {
class Channel;
}

namespace gratis::messages {

// Recipients, as the members service knows them: its calls GetMember, BatchGetConsents,
// GetPreferences and RecordConsent.
class MembersClient final : public Recipients {
 public:
  // `channel` is asked for with each call and is cheap.
  explicit MembersClient(std::function<std::shared_ptr<grpc::Channel>()> channel)
      : channel_(std::move(channel)) {}

  std::vector<absl::StatusOr<Recipient>> Find(const ledger::Program& program,
                                              absl::Span<const Asked> asked,
                                              absl::Time deadline) override;
  absl::Status Withdraw(const ledger::Program& program, const MemberId& member,
                        std::string_view request_id, absl::Time deadline) override;

 private:
  const std::function<std::shared_ptr<grpc::Channel>()> channel_;
};

}  // namespace gratis::messages
