#include "services/cli/tier_policy_options.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/failure.h"
#include "services/cli/program_lookup.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {
namespace {

namespace v1 = members::v1;

absl::StatusOr<std::pair<std::string, std::string>> Split(std::string_view option,
                                                          const std::string& text, char by) {
  const size_t place = text.find(by);
  if (place == 0 || place == std::string::npos || place + 1 == text.size()) {
    return UsageError(option, absl::StrCat("write it as A", std::string(1, by), "B, not ", text));
  }
  return std::pair(text.substr(0, place), text.substr(place + 1));
}

absl::Status SetRule(Context& context, RemoteEngine& engine, const std::string& rule,
                     v1::Tier& tier) {
  ASSIGN_OR_RETURN(const auto parts, Split("--tier", rule, ':'));
  const auto& [what, much] = parts;
  if (what == "spend") {
    ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, engine));
    const absl::StatusOr<base::Money> money = base::ParseMoney(much, program.currency_code());
    if (!money.ok()) return AsUsage(money.status(), "--tier");
    *tier.mutable_spend() = ToProto(*money);
    return absl::OkStatus();
  }
  if (what == "segment") {
    tier.set_segment(much);
    return absl::OkStatus();
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(much, &number)) {
    return UsageError("--tier", absl::StrCat("a whole number, not ", much));
  }
  if (what == "visits") {
    tier.set_visits(number);
  } else {
    tier.mutable_points()->set_unit(what);
    tier.mutable_points()->set_points(number);
  }
  return absl::OkStatus();
}

// Gives `set` each "CODE=VALUE" of an option, with its tier.
template <class Set>
absl::Status ForTiers(std::string_view option, const std::vector<std::string>& values,
                      v1::TierPolicy& policy, Set set) {
  for (const std::string& value : values) {
    ASSIGN_OR_RETURN(const auto parts, Split(option, value, '='));
    const auto tier =
        std::find_if(policy.mutable_tiers()->begin(), policy.mutable_tiers()->end(),
                     [&](const v1::Tier& candidate) { return candidate.code() == parts.first; });
    if (tier == policy.mutable_tiers()->end()) {
      return UsageError(option, absl::StrCat("there is no tier ", parts.first));
    }
    RETURN_IF_ERROR(set(*tier, parts.second));
  }
  return absl::OkStatus();
}

absl::Status SetBenefits(const TierPolicyOptions& options, v1::TierPolicy& policy) {
  RETURN_IF_ERROR(ForTiers("--name", options.names, policy, [](v1::Tier& tier, auto& value) {
    tier.set_display_name(value);
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(
      ForTiers("--multiplier", options.multipliers, policy, [](v1::Tier& tier, auto& value) {
        int32_t basis_points = 0;
        if (!absl::SimpleAtoi(value, &basis_points)) {
          return UsageError("--multiplier", absl::StrCat("a whole number, not ", value));
        }
        tier.mutable_benefits()->set_points_multiplier_basis_points(basis_points);
        return absl::OkStatus();
      }));
  RETURN_IF_ERROR(ForTiers("--gift", options.gifts, policy, [](v1::Tier& tier, auto& value) {
    tier.mutable_benefits()->add_gifts(value);
    return absl::OkStatus();
  }));
  return ForTiers("--text", options.texts, policy, [](v1::Tier& tier, auto& value) {
    tier.mutable_benefits()->add_texts(value);
    return absl::OkStatus();
  });
}

}  // namespace

void DeclareTierPolicy(CLI::App& command, TierPolicyOptions& options) {
  command
      .add_option(
          "--tier", options.tiers,
          "A tier and what it takes, the lowest first: base, then silver=points:500, "
          "gold=spend:1000.00, top=visits:50, press=segment:press; points of another unit as "
          "stamps:10")
      ->type_name("CODE[=WHAT:MUCH]")
      ->required();
  CLI::Option_group& period = *command.add_option_group("Over what time it counts");
  period.add_option("--rolling-months", options.rolling_months, "The last so many months");
  period.add_flag("--calendar-year", options.calendar_year, "A year of the calendar");
  period.add_flag("--membership-year", options.membership_year,
                  "A year from the day the member enrolled");
  period.require_option(1);
  command
      .add_option("--demotion", options.demotion,
                  "What becomes of a tier that is no longer fulfilled")
      ->check(CLI::IsMember({"never", "one-step", "recalculated"}))
      ->required();
  command.add_option("--grace-days", options.grace_days, "How long one may make good for it");
  command.add_option("--name", options.names, "A tier's name for people")->type_name("CODE=TEXT");
  command
      .add_option("--multiplier", options.multipliers,
                  "Points where others earn 10000, as members are told: gold=15000 is half as much "
                  "again; a rule with the tier in its scope earns them (thanks rules set)")
      ->type_name("CODE=BASIS_POINTS");
  command.add_option("--gift", options.gifts, "A gift's code")->type_name("CODE=GIFT");
  command.add_option("--text", options.texts, "What to tell of a tier")->type_name("CODE=TEXT");
}

absl::StatusOr<v1::TierPolicy> TierPolicyOf(Context& context, RemoteEngine& engine,
                                            const TierPolicyOptions& options) {
  v1::TierPolicy policy;
  for (const std::string& text : options.tiers) {
    v1::Tier& tier = *policy.add_tiers();
    const size_t rule = text.find('=');
    tier.set_code(text.substr(0, rule));
    if (rule != std::string::npos) {
      RETURN_IF_ERROR(SetRule(context, engine, text.substr(rule + 1), tier));
    }
  }
  policy.set_period(v1::TIER_PERIOD_ROLLING_MONTHS);
  if (options.calendar_year) policy.set_period(v1::TIER_PERIOD_CALENDAR_YEAR);
  if (options.membership_year) policy.set_period(v1::TIER_PERIOD_MEMBERSHIP_YEAR);
  policy.set_rolling_months(options.rolling_months.value_or(0));
  policy.set_demotion(v1::TIER_DEMOTION_RECALCULATED);
  if (options.demotion == "never") policy.set_demotion(v1::TIER_DEMOTION_NEVER);
  if (options.demotion == "one-step") policy.set_demotion(v1::TIER_DEMOTION_ONE_STEP);
  policy.set_grace_days(options.grace_days);
  RETURN_IF_ERROR(SetBenefits(options, policy));
  return policy;
}

}  // namespace gratis::cli
