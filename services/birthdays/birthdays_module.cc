#include "services/birthdays/birthdays_module.h"

#include <optional>

#include "common/jobs/scheduler.h"
#include "common/obs/log.h"
#include "services/birthdays/birthday_service.h"
#include "services/birthdays/birthdays.h"
#include "services/birthdays/birthdays_migrations.h"
#include "services/birthdays/members_client.h"

namespace gratis::birthdays {
namespace {

// Every zone's offset is a multiple of it, so a local hour begins when one of these does.
constexpr absl::Duration kEvery = absl::Minutes(15);
constexpr absl::Duration kRunLimit = absl::Minutes(5);

class BirthdaysModule final : public app::Module {
 public:
  std::string_view name() const override { return "birthdays"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }

  absl::Status Start(app::House& house) override {
    members_.emplace([&house] { return house.ChannelTo("members"); });
    birthdays_.emplace(house.pool, house.poster, *members_, house.ids, house.vault);
    service_.emplace(house.shell, house.poster, *birthdays_, house.ids);
    house.jobs.Add({.name = "birthdays.gifts",
                    .every = kEvery,
                    .run = [this, &house](const ledger::Program& program, absl::Time now,
                                          std::stop_token stop) {
                      return RunJob(house, program, now, std::move(stop));
                    }});
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override { return {&*service_}; }

 private:
  absl::Status RunJob(app::House& house, const ledger::Program& program, absl::Time now,
                      std::stop_token stop) {
    const absl::StatusOr<RunReport> report =
        birthdays_->Run({.program = program,
                         .actor = kBirthdaysActor,
                         .now = now,
                         .through = std::nullopt,
                         .deadline = house.real_clock.Now() + kRunLimit,
                         .stop = std::move(stop)});
    if (!report.ok()) return report.status();
    if (report->given.gifts > 0 || report->defaults > 0) {
      house.log.Info("birthday gifts given", {{"program", program.code},
                                              {"gifts", report->given.gifts},
                                              {"points", report->given.points},
                                              {"vouchers_minor_units", report->given.minor_units},
                                              {"items", report->given.items},
                                              {"choices", report->given.choices},
                                              {"defaults", report->defaults}});
    }
    return absl::OkStatus();
  }

  std::optional<MembersClient> members_;
  std::optional<Birthdays> birthdays_;
  std::optional<BirthdayService> service_;
};

}  // namespace

std::unique_ptr<app::Module> MakeBirthdaysModule() { return std::make_unique<BirthdaysModule>(); }

}  // namespace gratis::birthdays
