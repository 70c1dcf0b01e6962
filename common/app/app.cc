#include "common/app/app.h"

#include <cstdio>
#include <string>

#include "common/app/config.h"
#include "common/app/process.h"
#include "common/app/signals.h"
#include "common/config/environment.h"
#include "common/config/settings.h"
#include "common/obs/log.h"
#include "common/status/reasons.h"

namespace gratis::app {
namespace {

obs::Log::Options LogOptions(const Config& config) {
  obs::Log::Options options;
  options.format = config.log_format == "json" ? obs::Format::kJson : obs::Format::kHuman;
  if (config.log_level == "debug") options.level = obs::Level::kDebug;
  if (config.log_level == "warning") options.level = obs::Level::kWarning;
  if (config.log_level == "error") options.level = obs::Level::kError;
  return options;
}

void Complain(std::string_view program, const absl::Status& status) {
  const std::string message(status.message());
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(program.size()), program.data(),
               message.c_str());
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  return ReasonOf(status) == Reason::kConfigInvalid ? kExitConfig : kExitFailed;
}

// Which versions of the master key a start would find, and where.
int ShowMasterKeys(std::string_view program, const Config& config) {
  const vault::MasterKeySource source = MasterKeysOf(config);
  const absl::StatusOr<std::vector<vault::MasterKey>> keys = source.Read();
  if (!keys.ok()) {
    Complain(program, keys.status());
    return kExitConfig;
  }
  std::printf("\nversions of the master key:\n");
  for (const vault::MasterKey& key : *keys) {
    std::printf("%d  %s\n", key.version, key.origin.c_str());
  }
  if (keys->empty()) std::printf("none; the first start makes %s\n", source.PathOf(1).c_str());
  return kExitOk;
}

}  // namespace

int Main(std::string_view program, int argc, const char* const* argv,
         std::vector<ModuleFactory> modules) {
  const config::Environment environment = config::Environment::OfProcess();
  Config config = DefaultConfig(program, environment);
  config::Settings settings = DeclareSettings(program, config);
  const absl::StatusOr<config::Invocation> invocation = settings.Read(argc, argv, environment);
  if (!invocation.ok()) {
    Complain(program, invocation.status());
    return ExitCodeOf(invocation.status());
  }
  if (invocation->answer) {
    std::fputs(invocation->answer->c_str(), stdout);
    return kExitOk;
  }
  if (const absl::Status checked = CheckConfig(config); !checked.ok()) {
    Complain(program, checked);
    return ExitCodeOf(checked);
  }
  if (invocation->command == "config check") {
    std::fputs(config::Table(settings.effective()).c_str(), stdout);
    return ShowMasterKeys(program, config);
  }
  Signals signals;
  obs::Log log(LogOptions(config));
  Process process(std::string(program), config, std::move(modules), log, signals);
  const bool migrate = invocation->command == "migrate";
  const absl::Status status = migrate ? process.Migrate() : process.Serve();
  if (!status.ok()) {
    if (config.log_format == "json") {
      log.Error(migrate ? "migration failed" : "ended by a failure", {{"failure", status}});
    } else {
      Complain(program, status);
    }
  }
  return ExitCodeOf(status);
}

}  // namespace gratis::app
