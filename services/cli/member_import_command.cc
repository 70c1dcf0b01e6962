#include <chrono>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/import_options.h"
#include "services/cli/json.h"
#include "services/cli/member_file.h"
#include "services/cli/member_import.h"
#include "services/cli/order_file.h"
#include "services/cli/program_clock.h"
#include "services/cli/program_lookup.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace member_import_command {
namespace {

struct ImportOptions : FileImportOptions {
  std::string format;
  std::string wording;
};

void DeclareImport(CLI::App& command, ImportOptions& options) {
  Declare(command, options,
          {.file = "A CSV file with a header, or one JSON object a line",
           .columns = ColumnNames(MemberColumnNames()),
           .source = "The system that ids come from which name none; the file's name if left out",
           .zone = "Of times that name none; the program's if left out",
           .rejects = "FILE.rejects.csv or .jsonl",
           .items = "Members"});
  command.add_option("--format", options.format, "csv or jsonl; what the file's name says");
  command.add_option("--wording", options.wording,
                     "The version of the words that consents were given to, where none is named");
  command.footer(
      "Columns: at least one of external_id, email and phone; name, birthday (MM-DD or\n"
      "YYYY-MM-DD), time_zone, language, acquisition_source, home_store, enrolled_at,\n"
      "consents (marketing/email|-surveys|objection), preferences (seat:choice=window|\n"
      "station=Swiss Jazz) and segments (press|student until 2027-08-31) are taken where they\n"
      "are.\n"
      "Each row becomes an active member: one with another member_state than active, as an export\n"
      "has it of those who died, left or were merged, is rejected.\n"
      "A row that cannot be imported stops nothing: it goes to the rejects file with its line\n"
      "number and the reason. Importing again, the same file or a mended one, does nothing twice.\n"
      "Memory does not grow with the file.");
}

struct Result {
  std::string program;
  std::string source;
  MemberSums sums;
  int64_t rejected = 0;
  std::string rejects_path;  // empty when nothing was rejected
  std::chrono::milliseconds elapsed{0};
};

std::string ResultJson(const Result& result) {
  JsonWriter json;
  json.BeginObject()
      .Field("program", std::string_view(result.program))
      .Field("source", std::string_view(result.source))
      .Field("members", result.sums.members)
      .Field("replayed", result.sums.replayed)
      .Field("consents", result.sums.consents)
      .Field("preferences", result.sums.preferences)
      .Field("segments", result.sums.segments)
      .Field("rejected", result.rejected);
  if (!result.rejects_path.empty()) {
    json.Field("rejects_file", std::string_view(result.rejects_path));
  }
  json.Field("elapsed_ms", static_cast<int64_t>(result.elapsed.count())).EndObject();
  return json.text();
}

std::string ResultText(const Result& result) {
  Card card;
  card.Line("program", result.program).Line("members", Grouped(result.sums.members));
  if (result.sums.replayed > 0) {
    card.Line("  of them", absl::StrCat(Grouped(result.sums.replayed), " were imported before"));
  }
  if (result.sums.consents > 0) card.Line("consents", Grouped(result.sums.consents));
  if (result.sums.preferences > 0) card.Line("preferences", Grouped(result.sums.preferences));
  if (result.sums.segments > 0) card.Line("in segments", Grouped(result.sums.segments));
  if (result.rejected > 0) {
    card.Line("rejected", absl::StrCat(Grouped(result.rejected), ", see ", result.rejects_path));
  }
  const int64_t millis = result.elapsed.count();
  card.Line("took", absl::StrCat(millis / 1000, ".", millis / 100 % 10, " s"));
  return card.ToString();
}

// What the command line, the file and the program together leave open of rows.
absl::StatusOr<MemberDefaults> DefaultsOf(Context& context, const ImportOptions& options,
                                          Result& result) {
  std::string zone = options.zone;
  absl::Time now = absl::InfinitePast();
  if (!options.dry_run) {
    ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
    ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, *engine));
    result.program = program.code();
    if (zone.empty()) zone = program.time_zone();
    ASSIGN_OR_RETURN(const ProgramClock::Reading clock,
                     ProgramClock(*engine, options.patience()).Read());
    now = clock.now;
  }
  result.source = options.source.empty() ? SourceNamed(options.file) : options.source;
  MemberDefaults defaults{
      .source = result.source, .wording = options.wording, .zone = absl::UTCTimeZone(), .now = now};
  if (!zone.empty()) {
    absl::StatusOr<absl::TimeZone> loaded = base::LoadZone(zone);
    if (!loaded.ok()) return AsUsage(loaded.status(), "--zone");
    defaults.zone = *loaded;
  }
  return defaults;
}

