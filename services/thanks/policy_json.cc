#include "services/thanks/policy_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using nlohmann::json;

void PutList(json& out, const char* name, const std::vector<std::string>& list) {
  if (!list.empty()) out[name] = list;
}

json ToJson(const RuleScope& scope) {
  json out = json::object();
  PutList(out, "skus", scope.skus);
  PutList(out, "categories", scope.categories);
  PutList(out, "stores", scope.stores);
  PutList(out, "channels", scope.channels);
  PutList(out, "tenders", scope.tenders);
  PutList(out, "currencies", scope.currency_codes);
  PutList(out, "tiers", scope.tiers);
  if (scope.from != absl::InfinitePast()) out["from"] = absl::ToUnixMicros(scope.from);
  if (scope.until != absl::InfiniteFuture()) out["until"] = absl::ToUnixMicros(scope.until);
  if (!scope.weekdays.empty()) out["weekdays"] = scope.weekdays;
  if (scope.from_minute != 0) out["from_minute"] = scope.from_minute;
  if (scope.until_minute != 0) out["until_minute"] = scope.until_minute;
  return out;
}

RuleScope ScopeOf(const json& in) {
  const auto list = [&](const char* name) { return in.value(name, std::vector<std::string>{}); };
  RuleScope scope{.skus = list("skus"),
                  .categories = list("categories"),
                  .stores = list("stores"),
                  .channels = list("channels"),
                  .tenders = list("tenders"),
                  .currency_codes = list("currencies"),
                  .tiers = list("tiers"),
                  .weekdays = in.value("weekdays", std::vector<int32_t>{}),
                  .from_minute = in.value("from_minute", 0),
                  .until_minute = in.value("until_minute", 0)};
  if (in.contains("from")) scope.from = absl::FromUnixMicros(in["from"].get<int64_t>());
  if (in.contains("until")) scope.until = absl::FromUnixMicros(in["until"].get<int64_t>());
  return scope;
}

// What a rule does, under the name of its kind.
struct DoesJson {
  std::pair<const char*, json> operator()(const RateRule& rate) const {
    return {"rate", {{"points_per_unit", rate.points_per_unit}}};
  }
  std::pair<const char*, json> operator()(const ExclusionRule&) const {
    return {"exclusion", json::object()};
  }
  std::pair<const char*, json> operator()(const MultiplierRule& multiplier) const {
    return {"multiplier", {{"percent", multiplier.percent}, {"last", multiplier.last}}};
  }
  std::pair<const char*, json> operator()(const BonusRule& bonus) const {
    return {"bonus",
            {{"points", bonus.points},
             {"positions", bonus.positions},
             {"every", bonus.every},
             {"least_base", bonus.least_base_minor},
             {"budget", bonus.budget.IsNil() ? "" : bonus.budget.ToString()}}};
  }
  std::pair<const char*, json> operator()(const CapRule& cap) const {
    return {"cap", {{"points", cap.points}, {"action", cap.action}, {"per", cap.per}}};
  }
};

json ToJson(const PurchaseRule& rule) {
  json out{{"code", rule.code}, {"scope", ToJson(rule.scope)}};
  auto [name, does] = std::visit(DoesJson{}, rule.does);
  out[name] = std::move(does);
  return out;
}

PurchaseRule RuleOf(const json& in) {
  PurchaseRule rule{.code = in.at("code").get<std::string>(), .scope = ScopeOf(in.at("scope"))};
  if (in.contains("rate")) {
    rule.does = RateRule{in["rate"].at("points_per_unit").get<int64_t>()};
  } else if (in.contains("exclusion")) {
    rule.does = ExclusionRule{};
  } else if (in.contains("multiplier")) {
    rule.does = MultiplierRule{in["multiplier"].at("percent").get<int32_t>(),
                               in["multiplier"].at("last").get<bool>()};
  } else if (in.contains("bonus")) {
    const json& bonus = in["bonus"];
    rule.does =
        BonusRule{.points = bonus.at("points").get<int64_t>(),
                  .positions = bonus.at("positions").get<std::vector<int32_t>>(),
                  .every = bonus.at("every").get<int32_t>(),
                  .least_base_minor = bonus.at("least_base").get<int64_t>(),
                  .budget = BudgetId::Parse(bonus.value("budget", "")).value_or(BudgetId{})};
  } else {
    // The caps set before there were periods are of one purchase.
    rule.does = CapRule{.points = in.at("cap").at("points").get<int64_t>(),
                        .action = in.at("cap").at("action").get<CapAction>(),
                        .per = in.at("cap").value("per", CapPeriod::kPurchase)};
  }
  return rule;
}

