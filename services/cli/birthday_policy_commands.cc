#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/budgets.pb.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/gift_words.h"
#include "services/cli/program_lookup.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace birthday_policy_commands {
namespace {

using birthdays::v1::BirthdayPolicy;
using birthdays::v1::Gift;

struct PolicyOptions {
  std::optional<bool> enabled;
  std::optional<int64_t> points;
  std::string voucher;
  std::string item;
  std::vector<std::string> options;  // CODE=WHAT
  std::string standard;              // the code of the one that comes by default
  std::optional<std::string> text;
  std::optional<std::string> budget;
  std::vector<std::string> tiers;  // TIER=WHAT
  bool no_tiers = false;
  std::optional<int> hour;
  std::optional<int> lead_days;
  std::optional<int> late_days;
  std::optional<int> valid_days;
  std::optional<int> choose_days;
  std::optional<int> adult_age;
  std::string leap_day;
  bool dry_run = false;
};

std::string Describe(const BirthdayPolicy& policy) {
  Card card;
  card.Line("birthday gifts", policy.enabled() ? "given" : "not given")
      .Line("gift", GiftText(policy.gift()))
      .Line("told as", policy.gift().text())
      .Line("paid by", policy.gift().budget_id());
  for (const birthdays::v1::TierGift& of_tier : policy.tier_gifts()) {
    card.Line("gift of " + of_tier.tier(), GiftText(of_tier.gift()));
  }
  card.Line("at", absl::StrCat(policy.local_hour(), ":00, where the member lives"))
      .Line("days before", absl::StrCat(policy.lead_days()))
      .Line("late up to", Counted(policy.late_days(), "day", "days"))
      .Line("29 February", policy.leap_day_rule() == birthdays::v1::LEAP_DAY_RULE_MARCH_1
                               ? "in common years on 1 March"
                               : "in common years on 28 February")
      .Line("usable for", Counted(policy.valid_days(), "day", "days"))
      .Line("to choose for", Counted(policy.choose_days(), "day", "days"))
      .Line("of age at", absl::StrCat(policy.adult_age()))
      .Line("version",
            policy.version() == 0 ? "0, as every program starts" : absl::StrCat(policy.version()));
  return card.ToString();
}

absl::StatusOr<BirthdayPolicy> Policy(Context& context, Engine& engine) {
  birthdays::v1::GetBirthdayPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(engine, birthdays::v1::GetBirthdayPolicyRequest(), answer));
  return answer.policy();
}

absl::Status ShowPolicy(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const BirthdayPolicy policy, Policy(context, *engine));
  context.Show(policy, Describe(policy));
  return absl::OkStatus();
}

