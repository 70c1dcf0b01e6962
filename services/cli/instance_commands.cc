#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/environment.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace instance_commands {
namespace {

namespace fs = std::filesystem;

// The engine's own binary, installed or built beside this one.
absl::StatusOr<std::string> EngineBinary() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path engine = self.parent_path() / "gratisd";
  if (error || !fs::exists(engine, error)) {
    return Error(Reason::kConfigInvalid, absl::StrCat("there is no gratisd beside ", self.string(),
                                                      "; run its own \"gratisd migrate\""));
  }
  return engine.string();
}

// Runs `arguments`, the first of which is a program's path, in this process's environment; what it
// writes goes to standard error, for standard output has our own answer. Whether it ended well.
bool RunProgram(std::vector<std::string> arguments) {
  const config::Environment environment = config::Environment::OfProcess();
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment.variables()) {
    variables.push_back(absl::StrCat(name, "=", value));
  }
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  };
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  const int failed = posix_spawn(&child, arguments[0].c_str(), &actions, nullptr,
                                 pointers(arguments).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  int outcome = 0;
  while (waitpid(child, &outcome, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0;
}

absl::Status Migrate(Context& context) {
  ASSIGN_OR_RETURN(const std::string binary, EngineBinary());
  if (!RunProgram({binary, "migrate", "--home", context.options.home})) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("\"", binary, " migrate\" failed; it said why above"));
  }
  context.Show(R"({"migrated":true})", "The database is up to date.");
  return absl::OkStatus();
}

std::string StateOf(const Process& process) { return process.alive ? "runs" : "gone"; }

// The program that commands would work in, or why there is none.
struct Choice {
  std::string program;
  absl::Status status;
};

Choice ChosenProgram(Context& context) {
  const absl::StatusOr<RemoteEngine*> engine = context.Program();
  if (!engine.ok()) return {"", engine.status()};
  return {(*engine)->program(), absl::OkStatus()};
}

std::string ConfigJson(const Instance& instance, const Choice& choice) {
  JsonWriter json;
  json.BeginObject()
      .Field("home", std::string_view(instance.home))
      .Field("address", std::string_view(instance.only_address))
      .Field("ca", std::string_view(instance.ca_path))
      .Field("key_file", std::string_view(instance.key_path))
      .Field("key_found", instance.key_status.ok())
      .Field("program", std::string_view(choice.program))
      .Field("reachable", choice.status.ok())
      .Key("processes")
      .BeginArray();
  for (const Process& process : instance.processes) {
    json.BeginObject()
        .Field("name", std::string_view(process.name))
        .Field("address", std::string_view(process.address))
        .Field("metrics", std::string_view(process.metrics_address))
        .Field("pid", process.pid)
        .Field("alive", process.alive)
        .Field("development_clock", process.development_clock)
        .Key("services")
        .BeginArray();
    for (const std::string& service : process.services) json.Text(service);
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return json.text();
}

absl::Status ShowConfig(Context& context) {
  ASSIGN_OR_RETURN(const Instance instance, context.Find());
  const Choice choice = ChosenProgram(context);
  std::string program = choice.program;
  if (program.empty()) {
    program = choice.status.ok() ? "the key's own" : std::string(choice.status.message());
  }
  Card card;
  card.Line("home", instance.home)
      .Line("address", instance.only_address)
      .Line("certificate", instance.ca_path)
      .Line("key", instance.key_status.ok() ? instance.key_path
                                            : std::string(instance.key_status.message()))
      .Line("program", program);
  std::string text = card.ToString();
  if (!instance.processes.empty()) {
    Table table({{"PROCESS"},
                 {"STATE"},
                 {"PID", Table::Align::kRight},
                 {"ADDRESS"},
                 {"METRICS"},
                 {"CLOCK"}});
    for (const Process& process : instance.processes) {
      table.Add({process.name, StateOf(process), absl::StrCat(process.pid), process.address,
                 process.metrics_address, process.development_clock ? "development" : "real"});
    }
    absl::StrAppend(&text, "\n", table.ToString());
  }
  context.Show(ConfigJson(instance, choice), text);
  return absl::OkStatus();
}

}  // namespace
}  // namespace instance_commands

void AddInstanceCommands(CLI::App& app, Context& context) {
  using namespace instance_commands;
  AddCommand(app, context, "config",
             "What the command found: home, processes, key, certificate, program", ShowConfig);
  AddCommand(app, context, "migrate", "Bring the database up to date, with the gratisd beside",
             Migrate);
}

}  // namespace gratis::cli
