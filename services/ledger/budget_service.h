#pragma once

#include <memory>

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "common/vault/vault.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.BudgetService. The arguments outlive it.
std::unique_ptr<grpc::Service> MakeBudgetService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, const vault::Vault& vault,
                                                 base::IdSource& ids);

}  // namespace gratis::ledger_service
