#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/export.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_export.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace member_export_command {
namespace {

struct ExportOptions {
  std::string file;
  std::string format;
  int patience_seconds = 60;
};

void Declare(CLI::App& command, ExportOptions& options) {
  command.add_option("FILE", options.file, "Where to; it is written anew")->required();
  command.add_option("--format", options.format, "csv or jsonl; what the file's name says");
  command
      .add_option("--patience", options.patience_seconds,
                  "Seconds to wait for an engine that does not answer")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  command.footer(
      "The file holds what `gratis members import` takes, and of whoever is not active, which it\n"
      "does not take, the member_state and whom they were merged_into. It is personal data,\n"
      "readable by whoever has it. An export that was interrupted goes on where it stopped, by\n"
      "FILE.part.");
}

// All that is still missing in the file.
absl::Status Receive(RemoteEngine& engine, absl::Duration patience, MemberExport& file) {
  Progress progress("Exporting", "members", Progress::Shown());
  Patience waiting(patience);
  members::v1::ExportMembersResponse message;
  while (true) {
    members::v1::ExportMembersRequest request;
    request.set_cursor(file.cursor());
    const absl::Status status = engine.Stream(request, message, [&]() -> absl::Status {
      waiting.Renew(patience);
      RETURN_IF_ERROR(file.Add(message));
      progress.Update(message.partitions_done(), message.partitions(), file.members());
      return absl::OkStatus();
    });
    if (status.ok() || !Patience::MayPass(status) || !waiting.Wait(status)) return status;
  }
}

absl::Status Export(Context& context, const ExportOptions& options) {
  ASSIGN_OR_RETURN(const MemberFormat format, FormatOf(options.format, options.file));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(MemberExport file, MemberExport::Open(options.file, format));
  const absl::Status status = Receive(*engine, absl::Seconds(options.patience_seconds), file);
  if (!status.ok()) {
    context.Remark(absl::StrCat(Counted(file.members(), "member is", "members are"), " in ",
                                options.file, "; the same command goes on from there"));
    return status;
  }
  RETURN_IF_ERROR(file.Finish());
  const std::string json = JsonWriter()
                               .BeginObject()
                               .Field("file", std::string_view(options.file))
                               .Field("members", file.members())
                               .EndObject()
                               .text();
  context.Show(
      json, Card().Line("members", Grouped(file.members())).Line("file", options.file).ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace member_export_command

void AddMemberExportCommand(CLI::App& members, Context& context) {
  using namespace member_export_command;
  AddCommand<ExportOptions>(members, context, "export",
                            "Write all members to a CSV file, or as JSON lines", Declare, Export);
}

void AddMemberFileCommands(CLI::App& app, Context& context) {
  using namespace member_export_command;
  CLI::App& family = *app.add_subcommand("members",
                                         "All members: import a file, export them, "
                                         "and those who are inactive");
  family.require_subcommand(1);
  AddMemberImportCommand(family, context);
  AddMemberExportCommand(family, context);
  AddInactivityCommands(family, context);
}

}  // namespace gratis::cli
