#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace thanks_commands {
namespace {

using thanks::v1::ThanksPolicy;

struct PolicyOptions {
  std::vector<std::string> rates;
  std::string rounding;
  std::optional<bool> enabled;
  std::optional<std::string> sender;
  std::optional<std::string> note;
  std::optional<int64_t> bonus_points;
  std::optional<int> max_age_days;
  std::optional<bool> until_delivery;
  std::optional<int> days_after_delivery;
  std::optional<int> days_at_most;
  std::vector<std::string> channels;
  bool dry_run = false;
};

std::string DescribePending(const thanks::v1::PendingPoints& pending) {
  if (!pending.until_delivery()) return "nothing";
  std::string words = absl::StrCat(
      Counted(pending.days_after_delivery(), "day", "days"), " after delivery, at most ",
      Counted(pending.days_at_most(), "day", "days"), " after the purchase");
  if (pending.channels().empty()) return words;
  return absl::StrCat(words, ", of what is bought through ",
                      absl::StrJoin(pending.channels(), ", "));
}

std::string Describe(const ThanksPolicy& policy) {
  const thanks::v1::ThankYouTrigger& thank_you = policy.thank_you();
  Card card;
  for (const thanks::v1::EarningRate& rate : policy.earning().rates()) {
    card.Line("earns", absl::StrCat(Counted(rate.points_per_unit(), "point", "points"), " per ",
                                    rate.currency_code()));
  }
  return card.Line("rounding", EnumWords(policy.earning(), "rounding"))
      .Line("thank-you", thank_you.enabled() ? "given" : "not given")
      .Line("from", thank_you.sender())
      .Line("says", thank_you.note())
      .Line("bonus", Counted(thank_you.bonus_points(), "point", "points"))
      .Line("not after", Counted(thank_you.max_age_days(), "day", "days"))
      .Line("points wait", DescribePending(policy.pending()))
      .Line("version",
            policy.version() == 0 ? "0, as every program starts" : absl::StrCat(policy.version()))
      .ToString();
}

absl::StatusOr<ThanksPolicy> Policy(Context& context, Engine& engine) {
  thanks::v1::GetThanksPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(engine, thanks::v1::GetThanksPolicyRequest(), answer));
  return answer.policy();
}

absl::Status ShowPolicy(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const ThanksPolicy policy, Policy(context, *engine));
  context.Show(policy, Describe(policy));
  return absl::OkStatus();
}

void DeclareSet(CLI::App& command, PolicyOptions& options) {
  command
      .add_option("--rate", options.rates,
                  "Points for each whole unit of a currency; USD=0 ends one")
      ->type_name("USD=1");
  command.add_option("--rounding", options.rounding, "Part of a unit counts")
      ->check(CLI::IsMember({"down", "half-up", "up"}));
  command.add_option("--enabled", options.enabled, "Whether anyone is thanked: true or false");
  command.add_option("--sender", options.sender, "Who says thank you: \"Anna Keller, founder\"");
  command.add_option("--note", options.note, "What they say");
  command.add_option("--bonus-points", options.bonus_points, "Points that come with it; often 0");
  command.add_option("--max-age-days", options.max_age_days,
                     "Purchases recorded later than this are not thanked for");
  command.add_option("--until-delivery", options.until_delivery,
                     "Whether points wait for the delivery: true or false");
  command.add_option("--days-after-delivery", options.days_after_delivery,
                     "So many days longer, such as the days for returns");
  command.add_option("--days-at-most", options.days_at_most,
                     "No longer than this after the purchase; 0: 30 days more than that");
  command.add_option("--pending-channel", options.channels,
                     "Only what is bought through these; \"\" for all");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

void SetPending(const PolicyOptions& options, thanks::v1::ThanksPolicy& policy) {
  const bool says = options.until_delivery || options.days_after_delivery || options.days_at_most ||
                    !options.channels.empty();
  if (!says) return;
  thanks::v1::PendingPoints& pending = *policy.mutable_pending();
  pending.set_until_delivery(options.until_delivery.value_or(true));
  if (options.days_after_delivery) {
    pending.set_days_after_delivery(*options.days_after_delivery);
    pending.set_days_at_most(0);
  }
  if (options.days_at_most) pending.set_days_at_most(*options.days_at_most);
  if (options.channels.empty()) return;
  pending.clear_channels();
  for (const std::string& channel : options.channels) {
    if (!channel.empty()) pending.add_channels(channel);
  }
}

// Sets the rate of one currency, in place if it has one.
absl::Status SetRate(std::string_view text, thanks::v1::EarningRule& rule) {
  const std::pair<std::string, std::string> pair =
      absl::StrSplit(absl::string_view(text.data(), text.size()), absl::MaxSplits('=', 1));
  int64_t points = 0;
  if (pair.first.empty() || !absl::SimpleAtoi(pair.second, &points)) {
    return UsageError("--rate", absl::StrCat("write it as USD=1, not ", pair.first));
  }
  auto& rates = *rule.mutable_rates();
  const auto found = std::find_if(rates.begin(), rates.end(), [&](const auto& rate) {
    return rate.currency_code() == pair.first;
  });
  thanks::v1::EarningRate& rate = found == rates.end() ? *rates.Add() : *found;
  rate.set_currency_code(pair.first);
  rate.set_points_per_unit(points);
  return absl::OkStatus();
}

absl::Status SetPolicy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  thanks::v1::SetThanksPolicyRequest request;
  ThanksPolicy& policy = *request.mutable_policy();
  ASSIGN_OR_RETURN(policy, Policy(context, *engine));
  policy.clear_version();
  policy.clear_effective_from();
  thanks::v1::EarningRule& earning = *policy.mutable_earning();
  for (const std::string& rate : options.rates) RETURN_IF_ERROR(SetRate(rate, earning));
  if (options.rounding == "down") earning.set_rounding(thanks::v1::ROUNDING_DOWN);
  if (options.rounding == "half-up") earning.set_rounding(thanks::v1::ROUNDING_HALF_UP);
  if (options.rounding == "up") earning.set_rounding(thanks::v1::ROUNDING_UP);
  thanks::v1::ThankYouTrigger& thank_you = *policy.mutable_thank_you();
  if (options.enabled) thank_you.set_enabled(*options.enabled);
  if (options.sender) thank_you.set_sender(*options.sender);
  if (options.note) thank_you.set_note(*options.note);
  if (options.bonus_points) thank_you.set_bonus_points(*options.bonus_points);
  if (options.max_age_days) thank_you.set_max_age_days(*options.max_age_days);
  SetPending(options, policy);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  thanks::v1::SetThanksPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.policy(), Describe(answer.policy()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace thanks_commands

void AddThanksCommands(CLI::App& app, Context& context) {
  using namespace thanks_commands;
  CLI::App& family =
      *app.add_subcommand("thanks", "How purchases earn, come back and are thanked for");
  family.require_subcommand(1);
  CLI::App& policy = *family.add_subcommand("policy", "The policy: show, set");
  policy.require_subcommand(1);
  AddCommand(policy, context, "show", "Show the policy in force", ShowPolicy);
  AddCommand<PolicyOptions>(policy, context, "set",
                            "Change what is named, from now on; the rest stays", DeclareSet,
                            SetPolicy);
  AddPurchaseCommands(family, context);
}

}  // namespace gratis::cli
