#pragma once

#include <memory>

#include "common/pg/pool.h"
#include "common/rpc/shell.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.AuditService. The arguments outlive it.
std::unique_ptr<grpc::Service> MakeAuditService(rpc::Shell& shell, pg::Pool& pool);

}  // namespace gratis::ledger_service
