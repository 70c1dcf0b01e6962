#include "services/members/members_module.h"

#include <optional>

#include "services/members/member_service.h"
#include "services/members/members.h"
#include "services/members/members_migrations.h"
#include "services/members/token_service.h"

namespace gratis::members {
namespace {

class MembersModule final : public app::Module {
 public:
  std::string_view name() const override { return "members"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    members_.emplace(house.vault, house.ids, house.pool);
    service_.emplace(house.shell, house.poster, *members_);
    tokens_.emplace(house.shell, *members_);
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override { return {&*service_, &*tokens_}; }

 private:
  std::optional<Members> members_;
  std::optional<MemberService> service_;
  std::optional<TokenService> tokens_;
};

}  // namespace

std::unique_ptr<app::Module> MakeMembersModule() { return std::make_unique<MembersModule>(); }

}  // namespace gratis::members
