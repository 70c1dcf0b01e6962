#pragma once

#include <memory>

#include "absl/time/time.h"
#include "common/ledger/feed.h"
#include "common/rpc/shell.h"

namespace grpc {
class Service;
}

namespace gratis::ledger_service {

// gratis.ledger.v1.FeedService. The arguments outlive it; `heartbeat` is how long a stream may be
// silent.
std::unique_ptr<grpc::Service> MakeFeedService(rpc::Shell& shell, ledger::Feed& feed,
                                               absl::Duration heartbeat = absl::Seconds(10));

}  // namespace gratis::ledger_service