// The rows checked, and nothing done.
absl::Status Check(Context& context, MemberFile& file, const MemberDefaults& defaults,
                   RejectsFile& rejects) {
  MemberRow row;
  int64_t members = 0;
  while (file.Next(defaults, rejects, row)) ++members;
  const std::string json = JsonWriter()
                               .BeginObject()
                               .Field("dry_run", true)
                               .Field("members", members)
                               .Field("rejected", rejects.count())
                               .EndObject()
                               .text();
  context.Show(json, Card()
                         .Line("members", Grouped(members))
                         .Line("rejected", Grouped(rejects.count()))
                         .ToString());
  return rejects.Close();
}

absl::Status Transfer(Context& context, const ImportOptions& options, MemberFile& file,
                      const MemberDefaults& defaults, RejectsFile& rejects, MemberSums& sums) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  MemberImport import(*engine,
                      {.batch = static_cast<size_t>(options.batch),
                       .lanes = static_cast<size_t>(options.lanes),
                       .patience = options.patience()},
                      rejects);
  absl::Status status;
  {
    Progress progress("Importing", "members", Progress::Shown());
    MemberRow row;
    while (file.Next(defaults, rejects, row)) {
      if (!import.Add(std::move(row))) break;
      progress.Update(file.position(), file.size(), import.sums().members);
    }
    status = import.Finish();
  }
  sums = import.sums();
  return status;
}

std::string UsualRejectsPath(const std::string& file, MemberFormat format) {
  if (format == MemberFormat::kCsv) return RejectsPathOf(file);
  std::filesystem::path path(file);
  return path.replace_extension(".rejects.jsonl").string();
}

absl::Status Import(Context& context, const ImportOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const char separator, ParseSeparator(options.separator));
  ASSIGN_OR_RETURN(const MemberFormat format, FormatOf(options.format, options.file));
  const absl::StatusOr<std::map<std::string, std::string>> mapping = ParseMapping(options.map);
  if (!mapping.ok()) return AsUsage(mapping.status());
  absl::StatusOr<MemberFile> file = MemberFile::Open(options.file, format, separator, *mapping);
  if (!file.ok()) return AsUsage(file.status());
  ASSIGN_OR_RETURN(const std::string rejects_path,
                   RejectsPathOf(options, UsualRejectsPath(options.file, format)));
  Result result;
  ASSIGN_OR_RETURN(const MemberDefaults defaults, DefaultsOf(context, options, result));
  const std::unique_ptr<RejectsFile> rejects = file->MakeRejects(rejects_path);
  if (options.dry_run) return Check(context, *file, defaults, *rejects);

  const absl::Status status = Transfer(context, options, *file, defaults, *rejects, result.sums);
  result.rejected = rejects->count();
  const absl::Status closed = rejects->Close();
  if (result.rejected > 0) result.rejects_path = rejects->path();
  result.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  if (!status.ok()) {
    context.Remark(absl::StrCat(Counted(result.sums.members, "member is", "members are"),
                                " enrolled; the same command goes on from there"));
    return status;
  }
  context.Show(ResultJson(result), ResultText(result));
  RETURN_IF_ERROR(closed);
  return CheckStrict(options, result.rejected);
}

}  // namespace
}  // namespace member_import_command

void AddMemberImportCommand(CLI::App& members, Context& context) {
  using namespace member_import_command;
  AddCommand<ImportOptions>(members, context, "import",
                            "Enroll the members of a CSV file, or of JSON lines", DeclareImport,
                            Import);
}

}  // namespace gratis::cli
