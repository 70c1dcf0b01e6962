#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

struct BalanceOptions {
  MemberName member;
  std::string unit;
};

struct StatementOptions {
  MemberName member;
  PageOptions page{.limit = 50, .page_token = ""};
};

absl::Status Balance(Context& context, const BalanceOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetBalanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_unit(options.unit);
  ledger::v1::GetBalanceResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line("available", Grouped(answer.available_points()));
  if (answer.pending_points() != 0) card.Line("pending", Grouped(answer.pending_points()));
  if (answer.held_points() != 0) card.Line("held", Grouped(answer.held_points()));
  if (answer.debt_points() != 0) card.Line("owed", Grouped(answer.debt_points()));
  context.Show(answer, card.Line("as of", FormatTime(answer.read_at())).ToString());
  return absl::OkStatus();
}

// What an entry did to what the member has to spend: "+120", "-50"; else how many points it moved.
std::string Change(const ledger::v1::Entry& entry) {
  if (entry.points() == 0) return "";
  const bool in = entry.credit() == ledger::v1::ACCOUNT_AVAILABLE;
  const bool out = entry.debit() == ledger::v1::ACCOUNT_AVAILABLE;
  return absl::StrCat(in == out ? "" : in ? "+" : "-", Grouped(entry.points()));
}

absl::Status Statement(Context& context, const StatementOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::ListEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  ledger::v1::ListEntriesResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](ledger::v1::ListEntriesResponse& answer) { return answer.mutable_entries(); }));
  Table table({{"WHEN"},
               {"WHAT"},
               {"POINTS", Table::Align::kRight},
               {"AVAILABLE", Table::Align::kRight},
               {"SOURCE"}});
  for (const ledger::v1::Entry& entry : all.entries()) {
    table.Add({FormatTime(entry.effective_at()), EnumWords(entry, "kind"), Change(entry),
               entry.has_available_points() ? Grouped(entry.available_points()) : "",
               entry.source()});
  }
  std::string text = table.ToString();
  if (!all.next_page_token().empty()) {
    absl::StrAppend(&text, "… more: --page-token ", all.next_page_token(), "\n");
  }
  context.Show(all, text);
  return absl::OkStatus();
}

}  // namespace

void AddPointsCommands(CLI::App& app, Context& context) {
  CLI::App& family = *app.add_subcommand(
      "points", "Points: earn, spend, hold, reverse, adjust, transfer, balance, statement");
  family.require_subcommand(1);
  AddPostingCommands(family, context);
  AddCommand<BalanceOptions>(
      family, context, "balance", "What a member has of a unit",
      [](CLI::App& command, BalanceOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--unit", options.unit, "The unit's code; points if left out");
      },
      Balance);
  AddCommand<StatementOptions>(
      family, context, "statement", "Everything that happened to a member, newest first",
      [](CLI::App& command, StatementOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclarePages(command, options.page);
      },
      Statement);
}

}  // namespace gratis::cli
