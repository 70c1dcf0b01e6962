#include "common/ledger/budgets.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

NamedBudget ReadNamedBudget(const pg::Row& row) {
  return {.budget = {.id = row.Get<BudgetId>(0),
                     .unit = row.Get<int16_t>(2),
                     .limit = row.Get<int64_t>(3),
                     .spent = row.Get<int64_t>(4)},
          .code = row.Get<std::string>(1)};
}

std::optional<NamedBudget> First(const pg::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return ReadNamedBudget(rows[0]);
}

}  // namespace

std::string LimitJson(const NamedBudget& named) {
  return absl::StrCat("{\"code\":", base::JsonString(named.code), ",\"unit\":", named.budget.unit,
                      ",\"limit\":", named.budget.limit, "}");
}

absl::Status SetBudget(Books& books, const Posting& posting, const NamedBudget& named) {
  Fact fact{.kind = FactKind::kBudgetSet,
            .transaction = posting.transaction,
            .effective_at = posting.effective_at,
            .source = posting.source,
            .detail = LimitJson(named)};
  fact.about = named.budget.id.uuid;
  RETURN_IF_ERROR(books.Post(std::move(fact)).status());
  books.SetBudget(named);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<NamedBudget>> ReadBudget(pg::Tx& tx, const Program& program,
                                                      const BudgetId& budget) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadBudget, program.number, budget));
  return First(rows);
}

absl::StatusOr<std::optional<NamedBudget>> ReadBudget(pg::Tx& tx, const Program& program,
                                                      std::string_view code) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindBudget, program.number, code));
  return First(rows);
}

absl::StatusOr<std::vector<NamedBudget>> ListBudgets(pg::Tx& tx, const Program& program,
                                                     std::string_view after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListBudgets, program.number, after, static_cast<int64_t>(limit)));
  std::vector<NamedBudget> budgets;
  for (const pg::Row row : rows) budgets.push_back(ReadNamedBudget(row));
  return budgets;
}

}  // namespace gratis::ledger
