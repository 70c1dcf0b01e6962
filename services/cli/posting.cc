#include "services/cli/posting.h"

#include <CLI/CLI.hpp>

#include "services/cli/failure.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {

void DeclareTime(CLI::App& command, PostOptions& options) {
  command.add_option("--at", options.effective_at,
                     "When it took effect: YYYY-MM-DD or RFC 3339; now if left out");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

void DeclarePost(CLI::App& command, PostOptions& options) {
  command.add_option("--source", options.source, "Why, in your words; no personal data");
  DeclareTime(command, options);
}

absl::StatusOr<google::protobuf::Timestamp> TimeOf(const std::string& text,
                                                   std::string_view option) {
  const absl::StatusOr<absl::Time> time = ParseTime(text, absl::UTCTimeZone());
  if (!time.ok()) return AsUsage(time.status(), option);
  return ToProto(*time);
}

}  // namespace gratis::cli
