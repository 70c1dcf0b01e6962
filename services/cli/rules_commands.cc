#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/json_file.h"
#include "services/cli/order_words.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"

namespace gratis::cli {
namespace rules_commands {
namespace {

namespace v1 = thanks::v1;

struct RulesOptions {
  int version = 0;
  std::string at;
  std::string file;
  std::string from;
  bool dry_run = false;
};

std::string ScopeWords(const v1::RuleScope& scope) {
  std::string words;
  const auto list = [&](std::string_view name, const auto& values) {
    if (values.empty()) return;
    absl::StrAppend(&words, words.empty() ? "" : "; ", std::string(name), " ");
    bool first = true;
    for (const auto& value : values) {
      absl::StrAppend(&words, first ? "" : ", ", value);
      first = false;
    }
  };
  list("skus", scope.skus());
  list("categories", scope.categories());
  list("stores", scope.stores());
  list("channels", scope.channels());
  list("tenders", scope.tenders());
  list("currencies", scope.currency_codes());
  list("tiers", scope.tiers());
  list("weekdays", scope.weekdays());
  const auto time = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    absl::StrAppend(&words, words.empty() ? "" : "; ", std::string(name), " ", value);
  };
  time("from", FormatTime(scope.starts_at()));
  time("until", FormatTime(scope.ends_at()));
  if (scope.from_minute() != 0 || scope.until_minute() != 0) {
    absl::StrAppend(&words, words.empty() ? "" : "; ", "minutes ", scope.from_minute(), " to ",
                    scope.until_minute());
  }
  return words.empty() ? "everything" : words;
}

std::string DoesWords(const v1::PurchaseRule& rule) {
  switch (rule.does_case()) {
    case v1::PurchaseRule::kRate:
      return absl::StrCat(rule.rate().points_per_unit(), " a unit");
    case v1::PurchaseRule::kExclusion:
      return "nothing";
    case v1::PurchaseRule::kMultiplier:
      return absl::StrCat(rule.multiplier().percent(), " %",
                          rule.multiplier().last() ? ", last" : "");
    case v1::PurchaseRule::kBonus:
      return absl::StrCat("and ", Counted(rule.bonus().points(), "point", "points"));
    case v1::PurchaseRule::kCap: {
      const std::string per = PeriodWords(rule.cap().per());
      return absl::StrCat("at most ", Grouped(rule.cap().points()), per.empty() ? "" : " a ", per,
                          ", else ", EnumWords(rule.cap(), "action"));
    }
    default:
      return "";
  }
}

std::string RulesWords(const v1::ThanksPolicy& policy) {
  Card card;
  for (const v1::EarningRate& rate : policy.earning().rates()) {
    card.Line("earns", absl::StrCat(Counted(rate.points_per_unit(), "point", "points"), " per ",
                                    rate.currency_code()));
  }
  card.Line("rounding", EnumWords(policy.earning(), "rounding"))
      .Line("tax", policy.earning().without_tax() ? "does not earn" : "earns")
      .Line("claims a day", absl::StrCat(policy.earning().claims_per_day()))
      .Line("version", absl::StrCat(policy.version()))
      .Line("from", FormatTime(policy.effective_from()));
  Table table({{.title = "rule"}, {.title = "about"}, {.title = "earns"}});
  for (const v1::PurchaseRule& rule : policy.earning().rules()) {
    table.Add({rule.code(), ScopeWords(rule.scope()), DoesWords(rule)});
  }
  return absl::StrCat(card.ToString(), table.empty() ? "" : "\n",
                      table.empty() ? "" : table.ToString());
}

absl::Status ShowRules(Context& context, const RulesOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetThanksPolicyRequest request;
  request.set_version(options.version);
  if (!options.at.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_at(), TimeOf(context, options.at, "--at", DayAs::kNoon));
  }
  v1::GetThanksPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.policy(), RulesWords(answer.policy()));
  return absl::OkStatus();
}

absl::Status SetRules(Context& context, const RulesOptions& options) {
  v1::EarningRule rule;
  RETURN_IF_ERROR(ReadJsonFile(options.file, "--file", "how purchases earn", rule));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetThanksPolicyResponse before;
  RETURN_IF_ERROR(context.Call(*engine, v1::GetThanksPolicyRequest(), before));
  v1::SetThanksPolicyRequest request;
  v1::ThanksPolicy& policy = *request.mutable_policy();
  *policy.mutable_earning() = rule;
  *policy.mutable_thank_you() = before.policy().thank_you();
  if (before.policy().has_pending()) *policy.mutable_pending() = before.policy().pending();
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> from,
                     TimeUnlessNow(context, options.from, "--from", DayAs::kBeginning));
    if (from) *policy.mutable_effective_from() = *from;
  }
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::SetThanksPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.policy(), RulesWords(answer.policy()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace rules_commands

void AddRulesCommands(CLI::App& thanks, Context& context) {
  using namespace rules_commands;
  CLI::App& rules = *thanks.add_subcommand("rules", "How purchases earn: show, set");
  rules.require_subcommand(1);
  AddCommand<RulesOptions>(
      rules, context, "show", "Show the rules in force, then, or of any version",
      [](CLI::App& command, RulesOptions& options) {
        command.add_option("--version", options.version, "A version, whether in force or not");
        command.add_option(
            "--at", options.at,
            absl::StrCat("Those that purchases made then go by, on a day at noon: ", kTimeWords));
      },
      ShowRules);
  AddCommand<RulesOptions>(
      rules, context, "set", "Make a new version of how purchases earn",
      [](CLI::App& command, RulesOptions& options) {
        command
            .add_option("--file", options.file,
                        "Rates and rules as JSON, with the contract's names")
            ->required();
        command.add_option("--from", options.from,
                           absl::StrCat("From when on: ", kTimeWords, "; now if left out"));
        command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
      },
      SetRules);
}

}  // namespace gratis::cli
