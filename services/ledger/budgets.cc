#include "services/ledger/budgets.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

constexpr size_t kMinBudgetCode = 2;
constexpr size_t kMaxBudgetCode = 40;
constexpr int64_t kMaxLimit = 1'000'000'000'000'000;

}  // namespace

absl::Status CheckBudgetCode(std::string_view code) {
  if (code.empty()) return FieldError(Reason::kFieldMissing, "code", "a budget needs a code");
  const bool good = code.size() >= kMinBudgetCode && code.size() <= kMaxBudgetCode &&
                    std::all_of(code.begin(), code.end(), [](unsigned char c) {
                      return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
                    });
  if (good) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "code", "a code is 2 to 40 of a-z, 0-9 and -");
}

absl::Status CheckLimit(int64_t limit) {
  if (limit >= 0 && limit <= kMaxLimit) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "limit",
                    absl::StrCat("a limit is 0 to ", kMaxLimit, ", not ", limit));
}

BudgetSetting::BudgetSetting(BudgetWish wish, BudgetAnswer answer)
    : wish_(std::move(wish)), answer_(std::move(answer)) {}

void BudgetSetting::AddNeeds(ledger::Wants& wants) const { wants.names.insert(wish_.name); }

absl::StatusOr<ledger::Budget> BudgetSetting::Wished(ledger::Books& books) const {
  const std::optional<ledger::DirectoryEntry> entry = books.FindEntry(wish_.name);
  if (!entry) {
    ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(wish_.unit));
    return ledger::Budget{.id = wish_.budget, .unit = unit.number, .limit = wish_.limit};
  }
  ASSIGN_OR_RETURN(const ledger::Budget* known, books.FindBudget(BudgetId{entry->id}));
  if (known == nullptr) return Error(Reason::kInternal, "a budget's code leads nowhere");
  ledger::Budget budget = *known;
  if (!wish_.unit.empty()) {
    ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(wish_.unit));
    if (unit.number != budget.unit) {
      return FieldError(Reason::kBudgetExists, "unit",
                        absl::StrCat("there is a budget \"", wish_.code, "\" of another unit"));
    }
  }
  if (wish_.limit < budget.spent) {
    return InField(Error(Reason::kBudgetBelowSpent,
                         absl::StrCat(budget.spent, " of this budget were given already; ",
                                      wish_.limit, " is less"),
                         {{"spent", absl::StrCat(budget.spent)}}),
                   "limit");
  }
  budget.limit = wish_.limit;
  return budget;
}

absl::StatusOr<std::string> BudgetSetting::Decide(ledger::Books& books) {
  ASSIGN_OR_RETURN(const ledger::Budget budget, Wished(books));
  ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(budget.unit));
  const BudgetDeed deed{.after = {.budget = budget, .code = wish_.code},
                        .unit = unit.code,
                        .recorded_at = books.recorded_at(),
                        .is_new = !books.FindEntry(wish_.name)};
  RETURN_IF_ERROR(ledger::SetBudget(books,
                                    {.kind = ledger::FactKind::kBudgetSet,
                                     .transaction = wish_.transaction,
                                     .member = {},
                                     .effective_at = books.recorded_at(),
                                     .source = wish_.code,
                                     .detail = ""},
                                    deed.after));
  if (deed.is_new) books.Claim(wish_.name, MemberId{}, budget.id.uuid);
  return answer_(deed);
}

}  // namespace gratis::ledger_service
