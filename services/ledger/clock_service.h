#pragma once

#include <memory>

#include "common/base/random.h"
#include "common/house/clock.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.ClockService. The arguments outlive it.
std::unique_ptr<grpc::Service> MakeClockService(rpc::Shell& shell, ledger::Poster& poster,
                                                house::ProgramClock& clock, base::IdSource& ids);

}  // namespace gratis::ledger_service
