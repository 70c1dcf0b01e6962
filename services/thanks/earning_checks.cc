#include <algorithm>
#include <bitset>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/earning_rules.h"
#include "services/thanks/field_checks.h"
#include "services/thanks/rule_scope.h"

namespace gratis::thanks {
namespace {

constexpr int64_t kMaxPointsPerUnit = 1'000'000;
constexpr int64_t kMaxBonusPoints = 1'000'000;
constexpr int64_t kMaxCapPoints = 1'000'000'000;
constexpr int32_t kMaxPercent = 10'000;
constexpr int32_t kMaxPosition = 1'000'000;
constexpr int32_t kMaxClaimsPerDay = 100;
constexpr int32_t kMaxClaimDays = 365;
constexpr size_t kMaxRates = 50;
constexpr size_t kMaxRules = 200;
constexpr size_t kMaxListed = 1'000;  // codes in one list of a scope; stores with a zone
constexpr size_t kMaxCodeLength = 64;
constexpr int32_t kMinutes = 1'440;

constexpr char kRules[] = "policy.earning.rules";

absl::Status CheckRates(const EarningRule& rule) {
  if (rule.rates.size() > kMaxRates) {
    return FieldError(Reason::kFieldInvalid, "policy.earning.rates",
                      absl::StrCat("at most ", kMaxRates, " currencies"));
  }
  if (rule.rounding < Rounding::kDown || rule.rounding > Rounding::kUp) {
    return FieldError(Reason::kFieldMissing, "policy.earning.rounding",
                      "say how part of a currency unit counts: down, half up or up");
  }
  std::set<std::string> seen;
  for (const EarningRate& rate : rule.rates) {
    RETURN_IF_ERROR(InField(base::CurrencyExponent(rate.currency_code).status(),
                            "policy.earning.rates.currency_code"));
    RETURN_IF_ERROR(CheckRange("policy.earning.rates.points_per_unit", rate.points_per_unit, 0,
                               kMaxPointsPerUnit));
    if (!seen.insert(rate.currency_code).second) {
      return FieldError(Reason::kFieldInvalid, "policy.earning.rates.currency_code",
                        absl::StrCat(rate.currency_code, " has two rates"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckList(std::string_view field, const std::vector<std::string>& list) {
  if (list.size() > kMaxListed) {
    return FieldError(Reason::kFieldInvalid, field,
                      absl::StrCat("at most ", kMaxListed, " of them in one rule"));
  }
  for (const std::string& text : list) {
    if (text.empty()) return FieldError(Reason::kFieldMissing, field, "one of them is empty");
    RETURN_IF_ERROR(CheckLength(field, text, kMaxCodeLength));
  }
  return absl::OkStatus();
}

absl::Status CheckScope(const RuleScope& scope) {
  const auto field = [](std::string_view name) {
    return absl::StrCat(kRules, ".scope.", base::Abs(name));
  };
  RETURN_IF_ERROR(CheckList(field("skus"), scope.skus));
  RETURN_IF_ERROR(CheckList(field("categories"), scope.categories));
  RETURN_IF_ERROR(CheckList(field("stores"), scope.stores));
  RETURN_IF_ERROR(CheckList(field("channels"), scope.channels));
  RETURN_IF_ERROR(CheckList(field("tenders"), scope.tenders));
  RETURN_IF_ERROR(CheckList(field("tiers"), scope.tiers));
  for (const std::string& currency : scope.currency_codes) {
    RETURN_IF_ERROR(InField(base::CurrencyExponent(currency).status(), field("currency_codes")));
  }
  if (scope.from >= scope.until) {
    return FieldError(Reason::kFieldInvalid, field("ends_at"), "it ends before it begins");
  }
  std::set<int32_t> days;
  for (const int32_t day : scope.weekdays) {
    RETURN_IF_ERROR(CheckRange(field("weekdays"), day, 1, 7));
    if (!days.insert(day).second) {
      return FieldError(Reason::kFieldInvalid, field("weekdays"), "a day stands there twice");
    }
  }
  RETURN_IF_ERROR(CheckRange(field("from_minute"), scope.from_minute, 0, kMinutes - 1));
  RETURN_IF_ERROR(CheckRange(field("until_minute"), scope.until_minute, 0, kMinutes));
  if (scope.until_minute != 0 && scope.until_minute == scope.from_minute) {
    return FieldError(Reason::kFieldInvalid, field("until_minute"), "it ends when it begins");
  }
  return absl::OkStatus();
}

// What a rule does is within what it may.
struct Checks {
  absl::Status operator()(const RateRule& rate) const {
    return CheckRange("policy.earning.rules.rate.points_per_unit", rate.points_per_unit, 0,
                      kMaxPointsPerUnit);
  }
  absl::Status operator()(const ExclusionRule&) const { return absl::OkStatus(); }
  absl::Status operator()(const MultiplierRule& multiplier) const {
    return CheckRange("policy.earning.rules.multiplier.percent", multiplier.percent, 0,
                      kMaxPercent);
  }
  absl::Status operator()(const BonusRule& bonus) const {
    RETURN_IF_ERROR(
        CheckRange("policy.earning.rules.bonus.points", bonus.points, 1, kMaxBonusPoints));
    RETURN_IF_ERROR(CheckRange("policy.earning.rules.bonus.every", bonus.every, 0, kMaxPosition));
    if (bonus.positions.size() > kMaxListed) {
      return FieldError(Reason::kFieldInvalid, "policy.earning.rules.bonus.positions",
                        absl::StrCat("at most ", kMaxListed, " of them in one rule"));
    }
    for (const int32_t position : bonus.positions) {
      RETURN_IF_ERROR(
          CheckRange("policy.earning.rules.bonus.positions", position, 1, kMaxPosition));
    }
    if (bonus.least_base_minor < 0) {
      return FieldError(Reason::kFieldInvalid, "policy.earning.rules.bonus.least_base_minor",
                        "it is 0 or more");
    }
    return absl::OkStatus();
  }
  absl::Status operator()(const CapRule& cap) const {
    RETURN_IF_ERROR(CheckRange("policy.earning.rules.cap.points", cap.points, 0, kMaxCapPoints));
    if (cap.action != CapAction::kClip && cap.action != CapAction::kRefuse) {
      return FieldError(Reason::kFieldMissing, "policy.earning.rules.cap.action",
                        "say what happens above it: clip or refuse");
    }
    return absl::OkStatus();
  }
};

using MultiplierSet = std::bitset<kMaxRules>;

// Whether so many of these could all meet. `after`: of each, those behind it that it may meet.
bool SoManyMeet(const std::vector<MultiplierSet>& after, const MultiplierSet& among, size_t many) {
  if (many == 0) return true;
  if (among.count() < many) return false;
  for (size_t i = 0; i < after.size(); ++i) {
    if (among[i] && SoManyMeet(after, among & after[i], many - 1)) return true;
  }
  return false;
}

absl::Status CheckMultipliers(const EarningRule& rule) {
  std::vector<const PurchaseRule*> multipliers;
  for (const PurchaseRule& one : rule.rules) {
    if (std::holds_alternative<MultiplierRule>(one.does)) multipliers.push_back(&one);
  }
  MultiplierSet all;
  std::vector<MultiplierSet> after(multipliers.size());
  for (size_t i = 0; i < multipliers.size(); ++i) {
    all.set(i);
    if (std::get<MultiplierRule>(multipliers[i]->does).last) continue;  // it meets none behind it
    for (size_t j = i + 1; j < multipliers.size(); ++j) {
      if (MayMeet(multipliers[i]->scope, multipliers[j]->scope)) after[i].set(j);
    }
  }
  if (!SoManyMeet(after, all, kMaxMultipliers + 1)) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "policy.earning.rules.multiplier",
                    absl::StrCat("at most ", kMaxMultipliers,
                                 " multipliers may meet in one line: keep them apart by their "
                                 "scopes, or make one the last"));
}

absl::Status CheckRules(const EarningRule& rule) {
  if (rule.rules.size() > kMaxRules) {
    return FieldError(Reason::kFieldInvalid, kRules, absl::StrCat("at most ", kMaxRules));
  }
  std::set<std::string_view> codes;
  for (const PurchaseRule& one : rule.rules) {
    if (!IsCode(one.code)) {
      return FieldError(one.code.empty() ? Reason::kFieldMissing : Reason::kFieldInvalid,
                        "policy.earning.rules.code",
                        "a rule has a code: 1 to 40 of a-z, 0-9 and -");
    }
    if (!codes.insert(one.code).second) {
      return FieldError(Reason::kFieldInvalid, "policy.earning.rules.code",
                        absl::StrCat("two rules are called ", one.code));
    }
    RETURN_IF_ERROR(CheckScope(one.scope));
    RETURN_IF_ERROR(std::visit(Checks{}, one.does));
  }
  return CheckMultipliers(rule);
}

}  // namespace

absl::Status CheckEarning(const EarningRule& rule) {
  RETURN_IF_ERROR(CheckRates(rule));
  RETURN_IF_ERROR(CheckRules(rule));
  if (rule.store_zones.size() > kMaxListed) {
    return FieldError(Reason::kFieldInvalid, "policy.earning.store_zones",
                      absl::StrCat("at most ", kMaxListed, " stores"));
  }
  for (const auto& [store, zone] : rule.store_zones) {
    if (store.empty()) {
      return FieldError(Reason::kFieldMissing, "policy.earning.store_zones.store",
                        "say which store");
    }
    RETURN_IF_ERROR(CheckLength("policy.earning.store_zones.store", store, kMaxCodeLength));
    RETURN_IF_ERROR(InField(base::LoadZone(zone).status(), "policy.earning.store_zones.time_zone"));
  }
  RETURN_IF_ERROR(
      CheckRange("policy.earning.claims_per_day", rule.claims_per_day, 0, kMaxClaimsPerDay));
  return CheckRange("policy.earning.claim_days", rule.claim_days, 1, kMaxClaimDays);
}

}  // namespace gratis::thanks
