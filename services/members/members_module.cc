#include "services/members/members_module.h"

#include <optional>

#include "services/members/member_service.h"
#include "services/members/members.h"
#include "services/members/members_migrations.h"
#include "services/members/policy_service.h"
#include "services/members/privacy_service.h"
#include "services/members/standing_service.h"
#include "services/members/token_service.h"
#include "services/members/vault_service.h"

namespace gratis::members {
namespace {

class MembersModule final : public app::Module {
 public:
  std::string_view name() const override { return "members"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    members_.emplace(house.vault, house.ids, house.pool);
    service_.emplace(house.shell, house.poster, *members_, house.vault);
    privacy_service_.emplace(house.shell, *members_);
    rotation_.emplace(house.vault, house.ids, house.pool, house.poster, house.programs);
    vault_service_.emplace(house.shell, house.poster, *rotation_, house.vault);
    tokens_.emplace(house.shell, *members_);
    standing_.emplace(house.shell, house.poster, *members_, house.vault);
    policy_.emplace(house.shell, house.poster, *members_, house.ids);
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override {
    return {&*service_, &*standing_, &*policy_, &*privacy_service_, &*tokens_, &*vault_service_};
  }

 private:
  std::optional<Members> members_;
  std::optional<MemberService> service_;
  std::optional<PrivacyService> privacy_service_;
  std::optional<KeyRotation> rotation_;
  std::optional<VaultService> vault_service_;
  std::optional<TokenService> tokens_;
  std::optional<StandingService> standing_;
  std::optional<PolicyService> policy_;
};

}  // namespace

std::unique_ptr<app::Module> MakeMembersModule() { return std::make_unique<MembersModule>(); }

}  // namespace gratis::members
