#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

absl::StatusOr<ledger::v1::GetTrialBalanceResponse> ReadTrialBalance(Context& context,
                                                                     Engine& engine) {
  ledger::v1::GetTrialBalanceResponse answer;
  RETURN_IF_ERROR(context.Call(engine, ledger::v1::GetTrialBalanceRequest(), answer));
  return answer;
}

absl::Status TrialBalance(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const auto answer, ReadTrialBalance(context, *engine));
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

// Has all partitions verified. The answer is in the order of the partitions.
absl::StatusOr<std::vector<ledger::v1::VerifyPartitionResponse>> VerifyAll(RemoteEngine& engine) {
  Progress progress("Verifying", "entries", Progress::Shown());
  std::vector<ledger::v1::VerifyPartitionResponse> parts;
  ledger::v1::VerifyLedgerResponse message;
  RETURN_IF_ERROR(engine.Stream(ledger::v1::VerifyLedgerRequest(), message, [&] {
    if (message.has_verified()) parts.push_back(message.verified());
    progress.Update(message.partitions_done(), message.partitions(), message.entries());
    return absl::OkStatus();
  }));
  std::sort(parts.begin(), parts.end(),
            [](const auto& a, const auto& b) { return a.partition() < b.partition(); });
  return parts;
}

struct Verified {
  int64_t entries = 0;
  int64_t wallets = 0;
  int64_t damages = 0;
};

Verified Sum(const std::vector<ledger::v1::VerifyPartitionResponse>& parts) {
  Verified sum;
  for (const auto& part : parts) {
    sum.entries += part.entries();
    sum.wallets += part.wallets();
    sum.damages += part.damages_size();
  }
  return sum;
}

std::string VerifiedJson(const Verified& sum, int64_t total_points,
                         const std::vector<ledger::v1::VerifyPartitionResponse>& parts) {
  JsonWriter json;
  json.BeginObject()
      .Field("sound", sum.damages == 0 && total_points == 0)
      .Field("entries", sum.entries)
      .Field("wallets", sum.wallets)
      .Field("damages", sum.damages)
      .Field("total_points", total_points)
      .Key("partitions")
      .BeginArray();
  for (const auto& part : parts) json.Message(part);
  json.EndArray().EndObject();
  return json.text();
}

std::string VerifiedText(const Verified& sum,
                         const std::vector<ledger::v1::VerifyPartitionResponse>& parts) {
  Table damages({{"PARTITION", Table::Align::kRight},
                 {"SEQUENCE", Table::Align::kRight},
                 {"CHECK"},
                 {"DAMAGE"}});
  for (const auto& part : parts) {
    for (const ledger::v1::Damage& damage : part.damages()) {
      damages.Add({absl::StrCat(part.partition()),
                   damage.has_sequence() ? absl::StrCat(damage.sequence()) : "", damage.check(),
                   damage.description()});
    }
  }
  const std::string looked_at = absl::StrCat(
      Counted(sum.entries, "entry", "entries"), " and ", Counted(sum.wallets, "wallet", "wallets"),
      " in ", Counted(static_cast<int64_t>(parts.size()), "partition", "partitions"));
  if (damages.empty()) return absl::StrCat("The books are sound: ", looked_at, ".\n");
  return absl::StrCat(damages.ToString(), "\nThe books are damaged; looked at ", looked_at, ".\n");
}

absl::Status Verify(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const auto books, ReadTrialBalance(context, *engine));
  ASSIGN_OR_RETURN(const auto parts, VerifyAll(*engine));
  const Verified sum = Sum(parts);
  context.Show(VerifiedJson(sum, books.total_points(), parts), VerifiedText(sum, parts));
  if (sum.damages == 0 && books.total_points() == 0) return absl::OkStatus();
  return Error(
      Reason::kBooksDamaged,
      sum.damages > 0
          ? absl::StrCat("the books are damaged in ", Counted(sum.damages, "place", "places"))
          : absl::StrCat("debits and credits differ by ", Grouped(books.total_points())));
}

}  // namespace

void AddLedgerCommands(CLI::App& app, Context& context) {
  CLI::App& family = *app.add_subcommand(
      "ledger", "The books: verify, trial balance, liability, periods, rates, explain, watch");
  family.require_subcommand(1);
  AddCommand(family, context, "verify",
             "Recompute the program's books from its journal; exit code 4 on any damage", Verify);
  AddCommand(family, context, "trial-balance", "The balances of all accounts, and their sum, 0",
             TrialBalance);
  AddWatchCommand(family, context);
  AddReportCommands(family, context);
}

}  // namespace gratis::cli
