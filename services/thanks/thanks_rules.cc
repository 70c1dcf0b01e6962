#include "services/thanks/thanks_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/field_checks.h"

namespace gratis::thanks {
namespace {

constexpr int64_t kMaxThankYouPoints = 1'000'000;
constexpr int32_t kMaxThankYouAgeDays = 365;
constexpr size_t kMaxSenderLength = 100;
constexpr size_t kMaxNoteLength = 2'000;

absl::Status CheckThankYou(const ThankYouTrigger& trigger) {
  if (trigger.enabled && trigger.sender.empty()) {
    return FieldError(Reason::kFieldMissing, "policy.thank_you.sender",
                      "a thank-you comes from a person with a name");
  }
  RETURN_IF_ERROR(CheckLength("policy.thank_you.sender", trigger.sender, kMaxSenderLength));
  RETURN_IF_ERROR(CheckLength("policy.thank_you.note", trigger.note, kMaxNoteLength));
  RETURN_IF_ERROR(
      CheckRange("policy.thank_you.bonus_points", trigger.bonus_points, 0, kMaxThankYouPoints));
  return CheckRange("policy.thank_you.max_age_days", trigger.max_age_days, 0, kMaxThankYouAgeDays);
}

}  // namespace

Policy DefaultPolicy(std::string_view currency_code) {
  return {.version = 0,
          .earning = {.rates = {{std::string(currency_code), 1}}, .rounding = Rounding::kDown},
          .thank_you = {.sender = "All of us", .note = "Thank you for your purchase."}};
}

absl::Status CheckPolicy(const Policy& policy) {
  RETURN_IF_ERROR(CheckEarning(policy.earning));
  RETURN_IF_ERROR(CheckPending(policy.pending));
  return CheckThankYou(policy.thank_you);
}

const Policy* InForce(absl::Span<const Policy> versions, absl::Time at) {
  const auto found = std::find_if(versions.begin(), versions.end(), [&](const Policy& policy) {
    return policy.effective_from <= at;
  });
  return found == versions.end() ? nullptr : &*found;
}

int64_t OrganizationShare(int64_t points, int32_t percent) {
  // At most 10^12 points: this cannot overflow.
  return points * percent / 100;
}

ThankYou DecideThanks(const Policy& policy, const Purchase& purchase, absl::Time now,
                      ledger::MemberState state, bool complaint_open) {
  const ThankYouTrigger& trigger = policy.thank_you;
  if (!ledger::Allows(state, ledger::Deed::kReceive)) return {.why = Withheld::kMemberState};
  if (!trigger.enabled) return {.why = Withheld::kPolicyOff};
  if (purchase.returned.whole) return {.why = Withheld::kReturned};
  if (now - purchase.purchased_at > absl::Hours(24) * trigger.max_age_days) {
    return {.why = Withheld::kTooLate};
  }
  // It is of the purchase's transaction, so it cannot come later as what triggers give does.
  if (complaint_open) return {.why = Withheld::kComplaintOpen};
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
  if (purchase.thank_you.why == Withheld::kReturned) {
    return absl::StrCat("No thank-you: all of the purchase had come back when it was recorded, on ",
                        base::FormatTime(purchase.recorded_at), ".");
  }
  if (purchase.thank_you.why == Withheld::kComplaintOpen) {
    return absl::StrCat(
        "No thank-you: the member had a complaint open when the purchase was recorded, on ",
        base::FormatTime(purchase.recorded_at), ".");
  }
  return "No thank-you: the program thanked nobody for purchases then.";
}

}  // namespace gratis::thanks
