#include "common/status/macros.h"
#include "gratis/ledger/v1/budgets.pb.h"
#include "services/cli/command.h"
#include "services/cli/paging.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace budget_commands {
namespace {

using ledger::v1::Budget;

struct SetOptions {
  std::string code;
  int64_t limit = 0;
  std::string unit;
  bool dry_run = false;
};

struct ShowOptions {
  std::string budget;
};

std::string Describe(const Budget& budget) {
  return Card()
      .Line("budget", budget.budget_id())
      .Line("code", budget.code())
      .Line("unit", budget.unit())
      .Line("limit", Grouped(budget.limit()))
      .Line("spent", Grouped(budget.spent()))
      .Line("remaining", Grouped(budget.remaining()))
      .ToString();
}

void DeclareSet(CLI::App& command, SetOptions& options) {
  command.add_option("CODE", options.code, "2 to 40 of a-z, 0-9 and -")->required();
  command.add_option("LIMIT", options.limit, "The most that may be given, in the unit's own")
      ->required();
  command.add_option("--unit", options.unit,
                     "points, another unit's code, voucher-money (in minor units) or voucher-uses; "
                     "points, or as it is, if left out");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::Status Set(Context& context, const SetOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::SetBudgetRequest request;
  request.set_request_id(context.RequestId());
  request.set_code(options.code);
  request.set_unit(options.unit);
  request.set_limit(options.limit);
  request.set_validate_only(options.dry_run);
  ledger::v1::SetBudgetResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.budget(), Describe(answer.budget()));
  return absl::OkStatus();
}

absl::Status ShowOne(Context& context, const ShowOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetBudgetRequest request;
  if (options.budget.rfind("bgt_", 0) == 0) {
    request.set_budget_id(options.budget);
  } else {
    request.set_code(options.budget);
  }
  ledger::v1::GetBudgetResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.budget(), Describe(answer.budget()));
  return absl::OkStatus();
}

absl::Status List(Context& context, const PageOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::ListBudgetsResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options, ledger::v1::ListBudgetsRequest(), all,
                [](ledger::v1::ListBudgetsResponse& answer) { return answer.mutable_budgets(); }));
  Table table({{"CODE"},
               {"UNIT"},
               {"LIMIT", Table::Align::kRight},
               {"SPENT", Table::Align::kRight},
               {"REMAINING", Table::Align::kRight},
               {"BUDGET"}});
  for (const Budget& budget : all.budgets()) {
    table.Add({budget.code(), budget.unit(), Grouped(budget.limit()), Grouped(budget.spent()),
               Grouped(budget.remaining()), budget.budget_id()});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace budget_commands

void AddBudgetCommands(CLI::App& app, Context& context) {
  using namespace budget_commands;
  CLI::App& family =
      *app.add_subcommand("budgets", "Budgets for what is given away: set, show, list");
  family.require_subcommand(1);
  AddCommand<SetOptions>(family, context, "set", "Make a budget, or change the limit of one",
                         DeclareSet, Set);
  AddCommand<ShowOptions>(
      family, context, "show", "Show a budget",
      [](CLI::App& command, ShowOptions& options) {
        command.add_option("BUDGET", options.budget, "Its code, or bgt_…")->required();
      },
      ShowOne);
  AddCommand<PageOptions>(family, context, "list", "List the program's budgets, by code",
                          DeclarePages, List);
}

}  // namespace gratis::cli
