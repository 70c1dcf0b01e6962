#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "gratis/members/v1/vault.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace vault_commands {
namespace {

namespace v1 = members::v1;

// How many answers, of about a second each, in which only others have something to wrap again.
constexpr int kWaitForOthers = 60;

struct RotateOptions {
  int version = 0;
  bool dry_run = false;
};

absl::StatusOr<v1::GetVaultStatusResponse> ReadStatus(Context& context, Engine& engine) {
  v1::GetVaultStatusResponse answer;
  RETURN_IF_ERROR(context.Call(engine, v1::GetVaultStatusRequest(), answer));
  return answer;
}

// Of whose data something hangs on a version yet: "messages", or nobody's.
std::string NeedersOf(const v1::MasterKeyVersion& version) {
  return absl::StrJoin(version.needed_by(), ", ");
}

std::string WaitingText(const v1::GetVaultStatusResponse& status) {
  std::string text;
  for (const v1::MasterKeyVersion& version : status.versions()) {
    if (version.needed_by().empty()) continue;
    absl::StrAppend(&text, "Version ", version.version(), " still wraps something of ",
                    NeedersOf(version),
                    ", which wraps it again by itself while it runs; then gratis vault rotate "
                    "retires the version.\n");
  }
  return text;
}

std::string OriginOf(const v1::MasterKeyVersion& version) {
  return version.origin().empty() ? "not given" : version.origin();
}

absl::Status Status(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ASSIGN_OR_RETURN(const v1::GetVaultStatusResponse answer, ReadStatus(context, *engine));
  Table table({{"VERSION", Table::Align::kRight},
               {"STATE"},
               {"DATA KEYS", Table::Align::kRight},
               {"BESIDE THEM"},
               {"SINCE"},
               {"RETIRED"},
               {"FROM"}});
  for (const v1::MasterKeyVersion& version : answer.versions()) {
    table.Add({absl::StrCat(version.version()), EnumWords(version, "state"),
               Grouped(version.data_keys()), NeedersOf(version), FormatTime(version.since()),
               FormatTime(version.retired_at()), OriginOf(version)});
  }
  std::string text = table.ToString();
  if (answer.remaining_data_keys() > 0) {
    absl::StrAppend(&text, "\n", Counted(answer.remaining_data_keys(), "data key", "data keys"),
                    " to be wrapped again: gratis vault rotate goes on with it.\n");
  }
  absl::StrAppend(&text, WaitingText(answer));
  context.Show(answer, text);
  return absl::OkStatus();
}

struct Rewrapped {
  int64_t data_keys = 0;
  bool finished = false;
};

// Until nothing is left to be wrapped again, or for long only what others have to.
absl::StatusOr<Rewrapped> RewrapAll(Context& context, Engine& engine) {
  Progress progress("Wrapping", "data keys", Progress::Shown());
  Rewrapped done;
  int waited = 0;
  while (!done.finished && waited < kWaitForOthers) {
    v1::RewrapDataKeysResponse answer;
    RETURN_IF_ERROR(context.Call(engine, v1::RewrapDataKeysRequest(), answer));
    done.data_keys += answer.rewrapped_data_keys();
    progress.Update(done.data_keys, done.data_keys + answer.remaining_data_keys(), done.data_keys);
    done.finished = answer.finished();
    waited = answer.waits_for().empty() ? 0 : waited + 1;
  }
  return done;
}

std::string RotatedText(const v1::RotateMasterKeyResponse& begun, const Rewrapped& rewrapped,
                        const v1::GetVaultStatusResponse& status) {
  std::string text = absl::StrCat("Version ", begun.version(), " of the master key wraps ",
                                  rewrapped.finished ? "all, " : "what is new, ",
                                  Counted(rewrapped.data_keys, "data key", "data keys"), " anew.\n",
                                  WaitingText(status));
  for (const v1::MasterKeyVersion& version : status.versions()) {
    if (version.state() == v1::MASTER_KEY_STATE_CURRENT) {
      absl::StrAppend(&text, "Keep a copy of it elsewhere: ", OriginOf(version), "\n");
    }
    if (version.state() == v1::MASTER_KEY_STATE_RETIRED && !version.origin().empty()) {
      absl::StrAppend(&text, "Version ", version.version(), " may be removed: ", version.origin(),
                      "; copies of the database from before need it.\n");
    }
  }
  return text;
}

absl::Status Rotate(Context& context, const RotateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  v1::RotateMasterKeyRequest request;
  request.set_request_id(context.RequestId());
  request.set_version(options.version);
  request.set_validate_only(options.dry_run);
  v1::RotateMasterKeyResponse begun;
  RETURN_IF_ERROR(context.Call(*engine, request, begun));
  if (options.dry_run) {
    context.Show(begun, begun.version() == begun.previous_version()
                            ? absl::StrCat("a rotation to version ", begun.version(),
                                           " goes on, if it is not through\n")
                            : absl::StrCat("version ", begun.version(), " would follow ",
                                           begun.previous_version(), "\n"));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Rewrapped rewrapped, RewrapAll(context, *engine));
  ASSIGN_OR_RETURN(const v1::GetVaultStatusResponse status, ReadStatus(context, *engine));
  JsonWriter json;
  json.BeginObject()
      .Field("version", begun.version())
      .Field("previous_version", begun.previous_version())
      .Field("rewrapped_data_keys", rewrapped.data_keys)
      .Field("finished", rewrapped.finished)
      .Key("vault")
      .Message(status)
      .EndObject();
  context.Show(json.text(), RotatedText(begun, rewrapped, status));
  return absl::OkStatus();
}

}  // namespace
}  // namespace vault_commands

void AddVaultCommands(CLI::App& app, Context& context) {
  using namespace vault_commands;
  CLI::App& family =
      *app.add_subcommand("vault", "The master key that personal data hangs on: status, rotate");
  family.require_subcommand(1);
  AddCommand(family, context, "status",
             "Which versions of the master key there are, and which may be removed", Status);
  AddCommand<RotateOptions>(
      family, context, "rotate",
      "Go over to another version of the master key, or go on with what was begun",
      [](CLI::App& command, RotateOptions& options) {
        command
            .add_option("--to", options.version,
                        "The version, given to every process; a new one if left out")
            ->type_name("VERSION");
        command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
      },
      Rotate);
}

}  // namespace gratis::cli
