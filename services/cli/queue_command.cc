#include <google/protobuf/util/json_util.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/queue.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace queue_command {
namespace {

namespace v1 = thanks::v1;

// What one request carries: so many entries, or the first that make it so large.
constexpr int kChunk = 1'000;
constexpr size_t kChunkBytes = 1 << 20;

struct SendOptions {
  std::string file;
};

// The entries of a file, one a line, as JSON with the contract's names.
class QueueFile {
 public:
  explicit QueueFile(std::string path) : path_(std::move(path)), file_(path_, std::ios::binary) {}

  // False at its end. Errors: FIELD_INVALID (usage).
  absl::StatusOr<bool> Next(v1::QueueEntry& entry) {
    if (!file_.is_open()) {
      return AsUsage(Error(Reason::kFieldInvalid, absl::StrCat("cannot read ", path_)), "FILE");
    }
    std::string text;
    do {
      if (!std::getline(file_, text)) return false;
      ++line_;
    } while (text.empty());
    entry.Clear();
    const auto parsed = google::protobuf::util::JsonStringToMessage(text, &entry);
    if (parsed.ok()) return true;
    return AsUsage(
        Error(Reason::kFieldInvalid,
              absl::StrCat(path_, ":", line_, " is no entry: ", parsed.message().ToString())),
        "FILE");
  }

 private:
  const std::string path_;
  std::ifstream file_;
  int64_t line_ = 0;
};

// How many there are; nothing is sent of a file that is not one throughout.
absl::StatusOr<int64_t> CountEntries(const std::string& path) {
  QueueFile file(path);
  v1::QueueEntry entry;
  int64_t entries = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, file.Next(entry));
    if (!more) return entries;
    ++entries;
  }
}

struct Sent {
  int64_t done = 0;
  int64_t replayed = 0;
  int64_t failed = 0;

  int64_t answered() const { return done + replayed + failed; }
};

// Sends the next entries, after all before them were answered.
absl::Status SendChunk(Context& context, RemoteEngine& engine, const v1::SendQueueRequest& chunk,
                       int64_t total, Sent& sent, Progress& progress) {
  const int64_t before = sent.answered();
  v1::SendQueueResponse answer;
  return engine.Stream(chunk, answer, [&] {
    if (answer.status().has_error()) {
      ++sent.failed;
      progress.Finish();
      context.Remark(
          absl::StrCat("entry ", before + answer.entry(), ": ", answer.status().error().message()));
    } else {
      ++(answer.status().replayed() ? sent.replayed : sent.done);
    }
    progress.Update(sent.answered(), total, sent.answered());
    return absl::OkStatus();
  });
}

absl::Status SendAll(Context& context, RemoteEngine& engine, const std::string& path, int64_t total,
                     Sent& sent) {
  QueueFile file(path);
  Progress progress("Sending", "entries", Progress::Shown());
  v1::SendQueueRequest chunk;
  size_t bytes = 0;
  for (bool more = true; more;) {
    v1::QueueEntry entry;
    ASSIGN_OR_RETURN(more, file.Next(entry));
    if (more) {
      bytes += entry.ByteSizeLong();
      *chunk.add_entries() = std::move(entry);
    }
    const bool full = chunk.entries_size() == kChunk || bytes >= kChunkBytes;
    if (chunk.entries_size() == 0 || (more && !full)) continue;
    RETURN_IF_ERROR(SendChunk(context, engine, chunk, total, sent, progress));
    chunk.clear_entries();
    bytes = 0;
  }
  return absl::OkStatus();
}

absl::Status Send(Context& context, const SendOptions& options) {
  ASSIGN_OR_RETURN(const int64_t total, CountEntries(options.file));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  Sent sent;
  const absl::Status status = SendAll(context, *engine, options.file, total, sent);
  if (!status.ok()) {
    context.Remark(absl::StrCat(Grouped(sent.answered()), " of ", Grouped(total),
                                " entries were answered; send the file again, and those are "
                                "answered as they were"));
    return status;
  }
  JsonWriter json;
  json.BeginObject()
      .Field("done", sent.done)
      .Field("replayed", sent.replayed)
      .Field("failed", sent.failed)
      .EndObject();
  context.Show(json.text(), Card()
                                .Line("done", Grouped(sent.done))
                                .Line("done before", Grouped(sent.replayed))
                                .Line("failed", Grouped(sent.failed))
                                .ToString());
  if (sent.failed == 0) return absl::OkStatus();
  return RowsRejected(absl::StrCat(Counted(sent.failed, "entry was", "entries were"), " refused"));
}

}  // namespace
}  // namespace queue_command

void AddQueueCommand(CLI::App& thanks, Context& context) {
  using namespace queue_command;
  AddCommand<SendOptions>(
      thanks, context, "send", "Send what a till has queued: an entry a line, as JSON",
      [](CLI::App& command, SendOptions& options) {
        command.add_option("FILE", options.file, "Lines such as {\"purchase\": {…}}")->required();
      },
      Send);
}

}  // namespace gratis::cli
