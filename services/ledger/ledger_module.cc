#include "services/ledger/ledger_module.h"

#include <grpcpp/impl/codegen/service_type.h>

#include "common/vault/vault.h"
#include "services/ledger/budget_service.h"
#include "services/ledger/clock_service.h"
#include "services/ledger/feed_service.h"
#include "services/ledger/key_service.h"
#include "services/ledger/ledger_service.h"
#include "services/ledger/program_service.h"
#include "services/ledger/unit_service.h"
#include "services/ledger/voucher_service.h"

namespace gratis::ledger_service {
namespace {

class LedgerModule final : public app::Module {
 public:
  std::string_view name() const override { return "ledger"; }
  std::vector<pg::Migration> migrations() const override { return {}; }

  absl::Status Start(app::House& house) override {
    services_.push_back(MakeLedgerService(house.shell, house.pool, house.poster, house.ids,
                                          house.vault.Derive("chain")));
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
    services_.push_back(MakeClockService(house.shell, house.poster, house.clock, house.ids));
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override {
    std::vector<grpc::Service*> services;
    for (const auto& service : services_) services.push_back(service.get());
    return services;
  }

 private:
  std::vector<std::unique_ptr<grpc::Service>> services_;
};

}  // namespace

std::unique_ptr<app::Module> MakeModule() { return std::make_unique<LedgerModule>(); }

}  // namespace gratis::ledger_service
