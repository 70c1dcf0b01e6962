#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/thanks_rules.h"

// The tables of schema `thanks`, one function per query.
namespace gratis::thanks {

// The policy in force; the default one when none was set.
absl::StatusOr<Policy> ReadPolicy(pg::Tx& tx, const ledger::Program& program);

// The policy as it was in `version`; 0 is the default one.
absl::StatusOr<Policy> ReadPolicyVersion(pg::Tx& tx, const ledger::Program& program,
                                         int32_t version);

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at);

// All purchases of one partition's set at once.
void InsertPurchases(pg::Tx& tx, int32_t partition, absl::Span<const Purchase* const> purchases);

absl::StatusOr<std::optional<Purchase>> ReadPurchase(pg::Tx& tx, int32_t partition,
                                                     const PurchaseId& id);

// At most `limit` purchases of a member after `after` (nil: from the first), by id.
absl::StatusOr<std::vector<Purchase>> ListPurchases(pg::Tx& tx, int32_t partition,
                                                    const MemberId& member, const PurchaseId& after,
                                                    int32_t limit);

}  // namespace gratis::thanks
