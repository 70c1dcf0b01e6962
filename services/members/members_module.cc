#include "services/members/members_module.h"

#include <optional>

#include "services/members/member_service.h"
#include "services/members/members.h"
#include "services/members/members_migrations.h"
#include "services/members/policy_service.h"
#include "services/members/standing_service.h"

namespace gratis::members {
namespace {

class MembersModule final : public app::Module {
 public:
  std::string_view name() const override { return "members"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    members_.emplace(house.vault, house.ids, house.pool);
    service_.emplace(house.shell, house.poster, *members_, house.vault);
    standing_.emplace(house.shell, house.poster, *members_, house.vault);
    policy_.emplace(house.shell, house.poster, *members_, house.ids);
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override { return {&*service_, &*standing_, &*policy_}; }

 private:
  std::optional<Members> members_;
  std::optional<MemberService> service_;
  std::optional<StandingService> standing_;
  std::optional<PolicyService> policy_;
};

}  // namespace

std::unique_ptr<app::Module> MakeMembersModule() { return std::make_unique<MembersModule>(); }

}  // namespace gratis::members
