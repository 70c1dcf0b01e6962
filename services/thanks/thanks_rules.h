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

// The rules of earning and thanking: values in, values out. The numbers of the enums are stored and
// are those of the contract.
namespace gratis::thanks {

// How part of a currency unit counts.
enum class Rounding : int16_t { kDown = 1, kHalfUp = 2, kUp = 3 };

struct EarningRate {
  std::string currency_code;
  int64_t points_per_unit = 0;
};

struct EarningRule {
  std::vector<EarningRate> rates;  // a currency without one earns nothing
  Rounding rounding = Rounding::kDown;
};

struct ThankYouTrigger {
  bool enabled = true;
  std::string sender;
  std::string note;
  int64_t bonus_points = 0;
  int32_t max_age_days = 7;
};

struct Policy {
  int32_t version = 0;  // 0: nobody set one yet
  EarningRule earning;
  ThankYouTrigger thank_you;
};

// One point for each whole unit of the program's currency, and a plain thank-you within 7 days.
Policy DefaultPolicy(std::string_view currency_code);

// Errors: FIELD_INVALID, FIELD_MISSING, FIELD_TOO_LONG, INVALID_CURRENCY, each with its field.
absl::Status CheckPolicy(const Policy& policy);

// How a purchase's points came about.
struct Earning {
  int64_t points = 0;
  int32_t policy_version = 0;
  int64_t points_per_unit = 0;
  Rounding rounding = Rounding::kDown;
  std::string note;  // "NO_RATE" when the currency has none
};

// points = points_per_unit x the total in whole units, rounded as the rule says.
// Errors: INVALID_CURRENCY, INVALID_AMOUNT (below 0), POINTS_OVERFLOW.
absl::StatusOr<Earning> EarnPoints(const Policy& policy, const base::Money& total);

// What of the points that a purchase for an organization earned is the organization's own, of
// `percent` (0 to 100); rounded down, so that the two shares are all there is.
int64_t OrganizationShare(int64_t points, int32_t percent);

enum class ThanksOutcome : int16_t { kGiven = 1, kWithheld = 2 };
enum class Withheld : int16_t { kNone = 0, kPolicyOff = 1, kTooLate = 2, kMemberState = 3 };

struct ThankYou {
  ThanksOutcome outcome = ThanksOutcome::kWithheld;
  Withheld why = Withheld::kNone;
  int64_t bonus_points = 0;
};

// Whether a purchase made at `purchased_at` by a member of this state is thanked for when recorded
// at `now`.
ThankYou DecideThanks(const Policy& policy, absl::Time purchased_at, absl::Time now,
                      ledger::MemberState state);

// A purchase as it is kept.
struct Purchase {
  PurchaseId id;
  MemberId member;
  std::string source;
  std::string order_id;
  base::Money total;
  int32_t item_count = 0;
  absl::Time purchased_at;
  absl::Time recorded_at;
  TransactionId transaction;
  Earning earning;
  ThankYou thank_you;
};

// One sentence for whoever asks what became of the thank-you. `sender` is who said it.
std::string ExplainThankYou(const Purchase& purchase, const ThankYouTrigger& trigger);

}  // namespace gratis::thanks
