#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

// What members redeem of what messages told them they have.
namespace gratis::messages {

// The kinds of facts that redeem points or a voucher, or bring back what was redeemed.
const std::vector<ledger::FactKind>& RedemptionKinds();
bool IsRedemption(ledger::FactKind kind);

// Counts what these rows of one partition redeem, for the messages that carried it, and what they
// bring back, for those no more. To be called once for each row, in the transaction in which the
// partition's cursor moves past it. `now` is program time.
absl::Status CountRedemptions(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                              absl::Span<const ledger::JournalRow> rows, absl::Time now);

}  // namespace gratis::messages
