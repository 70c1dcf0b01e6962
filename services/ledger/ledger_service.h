#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.LedgerService. The arguments outlive it; `chain_key` is the poster's.
std::unique_ptr<grpc::Service> MakeLedgerService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, base::IdSource& ids,
                                                 std::string chain_key);

}  // namespace gratis::ledger_service
