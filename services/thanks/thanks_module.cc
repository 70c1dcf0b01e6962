#include "services/thanks/thanks_module.h"

#include <optional>

#include "services/thanks/members_client.h"
#include "services/thanks/thanks.h"
#include "services/thanks/thanks_migrations.h"
#include "services/thanks/thanks_service.h"

namespace gratis::thanks {
namespace {

class ThanksModule final : public app::Module {
 public:
  std::string_view name() const override { return "thanks"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    thanks_.emplace(house.pool, house.vault);
    members_.emplace([&house] { return house.ChannelTo("members"); });
    service_.emplace(house.shell, house.poster, *thanks_, *members_, house.ids);
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override { return {&*service_}; }

 private:
  std::optional<Thanks> thanks_;
  std::optional<MembersClient> members_;
  std::optional<ThanksService> service_;
};

}  // namespace

std::unique_ptr<app::Module> MakeThanksModule() { return std::make_unique<ThanksModule>(); }

}  // namespace gratis::thanks
