#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/gift_words.h"
#include "services/cli/program_lookup.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace birthday_calendar_commands {
namespace {

using birthdays::v1::ForecastBirthdaysRequest;
using birthdays::v1::ForecastBirthdaysResponse;
using birthdays::v1::ForecastDay;

struct ForecastOptions {
  std::string from;
  std::string to;
};

struct CalendarOptions {
  std::string month;
};

// "Mon 2027-06-14".
std::string DayText(const type::v1::CivilDay& day) {
  constexpr std::string_view kWeekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  const absl::CivilDay civil(day.year(), day.month(), day.day());
  return absl::StrCat(std::string(kWeekdays[static_cast<int>(absl::GetWeekday(civil))]), " ",
                      FormatDay(day));
}

// Nothing is shown as nothing, so that what there is stands out.
std::string Some(int64_t count) { return count == 0 ? "" : Grouped(count); }

void AddLine(Table& table, const std::string& day, const ForecastDay& figures) {
  table.Add({day, Some(figures.given().gifts()), CostText(figures.given()),
             Some(figures.due().gifts()), CostText(figures.due()), Some(figures.over_budget())});
}

std::string TableOf(const ForecastBirthdaysResponse& answer) {
  Table table({{"DAY"},
               {"GIVEN", Table::Align::kRight},
               {"COST"},
               {"TO COME", Table::Align::kRight},
               {"WILL COST"},
               {"NO ROOM", Table::Align::kRight}});
  for (const ForecastDay& day : answer.days()) AddLine(table, DayText(day.day()), day);
  ForecastDay total;
  *total.mutable_given() = answer.given();
  *total.mutable_due() = answer.due();
  total.set_over_budget(answer.over_budget());
  AddLine(table, "together", total);
  return table.ToString();
}

absl::Status Show(Context& context, RemoteEngine& engine, absl::CivilDay from, absl::CivilDay to) {
  ForecastBirthdaysRequest request;
  *request.mutable_from() = ToProto(from);
  *request.mutable_to() = ToProto(to);
  ForecastBirthdaysResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  context.Show(answer, TableOf(answer));
  return absl::OkStatus();
}

absl::Status Foretell(Context& context, const ForecastOptions& options) {
  absl::StatusOr<absl::CivilDay> from = base::ParseDay(options.from);
  if (!from.ok()) return AsUsage(from.status(), "--from");
  absl::StatusOr<absl::CivilDay> to = base::ParseDay(options.to);
  if (!to.ok()) return AsUsage(to.status(), "--to");
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  return Show(context, *engine, *from, *to);
}

absl::StatusOr<absl::CivilMonth> MonthOfProgram(Context& context, RemoteEngine& engine) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOfProgram(context, engine));
  ledger::v1::GetClockResponse answer;
  RETURN_IF_ERROR(context.Call(engine, ledger::v1::GetClockRequest(), answer));
  return absl::ToCivilMonth(FromProto(answer.now()), zone);
}

absl::Status Calendar(Context& context, const CalendarOptions& options) {
  absl::CivilMonth month;
  if (!options.month.empty()) {
    const absl::StatusOr<absl::CivilDay> first = base::ParseDay(options.month + "-01");
    if (!first.ok()) return UsageError("--month", "a month is YYYY-MM, such as 2027-06");
    month = absl::CivilMonth(*first);
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  if (options.month.empty()) {
    ASSIGN_OR_RETURN(month, MonthOfProgram(context, *engine));
  }
  return Show(context, *engine, absl::CivilDay(month), absl::CivilDay(month + 1) - 1);
}

}  // namespace
}  // namespace birthday_calendar_commands

void AddBirthdayCalendarCommands(CLI::App& birthdays, Context& context) {
  using namespace birthday_calendar_commands;
  AddCommand<CalendarOptions>(
      birthdays, context, "calendar",
      "A month, day by day: what was given, what will come, and what it costs",
      [](CLI::App& command, CalendarOptions& options) {
        command.add_option("--month", options.month, "YYYY-MM; this one if left out");
      },
      Calendar);
  AddCommand<ForecastOptions>(
      birthdays, context, "forecast", "The same for any days, 92 at most",
      [](CLI::App& command, ForecastOptions& options) {
        command.add_option("--from", options.from, "The first day, YYYY-MM-DD")->required();
        command.add_option("--to", options.to, "The last day, YYYY-MM-DD")->required();
      },
      Foretell);
}

}  // namespace gratis::cli
