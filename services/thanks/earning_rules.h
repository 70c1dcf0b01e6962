#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/thanks/purchase.h"

// How purchases earn: the rules as data, and what they make of a basket. Pure. The numbers of the
// enums are stored and are those of the contract.
namespace gratis::thanks {

// Which lines, of which purchases, a rule is about. What is empty says nothing.
struct RuleScope {
  std::vector<std::string> skus;
  std::vector<std::string> categories;
  std::vector<std::string> stores;
  std::vector<std::string> channels;
  std::vector<std::string> tenders;
  std::vector<std::string> currency_codes;
  std::vector<std::string> tiers;
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  std::vector<int32_t> weekdays;  // 1 is Monday
  // Minutes of the day where the store is; an `until` below `from` is on the next day, and 0 is the
  // day's end.
  int32_t from_minute = 0;
  int32_t until_minute = 0;
};

struct RateRule {
  int64_t points_per_unit = 0;
};
struct ExclusionRule {};
struct MultiplierRule {
  int32_t percent = 100;
  bool last = false;
};
struct BonusRule {
  int64_t points = 0;
  std::vector<int32_t> positions;
  int32_t every = 0;
  int64_t least_base_minor = 0;
  BudgetId budget = {};  // that pays for it; nil: none
};
enum class CapAction : int16_t { kClip = 1, kRefuse = 2 };
struct CapRule {
  int64_t points = 0;
  CapAction action = CapAction::kClip;
  CapPeriod per = CapPeriod::kPurchase;
};

struct PurchaseRule {
  std::string code;
  RuleScope scope;
  std::variant<RateRule, ExclusionRule, MultiplierRule, BonusRule, CapRule> does;
};

struct EarningRate {
  std::string currency_code;
  int64_t points_per_unit = 0;
};

struct EarningRule {
  std::vector<EarningRate> rates;  // a currency without one earns nothing
  Rounding rounding = Rounding::kDown;
  std::vector<PurchaseRule> rules = {};
  bool without_tax = false;
  std::map<std::string, std::string> store_zones = {};  // store -> name in the tz database
  int32_t claims_per_day = 3;
  int32_t claim_days = 30;
};

// Errors: FIELD_INVALID, FIELD_MISSING, FIELD_TOO_LONG, INVALID_CURRENCY, INVALID_TIME_ZONE, each
// with its field.
absl::Status CheckEarning(const EarningRule& rule);

// Of the multipliers that fit a line, the first so many are applied: with more, points could not be
// reckoned exactly. CheckEarning lets no more of them meet; a version that was set before it did
// goes on earning as it always has.
constexpr int kMaxMultipliers = 4;

// A purchase as rules see it.
struct Basket {
  const OrderKey& order;
  base::Money total;  // without lines; with them, 0 or their sum
  absl::Span<const Line> lines;
  absl::Span<const Payment> payments;
  std::string_view channel;
  absl::Time at;
  bool tax_on_top = false;
  bool own_sale = false;                    // rung by the member themselves
  int64_t position = 0;                     // of the member's purchases; 0 if nobody counts
  bool position_new = false;                // and it was not reached before
  absl::Span<const BudgetId> used_up = {};  // with too little left: what they pay is not given
  std::string_view tier = {};               // the buyer's; empty for none
  absl::Span<const CapCount> counted = {};  // by caps over several purchases, without this one
};

// What a basket earns.
struct Earned {
  Earning earning;  // without its policy's version
  int64_t total_minor = 0;
  std::vector<LineTrace> traces;         // one per line; of a mere total one
  std::vector<PaidByBudget> by_budgets;  // of the points, in the order of the rules
  std::vector<CapTrace> caps;            // those over several purchases, and those that clipped
};

// `zone`: of stores that say none. Errors: INVALID_CURRENCY, INVALID_AMOUNT (below 0; not the sum
// of the lines; payments above it), POINTS_OVERFLOW, EARNING_CAP_EXCEEDED (metadata: rule, points).
absl::StatusOr<Earned> EarnPoints(const EarningRule& rule, const Basket& basket,
                                  const absl::TimeZone& zone);

// `amount` in whole parts that add up to it, in proportion to the weights: each rounded down, and
// what is left to those with the largest remainder, the first of equal ones first. All 0 when the
// weights are. `amount` times the largest weight is below 2^127.
std::vector<int64_t> ByLargestRemainder(int64_t amount, absl::Span<const absl::int128> weights);

}  // namespace gratis::thanks
