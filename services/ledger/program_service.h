#pragma once

#include <memory>

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/rpc/shell.h"
#include "common/vault/vault.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.ProgramService. The arguments outlive it.
std::unique_ptr<grpc::Service> MakeProgramService(rpc::Shell& shell, ledger::Poster& poster,
                                                  ledger::ProgramDirectory& programs,
                                                  const vault::Vault& vault, base::IdSource& ids);

}  // namespace gratis::ledger_service
