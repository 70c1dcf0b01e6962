#include "services/thanks/pending_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/field_checks.h"

namespace gratis::thanks {
namespace {

constexpr int32_t kMaxDaysAfterDelivery = 365;
constexpr int32_t kMaxDaysAtMost = 730;
constexpr int32_t kUsualDays = 30;
constexpr size_t kMaxChannels = 20;

absl::Duration Days(int32_t days) { return absl::Hours(24) * days; }

}  // namespace

int32_t UsualDaysAtMost(int32_t days_after_delivery) {
  return std::clamp(days_after_delivery, 0, kMaxDaysAfterDelivery) + kUsualDays;
}

absl::Status CheckPending(const PendingRule& rule) {
  if (!rule.until_delivery) return absl::OkStatus();
  RETURN_IF_ERROR(CheckRange("policy.pending.days_after_delivery", rule.days_after_delivery, 0,
                             kMaxDaysAfterDelivery));
  // What would end before the days after any delivery are over waits for none.
  RETURN_IF_ERROR(CheckRange("policy.pending.days_at_most", rule.days_at_most,
                             std::max(1, rule.days_after_delivery), kMaxDaysAtMost));
  if (rule.channels.size() > kMaxChannels) {
    return FieldError(Reason::kFieldInvalid, "policy.pending.channels",
                      absl::StrCat("at most ", kMaxChannels));
  }
  for (const std::string& channel : rule.channels) {
    if (IsCode(channel)) continue;
    return FieldError(Reason::kFieldInvalid, "policy.pending.channels",
                      "a channel is 1 to 40 of a-z, 0-9 and -, such as \"web\"");
  }
  return absl::OkStatus();
}

PendingTerms TermsOf(const PendingRule& rule, std::string_view channel, absl::Time purchased_at) {
  if (!rule.until_delivery) return {};
  const bool meant = rule.channels.empty() || std::find(rule.channels.begin(), rule.channels.end(),
                                                        channel) != rule.channels.end();
  if (!meant) return {};
  return {.days_after_delivery = rule.days_after_delivery,
          .latest_at = purchased_at + Days(rule.days_at_most)};
}

absl::Time AvailableAt(const PendingTerms& terms, absl::Time delivered_at) {
  if (!terms.waits() || delivered_at == absl::InfiniteFuture()) return terms.latest_at;
  return std::min(terms.latest_at, delivered_at + Days(terms.days_after_delivery));
}

}  // namespace gratis::thanks
