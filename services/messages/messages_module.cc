#include "services/messages/messages_module.h"

#include <optional>

#include "common/status/macros.h"
#include "services/messages/content.h"
#include "services/messages/delivering.h"
#include "services/messages/messages_migrations.h"
#include "services/messages/outbox.h"

namespace gratis::messages {
namespace {

// What is said, and how it goes out: the two halves share the outbox and nothing else.
class MessagesModule final : public app::Module {
 public:
  std::string_view name() const override { return "messages"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    outbox_.emplace(house.ids, house.real_clock);
    content_.emplace(house, *outbox_);
    delivering_.emplace(house, *outbox_, content_->letters());
    RETURN_IF_ERROR(delivering_->Start());
    return content_->Start();
  }

  std::vector<grpc::Service*> services() override {
    std::vector<grpc::Service*> all = delivering_->services();
    for (grpc::Service* service : content_->services()) all.push_back(service);
    return all;
  }

  void Stop() override {
    if (content_) content_->Stop();
    if (delivering_) delivering_->Stop();
  }

 private:
  std::optional<Outbox> outbox_;
  std::optional<Content> content_;
  std::optional<Delivering> delivering_;
};

}  // namespace

std::unique_ptr<app::Module> MakeMessagesModule() { return std::make_unique<MessagesModule>(); }

}  // namespace gratis::messages
