#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/base/money.h"
#include "common/ledger/standing.h"
#include "services/thanks/earning_rules.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/purchase.h"

// The rules of earning and thanking: values in, values out. The numbers of the enums are stored and
// are those of the contract.
namespace gratis::thanks {

struct ThankYouTrigger {
  bool enabled = true;
  std::string sender;
  std::string note;
  int64_t bonus_points = 0;
  int32_t max_age_days = 7;
};

struct Policy {
  int32_t version = 0;  // 0: nobody set one yet
  // Purchases made from then on go by it, whenever they are recorded.
  absl::Time effective_from = absl::InfinitePast();
  EarningRule earning;
  ThankYouTrigger thank_you;
  PendingRule pending = {};
};

// One point for each whole unit of the program's currency, and a plain thank-you within 7 days.
Policy DefaultPolicy(std::string_view currency_code);

// Errors: FIELD_INVALID, FIELD_MISSING, FIELD_TOO_LONG, INVALID_CURRENCY, each with its field.
absl::Status CheckPolicy(const Policy& policy);

// The version that a purchase made at `at` goes by: of those that had begun by then, the latest
// set. `versions`: latest first. Null if none had.
const Policy* InForce(absl::Span<const Policy> versions, absl::Time at);

// What of the points that a purchase for an organization earned is the organization's own, of
// `percent` (0 to 100); rounded down, so that the two shares are all there is.
int64_t OrganizationShare(int64_t points, int32_t percent);

// Whether a purchase of a member of this state, who has a complaint open or not, is thanked for
// when recorded or claimed at `now`; by when it was made, and by what has come back of it by then.
ThankYou DecideThanks(const Policy& policy, const Purchase& purchase, absl::Time now,
                      ledger::MemberState state, bool complaint_open);

// One sentence for whoever asks what became of the thank-you. `sender` is who said it.
std::string ExplainThankYou(const Purchase& purchase, const ThankYouTrigger& trigger);

}  // namespace gratis::thanks
