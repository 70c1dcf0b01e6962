#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "services/thanks/said_messages.h"

namespace grpc {
class Channel;
}

namespace gratis::thanks {

// What the messages service knows, by its call ListMessages. It is only ever asked: what is to be
// said it reads in the journal.
class MessagesClient final : public SaidMessages {
 public:
  // `channel` is asked for with each call and is cheap.
  explicit MessagesClient(std::function<std::shared_ptr<grpc::Channel>()> channel)
      : channel_(std::move(channel)) {}

  absl::StatusOr<std::vector<messages::v1::Message>> About(const ledger::Program& program,
                                                           const MemberId& member,
                                                           const PurchaseId& purchase,
                                                           absl::Time deadline) const override;

 private:
  const std::function<std::shared_ptr<grpc::Channel>()> channel_;
};

}  // namespace gratis::thanks
