#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/ops.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// Makes a budget, or changes the limit of one that is there. The posting is of no member.
absl::Status SetBudget(Books& books, const Posting& posting, const NamedBudget& budget);

// What is set of a budget, as the fact that sets it journals it.
std::string LimitJson(const NamedBudget& budget);

// Nothing if the program has no such budget.
absl::StatusOr<std::optional<NamedBudget>> ReadBudget(pg::Tx& tx, const Program& program,
                                                      const BudgetId& budget);
absl::StatusOr<std::optional<NamedBudget>> ReadBudget(pg::Tx& tx, const Program& program,
                                                      std::string_view code);

// At most `limit` budgets whose code sorts after `after`, by code.
absl::StatusOr<std::vector<NamedBudget>> ListBudgets(pg::Tx& tx, const Program& program,
                                                     std::string_view after, int32_t limit);

}  // namespace gratis::ledger
