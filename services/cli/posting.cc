#include "services/cli/posting.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"

namespace gratis::cli {

void DeclareTime(CLI::App& command, PostOptions& options) {
  command.add_option("--at", options.effective_at,
                     absl::StrCat("When it took effect: ", kTimeWords, "; now if left out"));
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

void DeclarePost(CLI::App& command, PostOptions& options) {
  command.add_option("--source", options.source, "Why, in your words; no personal data");
  DeclareTime(command, options);
}

}  // namespace gratis::cli
