#include "services/ledger/ledger_module.h"

#include <grpcpp/impl/codegen/service_type.h>

#include "common/jobs/scheduler.h"
#include "common/ledger/sweep.h"
#include "common/obs/log.h"
#include "common/status/macros.h"
#include "common/vault/vault.h"
#include "services/ledger/audit_service.h"
#include "services/ledger/budget_service.h"
#include "services/ledger/clock_service.h"
#include "services/ledger/feed_service.h"
#include "services/ledger/key_service.h"
#include "services/ledger/ledger_service.h"
#include "services/ledger/program_service.h"
#include "services/ledger/report_service.h"
#include "services/ledger/statement_service.h"
#include "services/ledger/unit_service.h"
#include "services/ledger/voucher_service.h"

namespace gratis::ledger_service {
namespace {

// How late time's own doings may be posted. Nothing depends on it: whoever looks settles first.
constexpr absl::Duration kDueEvery = absl::Minutes(1);
// Who sleeps is found by looking through all wallets.
constexpr absl::Duration kAsleepEvery = absl::Hours(24);
constexpr absl::Duration kSweepLimit = absl::Minutes(2);  // of one run; the next one goes on

class LedgerModule final : public app::Module {
 public:
  std::string_view name() const override { return "ledger"; }
  std::vector<pg::Migration> migrations() const override { return {}; }

  absl::Status Start(app::House& house) override {
    services_.push_back(
        MakeLedgerService(house.shell, house.pool, house.poster, house.vault, house.ids));
    services_.push_back(
        MakeProgramService(house.shell, house.poster, house.programs, house.vault, house.ids));
    services_.push_back(MakeKeyService(house.shell, house.pool, house.poster, house.programs,
                                       house.ids, house.vault.Derive("api-key")));
    services_.push_back(MakeUnitService(house.shell, house.pool, house.poster, house.ids));
    services_.push_back(MakeFeedService(house.shell, house.feed));
    services_.push_back(
        MakeVoucherService(house.shell, house.pool, house.poster, house.vault, house.ids));
    services_.push_back(
        MakeBudgetService(house.shell, house.pool, house.poster, house.vault, house.ids));
    services_.push_back(MakeStatementService(house.shell, house.pool));
    services_.push_back(MakeReportService(house.shell, house.pool, house.poster, house.ids));
    services_.push_back(MakeAuditService(house.shell, house.pool));
    services_.push_back(MakeClockService(house.shell, house.poster, house.clock, house.ids));
    AddSweep(house, "ledger.due", kDueEvery, ledger::DueMembers::Which::kByWallet);
    AddSweep(house, "ledger.asleep", kAsleepEvery, ledger::DueMembers::Which::kAll);
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override {
    std::vector<grpc::Service*> services;
    for (const auto& service : services_) services.push_back(service.get());
    return services;
  }

 private:
  static void AddSweep(app::House& house, std::string name, absl::Duration every,
                       ledger::DueMembers::Which which) {
    house.jobs.Add({.name = std::move(name),
                    .every = every,
                    .run = [&house, which](const ledger::Program& program, absl::Time now,
                                           std::stop_token stop) -> absl::Status {
                      ASSIGN_OR_RETURN(
                          const int64_t settled,
                          ledger::SweepProgram(house.pool, house.poster,
                                               {.program = program,
                                                .now = now,
                                                .deadline = house.real_clock.Now() + kSweepLimit,
                                                .which = which,
                                                .stop = std::move(stop)}));
                      if (settled > 0) {
                        house.log.Info("what was due is posted",
                                       {{"program", program.code}, {"members", settled}});
                      }
                      return absl::OkStatus();
                    }});
  }

  std::vector<std::unique_ptr<grpc::Service>> services_;
};

}  // namespace

std::unique_ptr<app::Module> MakeModule() { return std::make_unique<LedgerModule>(); }

}  // namespace gratis::ledger_service
