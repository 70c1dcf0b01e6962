#pragma once

#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/ledger/voucher_code.h"
#include "common/rpc/call.h"
#include "common/rpc/method.h"
#include "common/rpc/reply.h"
#include "services/ledger/voucher_lookup.h"

namespace gratis::ledger::v1 {
class PostBatchRequest;
class PostBatchResponse;
}  // namespace gratis::ledger::v1

namespace gratis::ledger_service {

// What posting a batch takes. All of it outlives the call.
struct BatchPosting {
  ledger::Poster& poster;
  ledger::MutationKind& kind;
  base::IdSource& ids;
  rpc::Methods& methods;  // who may make an item as a call of its own
  const ledger::VoucherCodes& codes;
  const VoucherLookup& vouchers;
};

// Posts a batch, each item by itself or all together, and answers when all have their outcome.
void PostBatch(const BatchPosting& posting, const rpc::Call& call,
               const ledger::v1::PostBatchRequest& request,
               rpc::Reply<ledger::v1::PostBatchResponse> reply);

}  // namespace gratis::ledger_service
