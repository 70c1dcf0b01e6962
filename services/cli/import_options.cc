#include "services/cli/import_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/cli/failure.h"
#include "services/cli/table.h"

namespace gratis::cli {

void Declare(CLI::App& command, FileImportOptions& options, const ImportWords& words) {
  command.add_option("FILE", options.file, words.file)->required();
  command
      .add_option("--map", options.map,
                  absl::StrCat("Where the file has other titles than ", words.columns))
      ->type_name("COLUMN=TITLE,…");
  command.add_option("--source", options.source, words.source);
  command.add_option("--zone", options.zone, words.zone);
  command.add_option("--rejects", options.rejects,
                     absl::StrCat("Where rows go that cannot be imported; ", words.rejects));
  command.add_option("--separator", options.separator, "Between fields: a character, or tab")
      ->capture_default_str();
  command.add_option("--batch", options.batch, absl::StrCat(words.items, " in one call"))
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--lanes", options.lanes, "Calls under way at once")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command
      .add_option("--patience", options.patience_seconds,
                  "Seconds to wait for an engine that does not answer")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  command.add_flag("--strict", options.strict, "End with exit code 5 if any row was rejected");
  command.add_flag("--dry-run", options.dry_run, "Check the rows, and ask the engine for nothing");
}

absl::StatusOr<std::string> RejectsPathOf(const FileImportOptions& options,
                                          const std::string& usual) {
  const std::string path = options.rejects.empty() ? usual : options.rejects;
  std::error_code ignored;
  if (std::filesystem::equivalent(path, options.file, ignored)) {
    return UsageError("--rejects", "it is the file to import; name another");
  }
  return path;
}

absl::Status CheckStrict(const FileImportOptions& options, int64_t rejected) {
  if (!options.strict || rejected == 0) return absl::OkStatus();
  return RowsRejected(absl::StrCat(Counted(rejected, "row was", "rows were"), " rejected"));
}

}  // namespace gratis::cli