json ToJson(const PendingRule& pending) {
  if (!pending.until_delivery) return json::object();
  return {{"days_after_delivery", pending.days_after_delivery},
          {"days_at_most", pending.days_at_most},
          {"channels", pending.channels}};
}

PendingRule PendingOf(const json& in) {
  if (in.empty()) return {};
  return {.until_delivery = true,
          .days_after_delivery = in.at("days_after_delivery").get<int32_t>(),
          .days_at_most = in.at("days_at_most").get<int32_t>(),
          .channels = in.at("channels").get<std::vector<std::string>>()};
}

json RulesOf(const EarningRule& earning) {
  json rules = json::array();
  for (const PurchaseRule& rule : earning.rules) rules.push_back(ToJson(rule));
  return rules;
}

}  // namespace

std::string RulesJson(const EarningRule& earning) { return RulesOf(earning).dump(); }

std::string PendingJson(const PendingRule& pending) { return ToJson(pending).dump(); }

std::string BodyOf(const Policy& policy) {
  json rates = json::object();
  for (const EarningRate& rate : policy.earning.rates) {
    rates[rate.currency_code] = rate.points_per_unit;
  }
  const ThankYouTrigger& thank_you = policy.thank_you;
  return json{{"earning",
               {{"points_per_unit", rates},
                {"rounding", policy.earning.rounding},
                {"rules", RulesOf(policy.earning)},
                {"without_tax", policy.earning.without_tax},
                {"store_zones", policy.earning.store_zones},
                {"claims_per_day", policy.earning.claims_per_day},
                {"claim_days", policy.earning.claim_days}}},
              {"thank_you",
               {{"enabled", thank_you.enabled},
                {"sender", thank_you.sender},
                {"note", thank_you.note},
                {"bonus_points", thank_you.bonus_points},
                {"max_age_days", thank_you.max_age_days}}},
              {"pending", ToJson(policy.pending)}}
      .dump();
}

absl::StatusOr<Policy> ReadPolicyBody(std::string_view body) {
  const json parsed = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return Error(Reason::kInternal, "a stored policy is not readable");
  Policy policy;
  const json& earning = parsed.at("earning");
  policy.earning.rounding = earning.at("rounding").get<Rounding>();
  for (const auto& [currency, points] : earning.at("points_per_unit").items()) {
    policy.earning.rates.push_back({currency, points.get<int64_t>()});
  }
  // The versions set before there were rules have none of these.
  for (const json& rule : earning.value("rules", json::array())) {
    policy.earning.rules.push_back(RuleOf(rule));
  }
  policy.earning.without_tax = earning.value("without_tax", false);
  policy.earning.store_zones = earning.value("store_zones", std::map<std::string, std::string>{});
  policy.earning.claims_per_day = earning.value("claims_per_day", policy.earning.claims_per_day);
  policy.earning.claim_days = earning.value("claim_days", policy.earning.claim_days);
  const json& thank_you = parsed.at("thank_you");
  policy.thank_you = {.enabled = thank_you.at("enabled").get<bool>(),
                      .sender = thank_you.at("sender").get<std::string>(),
                      .note = thank_you.at("note").get<std::string>(),
                      .bonus_points = thank_you.at("bonus_points").get<int64_t>(),
                      .max_age_days = thank_you.at("max_age_days").get<int32_t>()};
  policy.pending = PendingOf(parsed.value("pending", json::object()));
  return policy;
}

}  // namespace gratis::thanks
