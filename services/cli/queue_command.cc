#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/queue.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

namespace v1 = thanks::v1;

struct SendOptions {
  std::string file;
};

// One entry a line, as JSON with the contract's names.
absl::Status ReadQueue(const std::string& path, v1::SendQueueRequest& request) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return AsUsage(Error(Reason::kFieldInvalid, absl::StrCat("cannot read ", path)), "FILE");
  std::string text;
  for (int line = 1; std::getline(file, text); ++line) {
    if (text.empty()) continue;
    const auto parsed = google::protobuf::util::JsonStringToMessage(text, request.add_entries());
    if (parsed.ok()) continue;
    return AsUsage(
        Error(Reason::kFieldInvalid,
              absl::StrCat(path, ":", line, " is no entry: ", parsed.message().ToString())),
        "FILE");
  }
  return absl::OkStatus();
}

absl::Status Send(Context& context, const SendOptions& options) {
  v1::SendQueueRequest request;
  RETURN_IF_ERROR(ReadQueue(options.file, request));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SendQueueResponse answer;
  int64_t done = 0;
  int64_t replayed = 0;
  int64_t failed = 0;
  RETURN_IF_ERROR(engine->Stream(request, answer, [&] {
    if (answer.status().has_error()) {
      ++failed;
      context.Remark(
          absl::StrCat("entry ", answer.entry(), ": ", answer.status().error().message()));
    } else {
      ++(answer.status().replayed() ? replayed : done);
    }
    return absl::OkStatus();
  }));
  JsonWriter json;
  json.BeginObject()
      .Field("done", done)
      .Field("replayed", replayed)
      .Field("failed", failed)
      .EndObject();
  context.Show(json.text(), Card()
                                .Line("done", Grouped(done))
                                .Line("done before", Grouped(replayed))
                                .Line("failed", Grouped(failed))
                                .ToString());
  if (failed == 0) return absl::OkStatus();
  return RowsRejected(absl::StrCat(Counted(failed, "entry was", "entries were"), " refused"));
}

}  // namespace

void AddQueueCommand(CLI::App& thanks, Context& context) {
  AddCommand<SendOptions>(
      thanks, context, "send", "Send what a till has queued: an entry a line, as JSON",
      [](CLI::App& command, SendOptions& options) {
        command.add_option("FILE", options.file, "Lines such as {\"purchase\": {…}}")->required();
      },
      Send);
}

}  // namespace gratis::cli
