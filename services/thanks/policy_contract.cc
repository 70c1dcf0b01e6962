#include "services/thanks/policy_contract.h"

#include <utility>

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

constexpr int32_t kUsualClaimDays = 30;

template <class Repeated>
std::vector<std::string> ListOf(const Repeated& field) {
  return {field.begin(), field.end()};
}

absl::StatusOr<RuleScope> ParseScope(const v1::RuleScope& message) {
  RuleScope scope{.skus = ListOf(message.skus()),
                  .categories = ListOf(message.categories()),
                  .stores = ListOf(message.stores()),
                  .channels = ListOf(message.channels()),
                  .tenders = ListOf(message.tenders()),
                  .currency_codes = ListOf(message.currency_codes()),
                  .tiers = ListOf(message.tiers()),
                  .weekdays = {message.weekdays().begin(), message.weekdays().end()},
                  .from_minute = message.from_minute(),
                  .until_minute = message.until_minute()};
  if (message.has_starts_at()) {
    ASSIGN_OR_RETURN(scope.from,
                     rpc::ParseTime(message.starts_at(), "policy.earning.rules.scope.starts_at"));
  }
  if (message.has_ends_at()) {
    ASSIGN_OR_RETURN(scope.until,
                     rpc::ParseTime(message.ends_at(), "policy.earning.rules.scope.ends_at"));
  }
  return scope;
}

absl::StatusOr<CapRule> ParseCap(const v1::CapRule& message) {
  if (!v1::CapPeriod_IsValid(message.per())) {
    return FieldError(Reason::kFieldInvalid, "policy.earning.rules.cap.per",
                      "a cap bounds a purchase, a day, a week, a month, or all there ever are");
  }
  const bool said = message.per() != v1::CAP_PERIOD_UNSPECIFIED;
  return CapRule{.points = message.points(),
                 .action = static_cast<CapAction>(message.action()),
                 .per = said ? static_cast<CapPeriod>(message.per()) : CapPeriod::kPurchase};
}

absl::StatusOr<PurchaseRule> ParseRule(const v1::PurchaseRule& message) {
  PurchaseRule rule{.code = message.code()};
  ASSIGN_OR_RETURN(rule.scope, ParseScope(message.scope()));
  switch (message.does_case()) {
    case v1::PurchaseRule::kRate:
      rule.does = RateRule{message.rate().points_per_unit()};
      return rule;
    case v1::PurchaseRule::kExclusion:
      rule.does = ExclusionRule{};
      return rule;
    case v1::PurchaseRule::kMultiplier:
      rule.does = MultiplierRule{message.multiplier().percent(), message.multiplier().last()};
      return rule;
    case v1::PurchaseRule::kBonus: {
      const v1::BonusRule& bonus = message.bonus();
      rule.does = BonusRule{.points = bonus.points(),
                            .positions = {bonus.positions().begin(), bonus.positions().end()},
                            .every = bonus.every(),
                            .least_base_minor = bonus.least_base_minor(),
                            .budget = {}};
      if (bonus.budget_id().empty()) return rule;
      absl::StatusOr<BudgetId> budget = BudgetId::Parse(bonus.budget_id());
      if (!budget.ok()) return InField(budget.status(), "policy.earning.rules.bonus.budget_id");
      std::get<BonusRule>(rule.does).budget = *budget;
      return rule;
    }
    case v1::PurchaseRule::kCap: {
      ASSIGN_OR_RETURN(rule.does, ParseCap(message.cap()));
      return rule;
    }
    case v1::PurchaseRule::DOES_NOT_SET:
      break;
  }
  return FieldError(Reason::kFieldMissing, "policy.earning.rules.rate",
                    "a rule does one thing: rate, exclusion, multiplier, bonus or cap");
}

void PutScope(const RuleScope& scope, v1::RuleScope& message) {
  const auto put = [](const auto& list, auto& field) { field.Assign(list.begin(), list.end()); };
  put(scope.skus, *message.mutable_skus());
  put(scope.categories, *message.mutable_categories());
  put(scope.stores, *message.mutable_stores());
  put(scope.channels, *message.mutable_channels());
  put(scope.tenders, *message.mutable_tenders());
  put(scope.currency_codes, *message.mutable_currency_codes());
  put(scope.weekdays, *message.mutable_weekdays());
  put(scope.tiers, *message.mutable_tiers());
  if (scope.from != absl::InfinitePast()) rpc::SetTime(scope.from, *message.mutable_starts_at());
  if (scope.until != absl::InfiniteFuture()) rpc::SetTime(scope.until, *message.mutable_ends_at());
  message.set_from_minute(scope.from_minute);
  message.set_until_minute(scope.until_minute);
}

// Puts what a rule does.
struct PutDoes {
  v1::PurchaseRule& message;

  void operator()(const RateRule& rate) const {
    message.mutable_rate()->set_points_per_unit(rate.points_per_unit);
  }
  void operator()(const ExclusionRule&) const { message.mutable_exclusion(); }
  void operator()(const MultiplierRule& multiplier) const {
    message.mutable_multiplier()->set_percent(multiplier.percent);
    message.mutable_multiplier()->set_last(multiplier.last);
  }
  void operator()(const BonusRule& bonus) const {
    v1::BonusRule& out = *message.mutable_bonus();
    out.set_points(bonus.points);
    out.mutable_positions()->Assign(bonus.positions.begin(), bonus.positions.end());
    out.set_every(bonus.every);
    out.set_least_base_minor(bonus.least_base_minor);
    if (!bonus.budget.IsNil()) out.set_budget_id(bonus.budget.ToString());
  }
  void operator()(const CapRule& cap) const {
    message.mutable_cap()->set_points(cap.points);
    message.mutable_cap()->set_action(static_cast<v1::CapAction>(cap.action));
    message.mutable_cap()->set_per(static_cast<v1::CapPeriod>(cap.per));
  }
};

