#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <memory>
#include <string>
#include <vector>

#include "common/ledger/program.h"
#include "common/ledger/verify.h"
#include "common/pg/pool.h"
#include "common/rpc/producer.h"
#include "common/rpc/worker_pool.h"

namespace gratis::ledger::v1 {
class Anchor;
class VerifyLedgerResponse;
class VerifyPartitionResponse;
}  // namespace gratis::ledger::v1

namespace gratis::ledger_service {

// How many partitions are verified at a time, by the whole process.
constexpr int kVerifyWorkers = 2;
// How many checks of whole programs may wait for their turn.
constexpr int kMaxVerifications = 16;

// How many anchors one call may bring.
constexpr int kMaxAnchors = 10'000;

// Errors: FIELD_INVALID of "anchors…".
absl::StatusOr<std::vector<ledger::Anchor>> AnchorsOf(
    const google::protobuf::RepeatedPtrField<ledger::v1::Anchor>& anchors);

// What was found in a partition of the program `code`.
void ToProto(const ledger::Verification& found, const std::string& code,
             ledger::v1::VerifyPartitionResponse& out);

// Verifies all partitions of the programs on `workers`, which have kVerifyWorkers threads and room
// for as much work for each of kMaxVerifications, and tells of it. Lets go of them, after a page
// each, when it goes. `workers` and `pool` outlive it. Errors: OVERLOADED.
absl::StatusOr<std::unique_ptr<rpc::Producer<ledger::v1::VerifyLedgerResponse>>> VerifyLedger(
    rpc::WorkerPool& workers, pg::Pool& pool, std::vector<ledger::Program> programs,
    std::vector<ledger::Anchor> anchors, const std::string& chain_key, rpc::Waker wake);

}  // namespace gratis::ledger_service
