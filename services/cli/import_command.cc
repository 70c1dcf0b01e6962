#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/import_options.h"
#include "services/cli/json.h"
#include "services/cli/order_file.h"
#include "services/cli/order_import.h"
#include "services/cli/program_lookup.h"
#include "services/cli/progress.h"
#include "services/cli/replay.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace import_command {
namespace {

struct ImportOptions : FileImportOptions {
  std::string currency;
  std::optional<uint64_t> birthday_seed;
  bool replay = false;
};

void DeclareImport(CLI::App& command, ImportOptions& options) {
  Declare(command, options,
          {.file = "A CSV file with a header",
           .columns = OrderColumnNames(),
           .source = "What these orders and customers are called by; the file's name if left out",
           .zone = "The store's, in which days count; the program's if left out",
           .rejects = "FILE.rejects.csv if left out",
           .items = "Purchases"});
  command.add_option("--currency", options.currency,
                     "Of orders that name none; the program's if left out");
  command.add_flag("--replay", options.replay,
                   "Live through the file on the development clock, in a program of its own");
  command
      .add_option("--demo-birthdays", options.birthday_seed,
                  "Give customers without a birthday one, made from this number")
      ->type_name("SEED");
  command.footer(
      "Columns: order_id, customer_id, ordered_on (YYYY-MM-DD, its noon in the zone or now while\n"
      "today's noon is ahead, or RFC 3339) and total are needed;\n"
      "currency, quantity, birthday (MM-DD), email, phone and name are taken where they are.\n"
      "A row that cannot be imported stops nothing: it goes to the rejects file with its line\n"
      "number and the reason. Importing again, the same file or a mended one, does nothing twice.\n"
      "Customers become members with their first order. Memory grows by some hundred bytes for\n"
      "each customer; with --replay, by 24 bytes for each order as well.");
}

// What the command line, the file and the program together come to.
struct Plan {
  std::string source;
  char separator = ',';
  OrderDefaults defaults;
  std::string program;
};

// Makes the program that a replay lives in, unless it is there.
absl::Status EnsureProgram(Context& context, const ImportOptions& options, const Plan& plan) {
  ASSIGN_OR_RETURN(RemoteEngine * house, context.House());
  ledger::v1::GetProgramRequest get;
  get.set_code(context.options.program);
  ledger::v1::GetProgramResponse found;
  absl::Status status = context.Call(*house, get, found);
  if (ReasonOf(status) != Reason::kProgramNotFound) return status;
  ledger::v1::CreateProgramRequest create;
  create.set_request_id(absl::StrCat("replay:program:", context.options.program));
  create.set_code(context.options.program);
  create.set_display_name(absl::StrCat("Replay of ", plan.source));
  create.set_currency_code(options.currency);
  create.set_time_zone(options.zone);
  ledger::v1::CreateProgramResponse made;
  const absl::Status created = context.Call(*house, create, made);
  // Two replays may begin at once.
  return ReasonOf(created) == Reason::kProgramExists ? absl::OkStatus() : created;
}

absl::StatusOr<Plan> MakePlan(Context& context, const ImportOptions& options) {
  Plan plan;
  plan.source = options.source.empty() ? SourceNamed(options.file) : options.source;
  plan.defaults.currency_code = options.currency;
  plan.defaults.zone = absl::UTCTimeZone();
  std::string zone = options.zone;
  if (!options.dry_run) {
    if (options.replay) {
      if (context.options.program.empty()) context.options.program = ProgramNamed(plan.source);
      RETURN_IF_ERROR(EnsureProgram(context, options, plan));
    }
    ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
    ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, *engine));
    plan.program = program.code();
    if (zone.empty()) zone = program.time_zone();
    if (options.currency.empty()) plan.defaults.currency_code = program.currency_code();
    // A replay moves the clock to each day's noon itself.
    if (!options.replay) {
      ASSIGN_OR_RETURN(const ProgramClock::Reading clock,
                       ProgramClock(*engine, options.patience()).Read());
      plan.defaults.now = clock.now;
    }
  }
  if (!zone.empty()) {
    absl::StatusOr<absl::TimeZone> loaded = base::LoadZone(zone);
    if (!loaded.ok()) return AsUsage(loaded.status(), "--zone");
    plan.defaults.zone = *loaded;
  }
  if (plan.defaults.currency_code.empty()) plan.defaults.currency_code = "USD";
  return plan;
}

// What an import came to.
struct Result {
  PurchaseSums sums;
  int64_t members = 0;
  int64_t rejected = 0;
  std::string rejects_path;  // empty when nothing was rejected
  std::optional<ReplaySums> replay;
  std::chrono::milliseconds elapsed{0};
};

std::string ResultJson(const Plan& plan, const Result& result) {
  JsonWriter json;
  json.BeginObject()
      .Field("program", std::string_view(plan.program))
      .Field("source", std::string_view(plan.source))
      .Field("orders", result.sums.orders)
      .Field("members", result.members)
      .Field("points", result.sums.points)
      .Field("thanks", result.sums.thanks)
      .Field("bonus_points", result.sums.bonus_points)
      .Field("withheld", result.sums.withheld)
      .Field("rejected", result.rejected)
      .Field("replayed", result.sums.replayed);
  if (result.replay) {
    json.Field("days", result.replay->days)
        .Field("birthdays", result.replay->gifts.gifts)
        .Field("birthday_points", result.replay->gifts.points);
  }
  if (!result.rejects_path.empty()) {
    json.Field("rejects_file", std::string_view(result.rejects_path));
  }
  json.Field("elapsed_ms", static_cast<int64_t>(result.elapsed.count())).EndObject();
  return json.text();
}

