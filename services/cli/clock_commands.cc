#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/program_clock.h"
#include "services/cli/program_lookup.h"
#include "services/cli/progress.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace clock_commands {
namespace {

struct SetOptions {
  std::string to;
};

struct AdvanceOptions {
  int64_t days = 0;
  std::string to;
};

absl::Status ShowClock(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetClockResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, ledger::v1::GetClockRequest(), answer));
  context.Show(answer,
               Card()
                   .Line("now", FormatTime(answer.now()))
                   .Line("clock", answer.manual() ? "stands still until it is moved" : "runs")
                   .Line("may be moved", answer.development() ? "yes" : "no")
                   .ToString());
  return absl::OkStatus();
}

absl::Status SetClock(Context& context, const SetOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOfProgram(context, *engine));
  absl::StatusOr<absl::Time> time = ParseTime(options.to, zone, DayAs::kNoon);
  if (!time.ok()) return AsUsage(time.status(), "TIME");
  ledger::v1::SetClockRequest request;
  request.set_request_id(context.RequestId());
  *request.mutable_now() = ToProto(*time);
  ledger::v1::SetClockResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card().Line("now", FormatTime(answer.now())).ToString());
  return absl::OkStatus();
}

absl::Status Advance(Context& context, const AdvanceOptions& options) {
  if ((options.days > 0) == !options.to.empty()) {
    return UsageError("DAYS", "say how far: a number of days, or --to DATE");
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOfProgram(context, *engine));
  ProgramClock clock(*engine, absl::Seconds(context.options.timeout_seconds));
  ASSIGN_OR_RETURN(const ProgramClock::Reading start, clock.Read());
  absl::Time to;
  if (options.to.empty()) {
    const absl::CivilSecond now = absl::ToCivilSecond(start.now, zone);
    const absl::CivilDay day = absl::CivilDay(now) + options.days;
    to = absl::FromCivil(absl::CivilSecond(day.year(), day.month(), day.day(), now.hour(),
                                           now.minute(), now.second()),
                         zone);
  } else {
    absl::StatusOr<absl::Time> time = ParseTime(options.to, zone, DayAs::kNoon);
    if (!time.ok()) return AsUsage(time.status(), "--to");
    to = *time;
  }
  Progress progress("Days pass", "days", Progress::Shown());
  int64_t days = 0;
  RETURN_IF_ERROR(clock.BeginCounting());
  RETURN_IF_ERROR(clock.AdvanceTo(to, zone, [&](int64_t done, int64_t all) {
    days = done;
    progress.Update(done, all, done);
  }));
  ASSIGN_OR_RETURN(const GiftSums gifts, clock.EndCounting(0));
  progress.Finish();
  JsonWriter json;
  json.BeginObject()
      .Field("now", std::string_view(base::FormatTime(to)))
      .Field("days", days)
      .Field("birthdays", gifts.gifts)
      .Field("birthday_points", gifts.points)
      .EndObject();
  context.Show(json.text(), Card()
                                .Line("now", FormatTime(ToProto(to)))
                                .Line("passed", Counted(days, "day", "days"))
                                .Line("birthdays", Counted(gifts.gifts, "gift", "gifts"))
                                .Line("points", Grouped(gifts.points))
                                .ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace clock_commands

void AddClockCommands(CLI::App& app, Context& context) {
  using namespace clock_commands;
  CLI::App& family = *app.add_subcommand(
      "clock", "A program's clock on a development instance: show, set, advance");
  family.require_subcommand(1);
  AddCommand(family, context, "show", "What time it is for the program", ShowClock);
  AddCommand<SetOptions>(
      family, context, "set", "Move the clock; it then stands still",
      [](CLI::App& command, SetOptions& options) {
        command
            .add_option("TIME", options.to, "YYYY-MM-DD (noon in the program's zone), or RFC 3339")
            ->required();
      },
      SetClock);
  AddCommand<AdvanceOptions>(
      family, context, "advance", "Let days pass, one by one, each with its birthdays",
      [](CLI::App& command, AdvanceOptions& options) {
        command.add_option("DAYS,--days", options.days, "How many days")
            ->check(CLI::Range(int64_t{1}, int64_t{36'600}));
        command.add_option("--to", options.to,
                           "Until then instead: YYYY-MM-DD (noon), or RFC 3339");
      },
      Advance);
}

}  // namespace gratis::cli
