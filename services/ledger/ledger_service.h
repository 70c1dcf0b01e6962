#pragma once

#include <memory>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "common/vault/vault.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.LedgerService. The arguments outlive it; the poster's chain key is the vault's.
std::unique_ptr<grpc::Service> MakeLedgerService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, const vault::Vault& vault,
                                                 base::IdSource& ids);

}  // namespace gratis::ledger_service
