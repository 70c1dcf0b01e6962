#include "services/thanks/thanks_module.h"

#include <optional>
#include <utility>

#include "common/base/clock.h"
#include "common/house/clock.h"
#include "common/jobs/journal_follower.h"
#include "common/jobs/scheduler.h"
#include "common/obs/log.h"
#include "services/thanks/activations.h"
#include "services/thanks/complaint_service.h"
#include "services/thanks/members_client.h"
#include "services/thanks/messages_client.h"
#include "services/thanks/order_desk.h"
#include "services/thanks/purchase_changes.h"
#include "services/thanks/queue_service.h"
#include "services/thanks/return_service.h"
#include "services/thanks/surprise_service.h"
#include "services/thanks/thanks.h"
#include "services/thanks/thanks_migrations.h"
#include "services/thanks/thanks_service.h"
#include "services/thanks/trigger_aftermath.h"
#include "services/thanks/trigger_due.h"
#include "services/thanks/trigger_service.h"
#include "services/thanks/trigger_welcome.h"
#include "services/thanks/triggers.h"
#include "services/thanks/wish_aftermath.h"
#include "services/thanks/wish_service.h"
#include "services/thanks/wish_telling.h"

namespace gratis::thanks {
namespace {

// How late something may come that is due.
constexpr absl::Duration kEvery = absl::Minutes(1);
constexpr absl::Duration kRunLimit = absl::Minutes(5);

class ThanksModule final : public app::Module {
 public:
  std::string_view name() const override { return "thanks"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    thanks_.emplace(house.pool, house.vault);
    members_.emplace([&house] { return house.ChannelTo("members"); });
    messages_.emplace([&house] { return house.ChannelTo("messages"); });
    desk_.emplace(*thanks_, *members_, house.ids);
    triggers_.emplace(house.pool, trigger_reader_);
    aftermath_.emplace(trigger_reader_, house.vault);
    wish_aftermath_.emplace(*aftermath_);
    changes_.emplace(&*wish_aftermath_);
    service_.emplace(house.shell, house.poster, *thanks_, *desk_, *members_, *changes_, *triggers_,
                     *messages_, house.ids);
    returns_.emplace(house.shell, house.poster, *desk_, *changes_);
    queues_.emplace(house.shell, house.poster, *desk_, *changes_);
    trigger_service_.emplace(house.shell, house.poster, house.pool, *triggers_, *thanks_,
                             house.ids);
    complaint_service_.emplace(house.shell, house.poster, house.pool, house.ids);
    restocks_.emplace(house.pool, house.poster);
    wish_service_.emplace(house.shell, house.poster, house.pool, *restocks_, house.ids);
    StartGiving(house);
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override {
    return {&*service_,           &*returns_,          &*queues_,      &*trigger_service_,
            &*complaint_service_, &*surprise_service_, &*wish_service_};
  }

  void Stop() override {
    if (follower_) follower_->Stop();
  }

 private:
  void StartGiving(app::House& house) {
    due_.emplace(house.pool, house.poster, trigger_reader_, house.vault);
    gifts_.emplace(house.pool, house.poster, house.vault);
    surprise_service_.emplace(house.shell, house.poster, house.pool, *gifts_, house.ids);
    house.jobs.Add({.name = "thanks.due",
                    .every = kEvery,
                    .run = [this, &house](const ledger::Program& program, absl::Time now,
                                          std::stop_token stop) {
                      return GiveDue(house, program, now, stop);
                    }});
    activations_.emplace(house.pool, house.poster, *changes_, house.ids);
    house.jobs.Add({.name = "thanks.pending",
                    .every = kEvery,
                    .run = [this, &house](const ledger::Program& program, absl::Time now,
                                          std::stop_token stop) {
                      return activations_
                          ->Run(program, now, house.real_clock.Now() + kRunLimit, stop)
                          .status();
                    }});
    welcomes_.emplace(house.pool, house.poster, trigger_reader_, house.vault);
    jobs::Projection sign_ups{
        .name = "welcomes",
        .kinds = {ledger::FactKind::kMemberEnrolled},
        .followed = [this](const ledger::Program& program,
                           absl::Time deadline) { return welcomes_->Followed(program, deadline); },
        .keep =
            [this](const ledger::Program& program, int32_t partition, absl::Time now,
                   absl::Time deadline, const std::stop_token& stop) {
              return welcomes_->Keep(program, partition, now, deadline, stop);
            }};
    follower_.emplace(
        jobs::JournalFollowerOptions{}, house.feed, std::move(sign_ups),
        [&house](absl::Time deadline) { return jobs::AllPrograms(house.programs, deadline); },
        [&house](int32_t program) { return house.clock.Now(program); }, house.real_clock,
        house.log);
    follower_->Start();
  }

  absl::Status GiveDue(app::House& house, const ledger::Program& program, absl::Time now,
                       const std::stop_token& stop) {
    const absl::Time deadline = house.real_clock.Now() + kRunLimit;
    // What one of the three fails at holds up neither of the others.
    const absl::StatusOr<DueReport> report = due_->Run(program, now, deadline, stop);
    absl::Status first_error = report.status();
    if (report.ok() && report->acted > 0) {
      house.log.Info("triggers acted on what was due",
                     {{"program", program.code}, {"acted", report->acted}});
    }
    first_error.Update(gifts_->Run(program, now, deadline, stop));
    first_error.Update(restocks_->Run(program, now, deadline, stop));
    return first_error;
  }

  TriggerReader trigger_reader_;
  std::optional<Thanks> thanks_;
  std::optional<MembersClient> members_;
  std::optional<MessagesClient> messages_;
  std::optional<OrderDesk> desk_;
  std::optional<Triggers> triggers_;
  std::optional<TriggerAftermath> aftermath_;
  std::optional<WishAftermath> wish_aftermath_;
  std::optional<PurchaseChanges> changes_;
  std::optional<ThanksService> service_;
  std::optional<ReturnService> returns_;
  std::optional<QueueService> queues_;
  std::optional<TriggerService> trigger_service_;
  std::optional<ComplaintService> complaint_service_;
  std::optional<Restocks> restocks_;
  std::optional<WishService> wish_service_;
  std::optional<DueThanks> due_;
  std::optional<Activations> activations_;
  std::optional<SurpriseGifts> gifts_;
  std::optional<SurpriseService> surprise_service_;
  std::optional<Welcomes> welcomes_;
  std::optional<jobs::JournalFollower> follower_;
};

}  // namespace

std::unique_ptr<app::Module> MakeThanksModule() { return std::make_unique<ThanksModule>(); }

}  // namespace gratis::thanks
