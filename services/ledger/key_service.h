#pragma once

#include <memory>
#include <string>

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.KeyService. The arguments outlive it; `api_key_secret` is the vault's "api-key".
std::unique_ptr<grpc::Service> MakeKeyService(rpc::Shell& shell, pg::Pool& pool,
                                              ledger::Poster& poster,
                                              ledger::ProgramDirectory& programs,
                                              base::IdSource& ids, std::string api_key_secret);

}  // namespace gratis::ledger_service
