#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/ledger/program.h"
#include "common/ledger/verify.h"
#include "common/pg/tx.h"

// What verify looks at that no partition's journal tells by itself.
namespace gratis::ledger {

// The budgets of a program whose total is not what its partitions spent.
absl::Status CheckBudgets(pg::Tx& tx, const Program& program, std::vector<Damage>& damages);

// Rows of partitions and programs that there are none of.
absl::Status FindForeignRows(pg::Tx& tx, std::vector<Damage>& damages);

}  // namespace gratis::ledger
