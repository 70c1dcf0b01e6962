#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/feed.pb.h"
#include "services/cli/command.h"
#include "services/cli/entry_kinds.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace watch_command {
namespace {

namespace v1 = ledger::v1;

struct WatchOptions {
  std::vector<std::string> members;
  std::vector<std::string> kinds;
  std::string cursor_file;
  int patience_seconds = 300;
  bool from_now = false;
  bool until_now = false;
};

void Declare(CLI::App& command, WatchOptions& options) {
  command.add_flag("--from-now", options.from_now, "Begin with what is recorded from now on");
  command.add_flag("--until-now", options.until_now, "End with what is recorded now");
  command.add_option("--member", options.members, "Only entries about this member: mem_…");
  command.add_option("--kind", options.kinds, "Only entries of this kind: earn, birthday-gift, …");
  command.add_option(
      "--cursor", options.cursor_file,
      "A file that keeps how far the journal was shown; where it exists, go on there");
  command
      .add_option("--patience", options.patience_seconds,
                  "Seconds to wait for an engine that does not answer")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
}

// Where to go on, kept in a file, if there is one.
class CursorFile {
 public:
  explicit CursorFile(std::string path) : path_(std::move(path)) {}

  // Nothing if the file is not there yet. Errors: it holds something else.
  absl::StatusOr<std::optional<v1::Cursor>> Read() const {
    std::ifstream file(path_, std::ios::binary);
    if (path_.empty() || !file) return std::optional<v1::Cursor>();
    if (std::filesystem::is_directory(path_)) {
      return UsageError("--cursor", absl::StrCat(path_, " is a folder"));
    }
    const std::string text(std::istreambuf_iterator<char>(file), {});
    v1::Cursor cursor;
    if (!google::protobuf::util::JsonStringToMessage(text, &cursor).ok()) {
      return UsageError("--cursor", absl::StrCat(path_, " holds no cursor"));
    }
    return std::optional(std::move(cursor));
  }

  // As a whole or not at all.
  absl::Status Write(const v1::Cursor& cursor) const {
    if (path_.empty()) return absl::OkStatus();
    const std::string next = absl::StrCat(path_, ".next");
    std::ofstream file(next, std::ios::binary | std::ios::trunc);
    file << ToJson(cursor) << "\n";
    file.close();
    if (file && std::rename(next.c_str(), path_.c_str()) == 0) return absl::OkStatus();
    return UsageError("--cursor", absl::StrCat(path_, " cannot be written"));
  }

 private:
  const std::string path_;
};

std::string Line(const v1::Entry& entry) {
  std::string line = absl::StrCat(FormatTime(entry.recorded_at()), "  ", entry.partition(), ":",
                                  entry.sequence(), "  ", EnumWords(entry, "kind"));
  if (!entry.member_id().empty()) absl::StrAppend(&line, "  ", entry.member_id());
  if (entry.points() != 0) {
    absl::StrAppend(&line, "  ", Grouped(entry.points()), " ", EnumWords(entry, "debit"), " to ",
                    EnumWords(entry, "credit"));
  }
  if (!entry.source().empty()) absl::StrAppend(&line, "  ", entry.source());
  return line;
}

absl::Status Watch(Context& context, const WatchOptions& options) {
  v1::WatchRequest request;
  RETURN_IF_ERROR(AddKinds(options.kinds, request));
  for (const std::string& member : options.members) request.add_member_ids(member);
  request.set_follow(!options.until_now);
  const CursorFile file(options.cursor_file);
  ASSIGN_OR_RETURN(const std::optional<v1::Cursor> stored, file.Read());
  request.set_from_now(options.from_now && !stored);
  if (stored) *request.mutable_cursor() = *stored;

  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  const absl::Duration patience = absl::Seconds(options.patience_seconds);
  Patience waiting(patience);
  v1::WatchResponse message;
  while (true) {
    absl::Status status = engine->Stream(request, message, [&] {
      waiting.Renew(patience);
      for (const v1::Entry& entry : message.entries()) context.Show(entry, Line(entry));
      request.set_from_now(false);
      *request.mutable_cursor() = message.cursor();
      // After the entries are shown: one may be shown twice, none is left out.
      return file.Write(message.cursor());
    });
    if (status.ok() || !Patience::MayPass(status) || !waiting.Wait(status)) return status;
  }
}

}  // namespace
}  // namespace watch_command

void AddWatchCommand(CLI::App& ledger, Context& context) {
  using namespace watch_command;
  AddCommand<WatchOptions>(ledger, context, "watch",
                           "Show the journal, and what is recorded as it comes", Declare, Watch);
}

}  // namespace gratis::cli
