#pragma once

#include <memory>

#include "common/app/module.h"

namespace gratis::ledger_service {

// The ledger's face as a module of a process: gratis.ledger.v1's LedgerService, FeedService,
// UnitService, VoucherService, BudgetService, ProgramService, KeyService, AuditService and
// ClockService. It has no tables of its own.
std::unique_ptr<app::Module> MakeModule();

}  // namespace gratis::ledger_service