void PutEarning(const EarningRule& earning, v1::EarningRule& message) {
  message.set_rounding(static_cast<v1::Rounding>(earning.rounding));
  for (const EarningRate& rate : earning.rates) {
    v1::EarningRate& out = *message.add_rates();
    out.set_currency_code(rate.currency_code);
    out.set_points_per_unit(rate.points_per_unit);
  }
  for (const PurchaseRule& rule : earning.rules) {
    v1::PurchaseRule& out = *message.add_rules();
    out.set_code(rule.code);
    PutScope(rule.scope, *out.mutable_scope());
    std::visit(PutDoes{out}, rule.does);
  }
  message.set_without_tax(earning.without_tax);
  for (const auto& [store, zone] : earning.store_zones) {
    v1::StoreZone& out = *message.add_store_zones();
    out.set_store(store);
    out.set_time_zone(zone);
  }
  message.set_claims_per_day(earning.claims_per_day);
  message.set_claim_days(earning.claim_days);
}

absl::StatusOr<EarningRule> ParseEarning(const v1::EarningRule& message) {
  EarningRule earning{
      .rounding = static_cast<Rounding>(message.rounding()),
      .without_tax = message.without_tax(),
      .claims_per_day = message.claims_per_day(),
      .claim_days = message.claim_days() == 0 ? kUsualClaimDays : message.claim_days()};
  for (const v1::EarningRate& rate : message.rates()) {
    earning.rates.push_back({rate.currency_code(), rate.points_per_unit()});
  }
  for (const v1::PurchaseRule& rule : message.rules()) {
    ASSIGN_OR_RETURN(PurchaseRule parsed, ParseRule(rule));
    earning.rules.push_back(std::move(parsed));
  }
  for (const v1::StoreZone& zone : message.store_zones()) {
    if (!earning.store_zones.emplace(zone.store(), zone.time_zone()).second) {
      return FieldError(Reason::kFieldInvalid, "policy.earning.store_zones.store",
                        "a store stands there twice");
    }
  }
  return earning;
}

PendingRule ParsePending(const v1::PendingPoints& message) {
  return {.until_delivery = message.until_delivery(),
          .days_after_delivery = message.days_after_delivery(),
          .days_at_most = message.days_at_most() == 0
                              ? UsualDaysAtMost(message.days_after_delivery())
                              : message.days_at_most(),
          .channels = ListOf(message.channels())};
}

void PutPending(const PendingRule& pending, v1::PendingPoints& message) {
  message.set_until_delivery(pending.until_delivery);
  message.set_days_after_delivery(pending.days_after_delivery);
  message.set_days_at_most(pending.days_at_most);
  message.mutable_channels()->Assign(pending.channels.begin(), pending.channels.end());
}

}  // namespace

absl::StatusOr<Policy> ParsePolicy(const v1::ThanksPolicy& message) {
  if (!message.has_earning() || !message.has_thank_you()) {
    return FieldError(Reason::kFieldMissing,
                      message.has_earning() ? "policy.thank_you" : "policy.earning",
                      "a policy says both how purchases earn and how they are thanked for");
  }
  Policy policy;
  ASSIGN_OR_RETURN(policy.earning, ParseEarning(message.earning()));
  const v1::ThankYouTrigger& trigger = message.thank_you();
  policy.thank_you = {.enabled = trigger.enabled(),
                      .sender = trigger.sender(),
                      .note = trigger.note(),
                      .bonus_points = trigger.bonus_points(),
                      .max_age_days = trigger.max_age_days()};
  if (message.has_pending()) policy.pending = ParsePending(message.pending());
  if (message.has_effective_from()) {
    ASSIGN_OR_RETURN(policy.effective_from,
                     rpc::ParseTime(message.effective_from(), "policy.effective_from"));
  }
  RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

v1::ThanksPolicy ToContract(const Policy& policy) {
  v1::ThanksPolicy message;
  message.set_version(policy.version);
  if (policy.effective_from != absl::InfinitePast()) {
    rpc::SetTime(policy.effective_from, *message.mutable_effective_from());
  }
  PutEarning(policy.earning, *message.mutable_earning());
  v1::ThankYouTrigger& trigger = *message.mutable_thank_you();
  trigger.set_enabled(policy.thank_you.enabled);
  trigger.set_sender(policy.thank_you.sender);
  trigger.set_note(policy.thank_you.note);
  trigger.set_bonus_points(policy.thank_you.bonus_points);
  trigger.set_max_age_days(policy.thank_you.max_age_days);
  if (policy.pending.until_delivery) PutPending(policy.pending, *message.mutable_pending());
  return message;
}

std::string PolicyAnswer(const Policy& policy) {
  v1::SetThanksPolicyResponse response;
  *response.mutable_policy() = ToContract(policy);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
