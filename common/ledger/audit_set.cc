#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/ledger/audit.h"
#include "common/ledger/budgets.h"
#include "common/ledger/setting.h"

namespace gratis::ledger {

void Audit::Set(const JournalRow& row) {
  const Fact& fact = row.fact;
  switch (fact.kind) {
    case FactKind::kUnitSet:
      units_[fact.unit] = fact.detail;
      break;
    case FactKind::kBudgetSet:
      budgets_[{fact.about}] = fact.detail;
      break;
    case FactKind::kProgramCreated:
      programs_.push_back({fact.detail, fact.effective_at});
      break;
    case FactKind::kRateSet:
    case FactKind::kPeriodClosed:
      set_down_[row.seq] = {fact.kind, fact.detail, row.recorded_at};
      break;
    default:
      break;
  }
}

void Audit::AddRate(const Rate& rate, int64_t seq) {
  const auto fact = set_down_.find(seq);
  if (fact == set_down_.end() || fact->second.kind != FactKind::kRateSet ||
      fact->second.detail != RateJson(rate)) {
    Found("rate", absl::StrCat("row ", seq, " did not set the rate ", RateJson(rate)), seq);
  }
  if (fact != set_down_.end()) set_down_.erase(fact);
}

void Audit::AddPeriod(const Period& period, int64_t seq) {
  const auto fact = set_down_.find(seq);
  // The figures are in the fact alone.
  const std::string begins = PeriodJson({.number = period.number, .ends_at = period.ends_at});
  const size_t figures = begins.find(",\"heads\"");
  if (fact == set_down_.end() || fact->second.kind != FactKind::kPeriodClosed ||
      fact->second.recorded_at != period.closed_at ||
      fact->second.detail.compare(0, figures, begins, 0, figures) != 0) {
    Found(
        "period",
        absl::StrCat("row ", seq, " did not close period ", period.number, ", which ends at ",
                     base::FormatTime(period.ends_at), ", at ", base::FormatTime(period.closed_at)),
        seq);
  }
  if (fact != set_down_.end()) set_down_.erase(fact);
}

void Audit::AddBudget(const NamedBudget& named) {
  const auto set = budgets_.find(named.budget.id);
  const std::string says = LimitJson(named);
  if (set == budgets_.end() || set->second != says) {
    Found("budget", absl::StrCat("the budget ", named.budget.id.ToString(), " says ", says,
                                 set == budgets_.end() ? "; no fact set it" : "; it was set to ",
                                 set == budgets_.end() ? "" : set->second));
  }
  if (set != budgets_.end()) budgets_.erase(set);
}

void Audit::AddUnit(const Unit& unit) {
  const auto set = units_.find(unit.number);
  if (set == units_.end()) {
    Found("unit", absl::StrCat("no fact set the unit ", unit.number, ": ", UnitJson(unit)));
    return;
  }
  if (set->second != UnitJson(unit)) {
    Found("unit", absl::StrCat("the unit ", unit.number, " is ", UnitJson(unit), "; it was set to ",
                               set->second));
  }
  units_.erase(set);
}

void Audit::AddProgram(const Program& program) {
  const Program before = std::exchange(last_program_, program);
  const bool follows = program.number == before.number + 1;
  if (!follows) {
    Found("program",
          absl::StrCat("program ", before.number + 1, " is gone; the next is ", program.number));
  }
  if (program.number == kHouseProgram) {
    if (program != House()) Found("program", "the house's program is not as it was made");
    return;
  }
  const auto place = static_cast<size_t>(int64_t{program.number} - kHouseProgram - 1);
  if (place >= programs_.size()) {
    Found("program",
          absl::StrCat("no fact made program ", program.number, " (", program.code, ")"));
    return;
  }
  const CreatedProgram& created = programs_[place];
  if (created.detail != ProgramJson(program) || created.created_at != program.created_at ||
      (follows && program.first_partition != before.last_partition() + 1)) {
    Found("program",
          absl::StrCat("program ", program.number, ", whose first partition is ",
                       program.first_partition, ", is ", ProgramJson(program), " of ",
                       base::FormatTime(program.created_at), "; it was made behind partition ",
                       before.last_partition(), " as ", created.detail, " at ",
                       base::FormatTime(created.created_at)));
  }
}

}  // namespace gratis::ledger
