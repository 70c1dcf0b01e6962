#include "services/members/members_module.h"

#include <optional>

#include "common/base/clock.h"
#include "common/jobs/scheduler.h"
#include "services/members/card_service.h"
#include "services/members/cards.h"
#include "services/members/member_service.h"
#include "services/members/members.h"
#include "services/members/members_migrations.h"
#include "services/members/proof_service.h"
#include "services/members/proving.h"

namespace gratis::members {
namespace {

// Codes and tokens that are over are worth nothing; that they are gone is tidiness.
constexpr absl::Duration kForgetEvery = absl::Hours(1);
constexpr absl::Duration kForgetLimit = absl::Minutes(1);

class MembersModule final : public app::Module {
 public:
  std::string_view name() const override { return "members"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    members_.emplace(house.vault, house.ids, house.pool);
    cards_.emplace(house.vault, house.ids, house.pool);
    proving_.emplace(house.vault, house.pool);
    service_.emplace(house.shell, house.poster, *members_, *proving_);
    card_service_.emplace(house.shell, house.poster, *cards_);
    proof_service_.emplace(house.shell, house.poster, house.ids, *members_, *proving_);
    house.jobs.Add(
        {.name = "members.proofs",
         .every = kForgetEvery,
         .run = [this, &house](const ledger::Program& program, absl::Time now,
                               const std::stop_token&) {
           return proving_->ForgetOver(program, {now, house.real_clock.Now() + kForgetLimit});
         }});
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override {
    return {&*service_, &*card_service_, &*proof_service_};
  }

 private:
  std::optional<Members> members_;
  std::optional<Cards> cards_;
  std::optional<Proving> proving_;
  std::optional<MemberService> service_;
  std::optional<CardService> card_service_;
  std::optional<ProofService> proof_service_;
};

}  // namespace

std::unique_ptr<app::Module> MakeMembersModule() { return std::make_unique<MembersModule>(); }

}  // namespace gratis::members
