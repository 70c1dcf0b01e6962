#pragma once

#include <memory>

#include "common/pg/pool.h"
#include "common/rpc/shell.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.StatementService. The arguments outlive it.
std::unique_ptr<grpc::Service> MakeStatementService(rpc::Shell& shell, pg::Pool& pool);

}  // namespace gratis::ledger_service
