#pragma once

#include <memory>

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.ReportService. The arguments outlive it.
std::unique_ptr<grpc::Service> MakeReportService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, base::IdSource& ids);

}  // namespace gratis::ledger_service
