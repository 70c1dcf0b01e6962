#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/budgets.h"
#include "common/ledger/mutation.h"

namespace gratis::ledger_service {

// What was set, the code of its unit, and when.
struct BudgetDeed {
  ledger::NamedBudget after;
  std::string unit;
  absl::Time recorded_at;
  bool is_new = false;
};

// The answer to store and send for a budget.
using BudgetAnswer = std::function<std::string(const BudgetDeed&)>;

struct BudgetWish {
  TransactionId transaction;
  BudgetId budget;            // its id, if it is new
  ledger::DirectoryKey name;  // its code
  std::string code;
  std::string unit;  // a unit's code; empty: that of the budget, or points
  int64_t limit = 0;
};

// A budget being made, or its limit changed, posted as a fact about the program.
class BudgetSetting final : public ledger::Mutation {
 public:
  BudgetSetting(BudgetWish wish, BudgetAnswer answer);

  void AddNeeds(ledger::Wants& wants) const override;
  // Errors: UNIT_NOT_FOUND, BUDGET_EXISTS (in another unit), BUDGET_BELOW_SPENT (metadata: spent).
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  absl::StatusOr<ledger::Budget> Wished(ledger::Books& books) const;

  const BudgetWish wish_;
  const BudgetAnswer answer_;
};

// 2 to 40 of a-z, 0-9 and -. Errors: FIELD_MISSING, FIELD_INVALID (code).
absl::Status CheckBudgetCode(std::string_view code);
// Errors: FIELD_INVALID (limit).
absl::Status CheckLimit(int64_t limit);

}  // namespace gratis::ledger_service
