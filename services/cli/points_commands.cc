#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/statements.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace points_commands {
namespace {

struct BalanceOptions {
  MemberName member;
  std::string unit;
  std::string as_of;
  bool effective = false;
};

// Of every unit, then.
absl::Status BalanceThen(Context& context, const BalanceOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetBalancesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> as_of,
                   TimeUnlessNow(context, options.as_of, "--as-of", DayAs::kEnd));
  if (as_of && IsDayAlone(options.as_of)) {
    // The day's last moment: what ends with the day is not over yet.
    *request.mutable_as_of() = ToProto(FromProto(*as_of) - absl::Microseconds(1));
  } else if (as_of) {
    *request.mutable_as_of() = *as_of;
  }
  request.set_basis(options.effective ? ledger::v1::BASIS_EFFECTIVE : ledger::v1::BASIS_RECORDED);
  ledger::v1::GetBalancesResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table({{"UNIT"},
               {"AVAILABLE", Table::Align::kRight},
               {"PENDING", Table::Align::kRight},
               {"HELD", Table::Align::kRight},
               {"OWED", Table::Align::kRight}});
  for (const ledger::v1::UnitBalance& balance : answer.units()) {
    if (!options.unit.empty() && balance.unit() != options.unit) continue;
    table.Add({balance.unit(), Grouped(balance.available_points()),
               Grouped(balance.pending_points()), Grouped(balance.held_points()),
               Grouped(balance.debt_points())});
  }
  context.Show(answer, absl::StrCat(table.ToString(), "as of ", FormatTime(answer.read_at()),
                                    options.effective ? ", as is known now\n" : ", as recorded\n"));
  return absl::OkStatus();
}

absl::Status Balance(Context& context, const BalanceOptions& options) {
  if (!options.as_of.empty()) return BalanceThen(context, options);
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

}  // namespace
}  // namespace points_commands

void AddPointsCommands(CLI::App& app, Context& context) {
  using namespace points_commands;
  CLI::App& family = *app.add_subcommand(
      "points",
      "Points: earn, spend, hold, reverse, adjust, transfer, balance, statement, upcoming");
  family.require_subcommand(1);
  AddPostingCommands(family, context);
  AddCommand<BalanceOptions>(
      family, context, "balance", "What a member has of a unit",
      [](CLI::App& command, BalanceOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--unit", options.unit, "The unit's code; points if left out");
        CLI::Option* as_of =
            command.add_option("--as-of", options.as_of,
                               absl::StrCat("As it was then, at the end of a day: ", kTimeWords));
        command
            .add_flag("--effective", options.effective,
                      "With --as-of: by when facts took effect, not by when they were recorded")
            ->needs(as_of);
      },
      Balance);
  AddStatementCommands(family, context);
}

}  // namespace gratis::cli
