#include "common/ledger/shared_books.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/ids.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"

namespace gratis::ledger {

absl::Status CheckBudgets(pg::Tx& tx, const Program& program, std::vector<Damage>& damages) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindUnbalancedBudgets, program.number,
                                               program.first_partition, program.last_partition()));
  for (const pg::Row row : rows) {
    damages.push_back({"budget",
                       absl::StrCat("the budget ", row.Get<BudgetId>(0).ToString(), " counts ",
                                    row.Get<std::optional<int64_t>>(1).value_or(0),
                                    " spent, its partitions make it ", row.Get<int64_t>(2)),
                       std::nullopt});
  }
  return absl::OkStatus();
}

absl::Status FindForeignRows(pg::Tx& tx, std::vector<Damage>& damages) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindForeignRows));
  for (const pg::Row row : rows) {
    damages.push_back(
        {"foreign",
         absl::StrCat("table ", row.Get<std::string>(0), " has a row of ", row.Get<std::string>(1),
                      " ", row.Get<int32_t>(2), ", and there is no such"),
         std::nullopt});
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger
