#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/units.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace units_commands {
namespace {

using ledger::v1::Unit;

struct SetOptions {
  std::string code;
  std::optional<std::string> name;
  bool never = false;
  std::optional<int> rolling_months;
  std::optional<std::string> calendar;
  std::optional<int> after_months;
  std::optional<int> inactivity_months;
  std::string rounding;
  std::string clawback;
  std::optional<bool> transferable;
  std::optional<int64_t> adjust_limit;
  std::optional<int> max_hold_hours;
  std::optional<int> grace_days;
  bool dry_run = false;
};

// "never", "24 months after earning", "31 December"…
std::string DescribeExpiry(const ledger::v1::Expiry& expiry) {
  switch (expiry.rule_case()) {
    case ledger::v1::Expiry::kRollingMonths:
      return absl::StrCat(Counted(expiry.rolling_months(), "month", "months"), " after earning");
    case ledger::v1::Expiry::kInactivityMonths:
      return absl::StrCat("after ", Counted(expiry.inactivity_months(), "month", "months"),
                          " of inactivity");
    case ledger::v1::Expiry::kCalendar:
      return absl::StrFormat("on %02d-%02d, %s after earning at the earliest",
                             expiry.calendar().month(), expiry.calendar().day(),
                             Counted(expiry.calendar().after_months(), "month", "months"));
    default:
      return "never";
  }
}

std::string Describe(const Unit& unit) {
  return Card()
      .Line("unit", unit.code())
      .Line("name", unit.display_name())
      .Line("points end", DescribeExpiry(unit.expiry()))
      .Line("rounding", EnumWords(unit, "rounding"))
      .Line("clawback", EnumWords(unit, "clawback"))
      .Line("transferable", unit.transferable() ? "yes" : "no")
      .Line("adjust limit",
            unit.adjust_limit_points() == 0 ? "none" : Grouped(unit.adjust_limit_points()))
      .Line("longest hold", Counted(unit.max_hold_hours(), "hour", "hours"))
      .Line("return grace", Counted(unit.return_grace_days(), "day", "days"))
      .Line("version",
            unit.version() == 0 ? "0, as every program starts" : absl::StrCat(unit.version()))
      .ToString();
}

absl::StatusOr<ledger::v1::ListUnitsResponse> ReadUnits(Context& context, Engine& engine) {
  ledger::v1::ListUnitsResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, engine, PageOptions(), ledger::v1::ListUnitsRequest(), all,
                [](ledger::v1::ListUnitsResponse& answer) { return answer.mutable_units(); }));
  return all;
}

absl::Status List(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const auto all, ReadUnits(context, *engine));
  Table table({{"UNIT"}, {"NAME"}, {"POINTS END"}, {"CLAWBACK"}, {"TRANSFERABLE"}, {"VERSION"}});
  for (const Unit& unit : all.units()) {
    table.Add({unit.code(), unit.display_name(), DescribeExpiry(unit.expiry()),
               EnumWords(unit, "clawback"), unit.transferable() ? "yes" : "no",
               absl::StrCat(unit.version())});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

void DeclareSet(CLI::App& command, SetOptions& options) {
  command.add_option("CODE", options.code, "The unit's code; a new one makes a unit")->required();
  command.add_option("--name", options.name, "Its name for people");
  CLI::Option_group& expiry = *command.add_option_group("When points end");
  expiry.add_flag("--never", options.never, "Points never end");
  expiry.add_option("--rolling-months", options.rolling_months,
                    "So many months after they were earned");
  CLI::Option* calendar =
      expiry.add_option("--calendar", options.calendar, "On a day of the calendar, MM-DD");
  expiry.add_option("--inactivity-months", options.inactivity_months,
                    "All of them, so many months after the last activity");
  expiry.require_option(0, 1);
  command
      .add_option("--after-months", options.after_months,
                  "With --calendar: not before so many months have passed")
      ->needs(calendar);
  command.add_option("--rounding", options.rounding, "Of thousandths of a point")
      ->check(CLI::IsMember({"down", "half-up", "up"}));
  command
      .add_option("--clawback", options.clawback,
                  "When an earn is reversed whose points were spent")
      ->check(CLI::IsMember({"debt", "clamp", "refuse"}));
  command.add_option("--transferable", options.transferable,
                     "Whether members may give them to each other: true or false");
  command.add_option("--adjust-limit", options.adjust_limit,
                     "Adjustments above it take a second person; 0: none do");
  command.add_option("--max-hold-hours", options.max_hold_hours, "The longest life of a hold");
  command.add_option("--grace-days", options.grace_days,
                     "What comes back after its end may be spent so many days");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::Status SetCalendar(const SetOptions& options, ledger::v1::Expiry& expiry) {
  int month = 0;
  int day = 0;
  int read = 0;
  const std::string& text = *options.calendar;
  const bool good = std::sscanf(text.c_str(), "%2d-%2d%n", &month, &day, &read) == 2 &&
                    static_cast<size_t>(read) == text.size();
  if (!good) return UsageError("--calendar", "write the day as MM-DD, such as 12-31");
  expiry.mutable_calendar()->set_month(month);
  expiry.mutable_calendar()->set_day(day);
  expiry.mutable_calendar()->set_after_months(options.after_months.value_or(0));
  return absl::OkStatus();
}

absl::Status SetExpiry(const SetOptions& options, Unit& unit) {
  if (options.never) unit.clear_expiry();
  if (options.rolling_months) {
    unit.mutable_expiry()->set_rolling_months(*options.rolling_months);
  }
  if (options.inactivity_months) {
    unit.mutable_expiry()->set_inactivity_months(*options.inactivity_months);
  }
  if (options.calendar) return SetCalendar(options, *unit.mutable_expiry());
  return absl::OkStatus();
}

absl::Status Set(Context& context, const SetOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::SetUnitRequest request;
  Unit& unit = *request.mutable_unit();
  ASSIGN_OR_RETURN(const auto all, ReadUnits(context, *engine));
  for (const Unit& known : all.units()) {
    if (known.code() == options.code) unit = known;
  }
  unit.set_code(options.code);
  unit.clear_version();
  if (options.name) unit.set_display_name(*options.name);
  RETURN_IF_ERROR(SetExpiry(options, unit));
  if (options.rounding == "down") unit.set_rounding(ledger::v1::ROUNDING_DOWN);
  if (options.rounding == "half-up") unit.set_rounding(ledger::v1::ROUNDING_HALF_UP);
  if (options.rounding == "up") unit.set_rounding(ledger::v1::ROUNDING_UP);
  if (options.clawback == "debt") unit.set_clawback(ledger::v1::CLAWBACK_DEBT);
  if (options.clawback == "clamp") unit.set_clawback(ledger::v1::CLAWBACK_CLAMP);
  if (options.clawback == "refuse") unit.set_clawback(ledger::v1::CLAWBACK_REFUSE);
  if (options.transferable) unit.set_transferable(*options.transferable);
  if (options.adjust_limit) unit.set_adjust_limit_points(*options.adjust_limit);
  if (options.max_hold_hours) unit.set_max_hold_hours(*options.max_hold_hours);
  if (options.grace_days) unit.set_return_grace_days(*options.grace_days);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  ledger::v1::SetUnitResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.unit(), Describe(answer.unit()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace units_commands

void AddUnitsCommands(CLI::App& app, Context& context) {
  using namespace units_commands;
  CLI::App& family = *app.add_subcommand("units", "What a program counts in: list, set");
  family.require_subcommand(1);
  AddCommand(family, context, "list", "The program's units and their rules", List);
  AddCommand<SetOptions>(family, context, "set",
                         "Make a unit, or change what is named of one, from now on; the rest stays",
                         DeclareSet, Set);
}

}  // namespace gratis::cli