std::string ResultText(const Plan& plan, const Result& result) {
  Card card;
  card.Line("program", plan.program).Line("orders", Grouped(result.sums.orders));
  if (result.sums.replayed > 0) {
    card.Line("  of them", absl::StrCat(Grouped(result.sums.replayed), " were recorded before"));
  }
  card.Line("members", Grouped(result.members))
      .Line("points", Grouped(result.sums.points))
      .Line("thanked for", Grouped(result.sums.thanks))
      .Line("not thanked for", Grouped(result.sums.withheld));
  if (result.sums.bonus_points > 0) card.Line("bonus points", Grouped(result.sums.bonus_points));
  if (result.replay) {
    card.Line("days passed", Grouped(result.replay->days))
        .Line("birthday gifts",
              absl::StrCat(Grouped(result.replay->gifts.gifts), ", ",
                           Counted(result.replay->gifts.points, "point", "points")));
  }
  if (result.rejected > 0) {
    card.Line("rejected", absl::StrCat(Grouped(result.rejected), ", see ", result.rejects_path));
  }
  const int64_t millis = result.elapsed.count();
  card.Line("took", absl::StrCat(millis / 1000, ".", millis / 100 % 10, " s"));
  return card.ToString();
}

// Orders in the order of the file, as fast as the engine takes them.
absl::Status Stream(OrderFile& file, const Plan& plan, RejectsFile& rejects, OrderImport& import,
                    Progress& progress) {
  Order order;
  while (file.Next(plan.defaults, rejects, order)) {
    if (!import.Add(std::move(order))) break;
    progress.Update(file.position(), file.size(), import.sums().orders);
  }
  return import.Finish();
}

// The rows checked, and nothing done.
absl::Status Check(Context& context, OrderFile& file, const Plan& plan, RejectsFile& rejects) {
  Order order;
  int64_t orders = 0;
  while (file.Next(plan.defaults, rejects, order)) ++orders;
  const std::string json = JsonWriter()
                               .BeginObject()
                               .Field("dry_run", true)
                               .Field("orders", orders)
                               .Field("rejected", rejects.count())
                               .EndObject()
                               .text();
  context.Show(
      json,
      Card().Line("orders", Grouped(orders)).Line("rejected", Grouped(rejects.count())).ToString());
  return rejects.Close();
}

absl::Status Transfer(Context& context, const ImportOptions& options, const Plan& plan,
                      OrderFile& file, RejectsFile& rejects, Result& result) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  const absl::Duration patience = options.patience();
  const bool shown = Progress::Shown();
  OrderImport import(
      *engine,
      {.source = plan.source, .birthday_seed = options.birthday_seed, .patience = patience},
      {.batch = static_cast<size_t>(options.batch), .lanes = static_cast<size_t>(options.lanes)},
      rejects);
  absl::Status status;
  if (options.replay) {
    Progress progress("Living through it", "orders", shown);
    const std::vector<OrderFile::Place> places = file.PlacesByTime(plan.defaults, rejects);
    ProgramClock clock(*engine, patience);
    Replay replay(clock, import, file, plan.defaults);
    absl::StatusOr<ReplaySums> lived = replay.Run(places, [&](int64_t done, int64_t days) {
      progress.Update(done, days, import.sums().orders);
    });
    status = lived.status();
    if (lived.ok()) result.replay = *lived;
  } else {
    Progress progress("Importing", "orders", shown);
    status = Stream(file, plan, rejects, import, progress);
  }
  result.sums = import.sums();
  result.members = import.members();
  return status;
}

absl::Status Import(Context& context, const ImportOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const char separator, ParseSeparator(options.separator));
  absl::StatusOr<std::map<std::string, std::string>> mapping = ParseMapping(options.map);
  if (!mapping.ok()) return AsUsage(mapping.status());
  absl::StatusOr<OrderFile> file = OrderFile::Open(options.file, separator, *mapping);
  if (!file.ok()) return AsUsage(file.status());
  ASSIGN_OR_RETURN(const std::string rejects_path,
                   RejectsPathOf(options, RejectsPathOf(options.file)));
  ASSIGN_OR_RETURN(const Plan plan, MakePlan(context, options));
  RejectsFile rejects(rejects_path, file->header(), file->columns().count(), separator);
  if (options.dry_run) return Check(context, *file, plan, rejects);
  Result result;
  absl::Status status = Transfer(context, options, plan, *file, rejects, result);
  result.rejected = rejects.count();
  const absl::Status closed = rejects.Close();
  if (result.rejected > 0) result.rejects_path = rejects.path();
  result.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  if (!status.ok()) {
    context.Remark(absl::StrCat(Counted(result.sums.orders, "order is", "orders are"),
                                " in the books; the same command goes on from there"));
    return status;
  }
  context.Show(ResultJson(plan, result), ResultText(plan, result));
  RETURN_IF_ERROR(closed);
  return CheckStrict(options, result.rejected);
}

}  // namespace
}  // namespace import_command

void AddImportCommand(CLI::App& orders, Context& context) {
  using namespace import_command;
  AddCommand<ImportOptions>(orders, context, "import",
                            "Record the orders of a CSV file, and enroll their customers",
                            DeclareImport, Import);
}

}  // namespace gratis::cli
