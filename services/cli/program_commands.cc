#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace program_commands {
namespace {

using ledger::v1::Program;

struct CreateOptions {
  std::string code;
  std::string name;
  std::string currency;
  std::string time_zone;
  int partitions = 0;
  bool dry_run = false;
};

std::string Describe(const Program& program) {
  return Card()
      .Line("program", program.code())
      .Line("name", program.display_name())
      .Line("currency", program.currency_code())
      .Line("time zone", program.time_zone())
      .Line("partitions", absl::StrCat(program.partition_count()))
      .Line("made", FormatTime(program.created_at()))
      .ToString();
}

void DeclareCreate(CLI::App& command, CreateOptions& options) {
  command.add_option("CODE", options.code, "2 to 40 of a-z, 0-9 and -, starting with a letter")
      ->required();
  command.add_option("--name", options.name, "Its name for people; the code if left out");
  command.add_option("--currency", options.currency, "ISO 4217; USD if left out");
  command.add_option("--time-zone", options.time_zone, "Where its days begin; UTC if left out");
  command.add_option("--partitions", options.partitions, "1 to 64, for good; 8 if left out");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::Status Create(Context& context, const CreateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ledger::v1::CreateProgramRequest request;
  request.set_request_id(context.RequestId());
  request.set_code(options.code);
  request.set_display_name(options.name);
  request.set_currency_code(options.currency);
  request.set_time_zone(options.time_zone);
  request.set_partition_count(options.partitions);
  request.set_validate_only(options.dry_run);
  ledger::v1::CreateProgramResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.program(), Describe(answer.program()));
  return absl::OkStatus();
}

absl::Status ShowOne(Context& context, const CreateOptions& options) {
  ledger::v1::GetProgramRequest request;
  RemoteEngine* engine = nullptr;
  if (options.code.empty()) {
    ASSIGN_OR_RETURN(engine, context.Program());
    if (engine->program().empty()) return UsageError("CODE", "say which program");
  } else {
    ASSIGN_OR_RETURN(engine, context.House());
  }
  request.set_code(options.code.empty() ? engine->program() : options.code);
  ledger::v1::GetProgramResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.program(), Describe(answer.program()));
  return absl::OkStatus();
}

absl::Status List(Context& context, const PageOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ledger::v1::ListProgramsResponse all;
  RETURN_IF_ERROR(ReadPages<ledger::v1::ListProgramsRequest>(
      context, *engine, options, {}, all,
      [](ledger::v1::ListProgramsResponse& answer) { return answer.mutable_programs(); }));
  Table table({{"PROGRAM"}, {"NAME"}, {"CURRENCY"}, {"TIME ZONE"}, {"MADE"}});
  for (const Program& program : all.programs()) {
    table.Add({program.code(), program.display_name(), program.currency_code(), program.time_zone(),
               FormatTime(program.created_at())});
  }
  context.Show(all, table.empty() ? "no program yet; make one: gratis program create CODE"
                                  : table.ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace program_commands

void AddProgramCommands(CLI::App& app, Context& context) {
  using namespace program_commands;
  CLI::App& family = *app.add_subcommand("program", "Loyalty programs: make, show, list");
  family.require_subcommand(1);
  AddCommand<CreateOptions>(family, context, "create", "Make a program", DeclareCreate, Create);
  AddCommand<CreateOptions>(
      family, context, "show", "Show one program",
      [](CLI::App& command, CreateOptions& options) {
        command.add_option("CODE", options.code, "Its code; the one in use if left out");
      },
      ShowOne);
  AddCommand<PageOptions>(family, context, "list", "List all programs", DeclarePages, List);
}

}  // namespace gratis::cli
