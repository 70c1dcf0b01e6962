#include "services/thanks/thanks_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/fact.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

constexpr int64_t kMaxPointsPerUnit = 1'000'000;
constexpr int64_t kMaxBonusPoints = 1'000'000;
constexpr int32_t kMaxAgeDays = 365;
constexpr size_t kMaxRates = 50;
constexpr size_t kMaxSenderLength = 100;
constexpr size_t kMaxNoteLength = 2'000;

absl::Status CheckRange(std::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return FieldError(
      Reason::kFieldInvalid, field,
      absl::StrCat(base::Abs(field), " is ", value, "; it may be ", low, " to ", high));
}

absl::Status CheckLength(std::string_view field, std::string_view text, size_t most) {
  if (base::CodePoints(text) <= most) return absl::OkStatus();
  return FieldError(Reason::kFieldTooLong, field,
                    absl::StrCat(base::Abs(field), " may have ", most, " characters"));
}

absl::Status CheckEarning(const EarningRule& rule) {
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

absl::Status CheckThankYou(const ThankYouTrigger& trigger) {
  if (trigger.enabled && trigger.sender.empty()) {
    return FieldError(Reason::kFieldMissing, "policy.thank_you.sender",
                      "a thank-you comes from a person with a name");
  }
  RETURN_IF_ERROR(CheckLength("policy.thank_you.sender", trigger.sender, kMaxSenderLength));
  RETURN_IF_ERROR(CheckLength("policy.thank_you.note", trigger.note, kMaxNoteLength));
  RETURN_IF_ERROR(
      CheckRange("policy.thank_you.bonus_points", trigger.bonus_points, 0, kMaxBonusPoints));
  return CheckRange("policy.thank_you.max_age_days", trigger.max_age_days, 0, kMaxAgeDays);
}

// `minor_units` in whole units of which each has `per_unit`; both are not negative.
int64_t WholeUnits(int64_t minor_units, int64_t per_unit, Rounding rounding) {
  const int64_t whole = minor_units / per_unit;
  const int64_t rest = minor_units % per_unit;
  switch (rounding) {
    case Rounding::kDown:
      return whole;
    case Rounding::kHalfUp:
      return rest >= per_unit - rest && rest > 0 ? whole + 1 : whole;
    case Rounding::kUp:
      return rest > 0 ? whole + 1 : whole;
  }
  return whole;
}

}  // namespace

Policy DefaultPolicy(std::string_view currency_code) {
  return {.version = 0,
          .earning = {.rates = {{std::string(currency_code), 1}}, .rounding = Rounding::kDown},
          .thank_you = {.sender = "All of us", .note = "Thank you for your purchase."}};
}

absl::Status CheckPolicy(const Policy& policy) {
  RETURN_IF_ERROR(CheckEarning(policy.earning));
  return CheckThankYou(policy.thank_you);
}

absl::StatusOr<Earning> EarnPoints(const Policy& policy, const base::Money& total) {
  ASSIGN_OR_RETURN(const int64_t per_unit, base::MinorUnitsPerUnit(total.currency_code));
  if (total.minor_units < 0) {
    return Error(Reason::kInvalidAmount,
                 "a purchase's total is 0 or more; a return is no purchase");
  }
  Earning earning{.policy_version = policy.version, .rounding = policy.earning.rounding};
  const auto& rates = policy.earning.rates;
  const auto rate = std::find_if(rates.begin(), rates.end(), [&](const EarningRate& r) {
    return r.currency_code == total.currency_code;
  });
  if (rate == rates.end()) {
    earning.note = "NO_RATE";
    return earning;
  }
  earning.points_per_unit = rate->points_per_unit;
  const auto points = base::CheckedMul(WholeUnits(total.minor_units, per_unit, earning.rounding),
                                       rate->points_per_unit);
  if (!points || *points > ledger::kMaxPoints) {
    return Error(Reason::kPointsOverflow,
                 absl::StrCat(base::FormatMoney(total), " would earn more than ",
                              ledger::kMaxPoints, " points"));
  }
  earning.points = *points;
  return earning;
}

int64_t OrganizationShare(int64_t points, int32_t percent) {
  // At most 10^12 points: this cannot overflow.
  return points * percent / 100;
}

ThankYou DecideThanks(const Policy& policy, absl::Time purchased_at, absl::Time now,
                      ledger::MemberState state) {
  const ThankYouTrigger& trigger = policy.thank_you;
  if (!ledger::Allows(state, ledger::Deed::kReceive)) return {.why = Withheld::kMemberState};
  if (!trigger.enabled) return {.why = Withheld::kPolicyOff};
  if (now - purchased_at > absl::Hours(24) * trigger.max_age_days) {
    return {.why = Withheld::kTooLate};
  }
  return {.outcome = ThanksOutcome::kGiven, .bonus_points = trigger.bonus_points};
}

std::string ExplainThankYou(const Purchase& purchase, const ThankYouTrigger& trigger) {
  if (purchase.thank_you.outcome == ThanksOutcome::kGiven) {
    std::string sentence = absl::StrCat(trigger.sender, " said thank you");
    if (purchase.thank_you.bonus_points > 0) {
      absl::StrAppend(&sentence, " with ", purchase.thank_you.bonus_points, " points");
    }
    return absl::StrCat(sentence, " on ", base::FormatTime(purchase.recorded_at), ".");
  }
  if (purchase.thank_you.why == Withheld::kTooLate) {
    return absl::StrCat("No thank-you: bought on ", base::FormatTime(purchase.purchased_at),
                        " and recorded on ", base::FormatTime(purchase.recorded_at),
                        ", which is more than the ", trigger.max_age_days,
                        " days after which a thank-you would be odd.");
  }
  if (purchase.thank_you.why == Withheld::kMemberState) {
    return absl::StrCat(
        "No thank-you: the member was suspended when the purchase was recorded, on ",
        base::FormatTime(purchase.recorded_at), ".");
  }
  return "No thank-you: the program thanked nobody for purchases then.";
}

}  // namespace gratis::thanks
