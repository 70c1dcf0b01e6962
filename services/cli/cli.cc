#include "services/cli/cli.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/environment.h"
#include "common/config/nearest.h"
#include "common/status/reasons.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"

namespace gratis::cli {
namespace {

void DeclareGlobals(CLI::App& app, GlobalOptions& options) {
  app.add_option("--home", options.home, "The instance's folder; GRATIS_HOME if left out")
      ->group("Everywhere");
  app.add_option("--program", options.program,
                 "The program's code; GRATIS_PROGRAM if left out, else the key's program, the only "
                 "one, or demo")
      ->envname("GRATIS_PROGRAM")
      ->group("Everywhere");
  app.add_option("--key-file", options.key_file,
                 "The file with the API key; HOME/admin.key if left out")
      ->envname("GRATIS_KEY_FILE")
      ->group("Everywhere");
  app.add_option("--address", options.address,
                 "host:port of the engine, instead of what runs in HOME")
      ->envname("GRATIS_ADDRESS")
      ->group("Everywhere");
  app.add_option("--ca", options.ca_path, "The certificates to check the engine's against")
      ->envname("GRATIS_CA")
      ->group("Everywhere");
  app.add_option("--proof", options.proof,
                 "With a till's key: the proof of the member, as gratis member identify gave it")
      ->envname("GRATIS_PROOF")
      ->group("Everywhere");
  CLI::Option* const certificate =
      app.add_option("--certificate", options.certificate_path,
                     "The certificate to show an engine that asks clients for one")
          ->envname("GRATIS_CERTIFICATE")
          ->group("Everywhere");
  CLI::Option* const certificate_key =
      app.add_option("--certificate-key", options.certificate_key_path, "Its private key")
          ->envname("GRATIS_CERTIFICATE_KEY")
          ->group("Everywhere");
  certificate->needs(certificate_key);
  certificate_key->needs(certificate);
  app.add_flag("--json", options.json, "One JSON document instead of text")->group("Everywhere");
  app.add_option("--timeout", options.timeout_seconds, "Seconds a call may take")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str()
      ->group("Everywhere");
  app.add_option("--request-id", options.request_id,
                 "The id of the change; one that was used gives its first answer again")
      ->group("Everywhere");
  app.add_flag("--verbose", options.verbose, "Tell the request's id")->group("Everywhere");
}

std::vector<std::string> CommandsOf(const CLI::App& family) {
  std::vector<std::string> names;
  for (const CLI::App* command : family.get_subcommands([](const CLI::App* one) {
         return !one->get_name().empty();  // option groups have none
       })) {
    names.push_back(command->get_name());
  }
  return names;
}

// Of `known`, the few that are nearest to what somebody typed.
std::vector<std::string> NearestOnes(const std::string& typed, std::vector<std::string> known) {
  constexpr size_t kMost = 3;
  const auto distance = [&](const std::string& name) { return config::EditDistance(typed, name); };
  std::stable_sort(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
    return distance(a) < distance(b);
  });
  size_t kept = 1;
  while (kept < std::min(kMost, known.size()) && distance(known[kept]) <= distance(known[0]) + 1) {
    ++kept;
  }
  known.resize(std::min(kept, known.size()));
  return known;
}

// What is wrong with the command line. A command that is missing or that there is none of is named,
// for which CLI11 has no words.
std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* family = &app;
  std::string path = "gratis";
  while (!family->get_subcommands().empty()) {
    family = family->get_subcommands().back();
    absl::StrAppend(&path, " ", family->get_name());
  }
  const bool no_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                          family->get_require_subcommand_min() > 0;
  if (!no_command) return absl::StrCat(error.what(), "; see --help");
  const std::vector<std::string> commands = CommandsOf(*family);
  // A word that no command takes is left to the app above them all.
  const std::vector<std::string> words = app.remaining(/*recurse=*/true);
  if (words.empty() || absl::StartsWith(words[0], "-")) {
    return absl::StrCat("say which command of ", path, ": ", absl::StrJoin(commands, ", "),
                        "; see ", path, " --help");
  }
  return absl::StrCat("\"", words[0], "\" is no command of ", path,
                      "; the nearest: ", absl::StrJoin(NearestOnes(words[0], commands), ", "),
                      "; see ", path, " --help");
}

int Report(const Context& context, const absl::Status& status) {
  if (!status.ok()) {
    const std::string text =
        context.options.json ? FailureJson(status) + "\n" : ExplainFailure(status);
    std::fputs(text.c_str(), stderr);
  }
  return ExitCodeOf(status);
}

}  // namespace

int Main(int argc, const char* const* argv) {
  // A reader that goes away, as `head` does, is no failure of ours.
  std::signal(SIGPIPE, SIG_DFL);
  Context context;
  CLI::App app("gratis: run a Gratis loyalty engine from the command line.", "gratis");
  app.set_version_flag("--version", absl::StrCat("gratis ", GRATIS_VERSION));
  app.set_help_all_flag("--help-all", "Help on everything");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("Options that every command takes, and exit codes: gratis --help");
  DeclareGlobals(app, context.options);
  AddProgramCommands(app, context);
  AddMemberCommands(app, context);
  AddCardCommands(app, context);
  AddGroupCommands(app, context);
  AddTiersCommands(app, context);
  AddMemberFileCommands(app, context);
  AddPointsCommands(app, context);
  AddUnitsCommands(app, context);
  AddVoucherCommands(app, context);
  AddBudgetCommands(app, context);
  AddOrdersCommands(app, context);
  AddBirthdaysCommands(app, context);
  AddThanksCommands(app, context);
  AddTriggerCommands(app, context);
  AddComplaintCommands(app, context);
  AddSurpriseCommands(app, context);
  AddWishCommands(app, context);
  AddMessageCommands(app, context);
  AddTemplateCommands(app, context);
  AddTaskCommands(app, context);
  AddInboxCommands(app, context);
  AddWebhookCommands(app, context);
  AddDeliveryCommands(app, context);
  AddSuppressionCommands(app, context);
  AddLedgerCommands(app, context);
  AddAuditCommand(app, context);
  AddKeyCommands(app, context);
  AddVaultCommands(app, context);
  AddClockCommands(app, context);
  AddInstanceCommands(app, context);
  AddDemoCommand(app, context);
  app.footer(ExitCodesHelp());
  try {
    app.parse(argc, const_cast<char**>(argv));
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    if (argc == 1) {
      std::fputs(app.help().c_str(), stderr);
    } else {
      // What was parsed before the mistake may not have come to --json.
      context.options.json |=
          std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
      Report(context, AsUsage(Error(Reason::kFieldInvalid, Explain(app, error))));
    }
    return kWrongUsage;
  }
  if (context.options.home.empty()) {
    context.options.home = config::HomeOf(config::Environment::OfProcess());
  }
  return Report(context, context.action());
}

}  // namespace gratis::cli
