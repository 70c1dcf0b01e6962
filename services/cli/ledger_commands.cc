#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace ledger_commands {
namespace {

absl::Status TrialBalance(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetTrialBalanceResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, ledger::v1::GetTrialBalanceRequest(), answer));
  Table table({{"UNIT"}, {"ACCOUNT"}, {"POINTS", Table::Align::kRight}});
  for (const ledger::v1::AccountBalance& balance : answer.balances()) {
    table.Add({balance.unit(), EnumWords(balance, "account"), Grouped(balance.points())});
  }
  table.Add({"", "total", Grouped(answer.total_points())});
  context.Show(answer,
               absl::StrCat(table.ToString(), "\n", Counted(answer.members(), "member", "members"),
                            ", ", Counted(answer.entries(), "entry", "entries"), " in ",
                            Counted(answer.partitions_size(), "partition", "partitions")));
  if (answer.total_points() == 0) return absl::OkStatus();
  return Error(Reason::kBooksDamaged,
               absl::StrCat("debits and credits differ by ", Grouped(answer.total_points())));
}

}  // namespace
}  // namespace ledger_commands

void AddLedgerCommands(CLI::App& app, Context& context) {
  using namespace ledger_commands;
  CLI::App& family = *app.add_subcommand(
      "ledger", "The books: verify, trial balance, liability, periods, rates, explain, watch");
  family.require_subcommand(1);
  AddVerifyCommand(family, context);
  AddCommand(family, context, "trial-balance", "The balances of all accounts, and their sum, 0",
             TrialBalance);
  AddWatchCommand(family, context);
  AddReportCommands(family, context);
}

}  // namespace gratis::cli