void DeclarePolicy(CLI::App& command, PolicyOptions& options) {
  command.add_option("--enabled", options.enabled, "Whether gifts are given: true or false");
  auto* gift = command.add_option_group("gift", "What is given");
  gift->add_option("--points", options.points, "Points, 1 to 1,000,000");
  gift->add_option("--voucher", options.voucher, "Money, in the program's currency: 5.00");
  gift->add_option("--item", options.item, "A thing, in the shop's codes");
  gift->add_option("--option", options.options,
                   "One of several to choose from: CODE=points:100, CODE=voucher:5.00, "
                   "CODE=item:CAKE-1 or, from an age on, CODE=item:WINE-3@18; 2 to 6 times");
  gift->require_option(0, 1);
  command.add_option("--default", options.standard, "The option that comes when nobody chooses");
  command.add_option("--text", options.text, "What people are told it is; no conditions");
  command.add_option("--budget", options.budget,
                     "What pays for it: bgt_… or a budget's code; \"\" for none");
  command.add_option("--tier-gift", options.tiers,
                     "What those in a tier get instead: gold=voucher:10.00; once for each tier");
  command.add_flag("--no-tier-gifts", options.no_tiers, "No gifts by tier any more");
  command.add_option("--hour", options.hour, "The local hour, 0 to 23");
  command.add_option("--lead-days", options.lead_days, "Days before the birthday, 0 to 35");
  command.add_option("--late-days", options.late_days, "How late a gift may come, 0 to 30 days");
  command.add_option("--valid-days", options.valid_days,
                     "How long vouchers and items can be used, 30 to 3,650 days");
  command.add_option("--choose-days", options.choose_days, "How long one may choose, 1 to 60 days");
  command.add_option("--adult-age", options.adult_age, "Who is younger is a minor, 13 to 21");
  command.add_option("--leap-day", options.leap_day, "29 February in common years")
      ->check(CLI::IsMember({"february-28", "march-1"}));
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

// "gold=points:5" as its two parts.
absl::StatusOr<std::pair<std::string, std::string>> SplitNamed(const std::string& text,
                                                               std::string_view option) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return UsageError(option, "a name, = and a gift: tea=item:TEA-1");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

absl::Status SetChoice(const PolicyOptions& options, const std::string& currency_code, Gift& gift) {
  birthdays::v1::GiftChoice& choice = *gift.mutable_choice();
  choice.Clear();
  for (const std::string& named : options.options) {
    ASSIGN_OR_RETURN(const auto parts, SplitNamed(named, "--option"));
    ASSIGN_OR_RETURN(*choice.add_options(),
                     ParseGiftOption(parts.second, currency_code, "--option"));
    choice.mutable_options(choice.options_size() - 1)->set_code(parts.first);
  }
  choice.set_default_option(options.standard);
  return absl::OkStatus();
}

// Sets what is named of the gift. What stays has its words and its budget still; another kind of
// gift has none, unless they are said as well.
absl::Status SetGift(const PolicyOptions& options, const std::string& currency_code, Gift& gift) {
  const auto before = gift.kind_case();
  if (options.points) gift.set_points(*options.points);
  if (!options.voucher.empty()) {
    ASSIGN_OR_RETURN(const Gift parsed,
                     ParseGift("voucher:" + options.voucher, currency_code, "--voucher"));
    *gift.mutable_voucher() = parsed.voucher();
  }
  if (!options.item.empty()) {
    ASSIGN_OR_RETURN(const Gift parsed, ParseGift("item:" + options.item, currency_code, "--item"));
    *gift.mutable_item() = parsed.item();
  }
  if (!options.options.empty()) RETURN_IF_ERROR(SetChoice(options, currency_code, gift));
  if (options.options.empty() && !options.standard.empty()) {
    gift.mutable_choice()->set_default_option(options.standard);
  }
  if (gift.kind_case() != before) {
    gift.clear_text();
    gift.clear_budget_id();
  }
  return absl::OkStatus();
}

absl::Status SetTiers(const PolicyOptions& options, const std::string& currency_code,
                      BirthdayPolicy& policy) {
  if (options.no_tiers) policy.clear_tier_gifts();
  for (const std::string& named : options.tiers) {
    ASSIGN_OR_RETURN(const auto parts, SplitNamed(named, "--tier-gift"));
    ASSIGN_OR_RETURN(Gift gift, ParseGift(parts.second, currency_code, "--tier-gift"));
    birthdays::v1::TierGift* of_tier = nullptr;
    for (birthdays::v1::TierGift& known : *policy.mutable_tier_gifts()) {
      if (known.tier() == parts.first) of_tier = &known;
    }
    if (of_tier == nullptr) of_tier = policy.add_tier_gifts();
    of_tier->set_tier(parts.first);
    *of_tier->mutable_gift() = std::move(gift);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> BudgetIdOf(Context& context, Engine& engine,
                                       const std::string& budget) {
  if (budget.empty() || budget.rfind("bgt_", 0) == 0) return budget;
  ledger::v1::GetBudgetRequest request;
  request.set_code(budget);
  ledger::v1::GetBudgetResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.budget().budget_id();
}

void SetNumbers(const PolicyOptions& options, BirthdayPolicy& policy) {
  if (options.enabled) policy.set_enabled(*options.enabled);
  if (options.hour) policy.set_local_hour(*options.hour);
  if (options.lead_days) policy.set_lead_days(*options.lead_days);
  if (options.late_days) policy.set_late_days(*options.late_days);
  if (options.valid_days) policy.set_valid_days(*options.valid_days);
  if (options.choose_days) policy.set_choose_days(*options.choose_days);
  if (options.adult_age) policy.set_adult_age(*options.adult_age);
  if (options.leap_day == "february-28") {
    policy.set_leap_day_rule(birthdays::v1::LEAP_DAY_RULE_FEBRUARY_28);
  } else if (options.leap_day == "march-1") {
    policy.set_leap_day_rule(birthdays::v1::LEAP_DAY_RULE_MARCH_1);
  }
}

absl::Status SetPolicy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  birthdays::v1::SetBirthdayPolicyRequest request;
  BirthdayPolicy& policy = *request.mutable_policy();
  ASSIGN_OR_RETURN(policy, Policy(context, *engine));
  policy.clear_version();
  std::string currency_code;
  if (!options.voucher.empty() || !options.options.empty() || !options.tiers.empty()) {
    ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, *engine));
    currency_code = program.currency_code();
  }
  Gift& gift = *policy.mutable_gift();
  RETURN_IF_ERROR(SetGift(options, currency_code, gift));
  if (options.text) gift.set_text(*options.text);
  if (options.budget) {
    ASSIGN_OR_RETURN(*gift.mutable_budget_id(), BudgetIdOf(context, *engine, *options.budget));
  }
  RETURN_IF_ERROR(SetTiers(options, currency_code, policy));
  SetNumbers(options, policy);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  birthdays::v1::SetBirthdayPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.policy(), Describe(answer.policy()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace birthday_policy_commands

void AddBirthdayPolicyCommands(CLI::App& birthdays, Context& context) {
  using namespace birthday_policy_commands;
  CLI::App& policy = *birthdays.add_subcommand("policy", "What is given, and when: show, set");
  policy.require_subcommand(1);
  AddCommand(policy, context, "show", "Show the policy in force", ShowPolicy);
  AddCommand<PolicyOptions>(policy, context, "set",
                            "Change what is named, from now on; the rest stays", DeclarePolicy,
                            SetPolicy);
}

}  // namespace gratis::cli
