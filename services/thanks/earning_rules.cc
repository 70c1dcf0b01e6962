#include "services/thanks/earning_rules.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/base/money.h"
#include "common/ledger/fact.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/earning_caps.h"
#include "services/thanks/rule_scope.h"

namespace gratis::thanks {
namespace {

using absl::int128;

// More than anything costs; below it, what a line earns is reckoned without overflow.
constexpr int64_t kMaxBaseMinor = 1'000'000'000'000'000;

absl::Status TooManyPoints(const base::Money& total) {
  return Error(Reason::kPointsOverflow,
               absl::StrCat(base::FormatMoney(total), " would earn more than ", ledger::kMaxPoints,
                            " points"));
}

// `amount` in whole parts of `per` each, rounded; none is negative.
int128 Rounded(int128 amount, int128 per, Rounding rounding) {
  const int128 whole = amount / per;
  const int128 rest = amount % per;
  switch (rounding) {
    case Rounding::kDown:
      return whole;
    case Rounding::kHalfUp:
      return rest > 0 && rest >= per - rest ? whole + 1 : whole;
    case Rounding::kUp:
      return rest > 0 ? whole + 1 : whole;
  }
  return whole;
}

// What a line costs, with tax. Errors: INVALID_AMOUNT.
absl::StatusOr<int64_t> PriceOf(const Line& line, bool tax_on_top) {
  const auto gross = base::CheckedMul(line.quantity, line.unit_price_minor);
  if (!gross || *gross > kMaxBaseMinor || line.discount_minor > *gross) {
    return Error(Reason::kInvalidAmount,
                 "a line's discount is more than it costs, or it costs more than anything does");
  }
  const int64_t price = *gross - line.discount_minor;
  if (!tax_on_top && line.tax_minor > price) {
    return Error(Reason::kInvalidAmount, "a line's tax is more than it costs");
  }
  if (line.tax_minor > kMaxBaseMinor) {
    return Error(Reason::kInvalidAmount, "a line's tax is more than anything costs");
  }
  return tax_on_top ? price + line.tax_minor : price;
}

// One evaluation.
class Evaluation {
 public:
  Evaluation(const EarningRule& rule, const Basket& basket, const absl::TimeZone& zone)
      : rule_(rule), basket_(basket), local_(LocalTimeOf(rule, basket.order, basket.at, zone)) {}

  absl::StatusOr<Earned> Run();

 private:
  // Whether the rule is about the line, and the line earns.
  bool Earns(const PurchaseRule& rule, size_t line) const {
    return fits_[&rule - rule_.rules.data()] && earned_.traces[line].base_minor > 0 &&
           FitsLine(rule.scope, basket_, line);
  }
  absl::Status Price();
  absl::Status Lower();
  void FindBases();
  void ExcludeAndRate();
  absl::Status SumExactly();
  absl::Status SumWholeUnits();
  void AddBonuses();
  absl::Status ApplyCaps();
  absl::Status ApplyCap(const PurchaseRule& rule, const CapRule& cap);
  void DrawWhatIsLeft();
  absl::Status Finish();
  std::vector<int64_t> Spread(int64_t points, absl::Span<const int128> weights);

  const EarningRule& rule_;
  const Basket& basket_;
  const absl::CivilSecond local_;
  std::vector<bool> fits_;  // of each rule: the purchase is one that it is about
  int64_t per_unit_ = 1;    // minor units of the currency
  // Of each of what budgets pay: its points of each line, before caps.
  std::vector<std::vector<int64_t>> paid_on_lines_;
  Earned earned_;
};

absl::Status Evaluation::Price() {
  if (basket_.lines.empty()) {
    if (basket_.total.minor_units < 0) {
      return Error(Reason::kInvalidAmount,
                   "a purchase's total is 0 or more; a return is no purchase");
    }
    earned_.traces.resize(1);
    earned_.traces[0].paid_minor = earned_.total_minor = basket_.total.minor_units;
    return absl::OkStatus();
  }
  for (const Line& line : basket_.lines) {
    LineTrace& trace = earned_.traces.emplace_back();
    ASSIGN_OR_RETURN(trace.paid_minor, PriceOf(line, basket_.tax_on_top));
    earned_.total_minor += trace.paid_minor;  // at most 500 lines
  }
  if (basket_.total.minor_units != 0 && basket_.total.minor_units != earned_.total_minor) {
    return Error(Reason::kInvalidAmount,
                 absl::StrCat("the lines cost ",
                              base::FormatMoney({basket_.total.currency_code, earned_.total_minor}),
                              " together, not ", base::FormatMoney(basket_.total)));
  }
  return absl::OkStatus();
}

absl::Status Evaluation::Lower() {
  int64_t paid = 0;
  int64_t lowered = 0;
  for (const Payment& payment : basket_.payments) {
    const auto sum = base::CheckedAdd(paid, payment.amount_minor);
    if (payment.amount_minor < 0 || !sum || *sum > earned_.total_minor) {
      return FieldError(Reason::kInvalidAmount, "payments.amount_minor",
                        "payments are 0 or more, and together not more than the total");
    }
    paid = *sum;
    if (payment.kind != PaymentKind::kTender) lowered += payment.amount_minor;
  }
  if (lowered == 0) return absl::OkStatus();
  std::vector<int128> weights;
  for (const LineTrace& trace : earned_.traces) weights.emplace_back(trace.paid_minor);
  const std::vector<int64_t> shares = ByLargestRemainder(lowered, weights);
  for (size_t i = 0; i < shares.size(); ++i) earned_.traces[i].lowered_minor = shares[i];
  return absl::OkStatus();
}

void Evaluation::FindBases() {
  for (size_t i = 0; i < earned_.traces.size(); ++i) {
    LineTrace& trace = earned_.traces[i];
    if (basket_.own_sale) {
      trace.note = LineNote::kOwnSale;
      continue;
    }
    if (!basket_.lines.empty() && !EarnsAtAll(basket_.lines[i].kind)) {
      trace.note = LineNote::kKind;
      continue;
    }
    trace.base_minor = trace.paid_minor - trace.lowered_minor;
    if (rule_.without_tax && !basket_.lines.empty() && trace.paid_minor > 0) {
      const int64_t net = trace.paid_minor - basket_.lines[i].tax_minor;
      trace.base_minor =
          static_cast<int64_t>(int128(trace.base_minor) * net / int128(trace.paid_minor));
    }
  }
}

void Evaluation::ExcludeAndRate() {
  const auto usual = std::find_if(rule_.rates.begin(), rule_.rates.end(), [&](const auto& rate) {
    return rate.currency_code == basket_.total.currency_code;
  });
  for (size_t i = 0; i < earned_.traces.size(); ++i) {
    LineTrace& trace = earned_.traces[i];
    if (trace.note != LineNote::kNone) continue;
    bool rated = false;
    for (const PurchaseRule& rule : rule_.rules) {
      if (!fits_[&rule - rule_.rules.data()] || !FitsLine(rule.scope, basket_, i)) continue;
      if (std::holds_alternative<ExclusionRule>(rule.does)) {
        trace.note = LineNote::kExcluded;
        trace.rules = {rule.code};
        break;
      }
      const auto* rate = std::get_if<RateRule>(&rule.does);
      if (rate == nullptr || rated) continue;
      rated = true;
      trace.points_per_unit = rate->points_per_unit;
      trace.rules.push_back(rule.code);
    }
    if (trace.note == LineNote::kNone && !rated) {
      if (usual == rule_.rates.end()) {
        trace.note = LineNote::kNoRate;
      } else {
        trace.points_per_unit = usual->points_per_unit;
      }
    }
    if (trace.note != LineNote::kNone) trace.base_minor = trace.points_per_unit = 0;
  }
}

std::vector<int64_t> Evaluation::Spread(int64_t points, absl::Span<const int128> weights) {
  std::vector<int64_t> shares = ByLargestRemainder(points, weights);
  for (size_t i = 0; i < shares.size(); ++i) earned_.traces[i].points += shares[i];
  return shares;
}

absl::Status Evaluation::SumWholeUnits() {
  std::vector<int128> weights;
  int128 base = 0;
  int64_t rate = 0;
  for (const LineTrace& trace : earned_.traces) {
    weights.emplace_back(trace.base_minor);
    base += trace.base_minor;
    rate = std::max(rate, trace.points_per_unit);  // that of the currency, where there is one
  }
  const int128 points = Rounded(base, per_unit_, rule_.rounding) * rate;
  if (points > ledger::kMaxPoints) return TooManyPoints(basket_.total);
  Spread(static_cast<int64_t>(points), weights);
  return absl::OkStatus();
}

absl::Status Evaluation::SumExactly() {
  // All lines over one denominator: that of the currency, and a hundred for each multiplier.
  int128 denominator = per_unit_;
  for (int i = 0; i < kMaxMultipliers; ++i) denominator *= 100;
  std::vector<int128> exact;
  int128 sum = 0;
  for (size_t i = 0; i < earned_.traces.size(); ++i) {
    LineTrace& trace = earned_.traces[i];
    if (trace.base_minor > kMaxBaseMinor) return TooManyPoints(basket_.total);
    int128 points = int128(trace.base_minor) * trace.points_per_unit;
    int multipliers = 0;
    for (const PurchaseRule& rule : rule_.rules) {
      const auto* multiplier = std::get_if<MultiplierRule>(&rule.does);
      if (multiplier == nullptr || multipliers == kMaxMultipliers || !Earns(rule, i)) continue;
      points *= multiplier->percent;
      ++multipliers;
      trace.rules.push_back(rule.code);
      if (multiplier->last) break;
    }
    for (; multipliers < kMaxMultipliers; ++multipliers) points *= 100;
    if (points / denominator > ledger::kMaxPoints) return TooManyPoints(basket_.total);
    exact.push_back(points);
    sum += points;
  }
  const int128 points = Rounded(sum, denominator, rule_.rounding);
  if (points > ledger::kMaxPoints) return TooManyPoints(basket_.total);
  Spread(static_cast<int64_t>(points), exact);
  return absl::OkStatus();
}

void Evaluation::AddBonuses() {
  for (const PurchaseRule& rule : rule_.rules) {
    const auto* bonus = std::get_if<BonusRule>(&rule.does);
    if (bonus == nullptr) continue;
    const bool by_position = !bonus->positions.empty() || bonus->every > 0;
    const bool reached = std::find(bonus->positions.begin(), bonus->positions.end(),
                                   basket_.position) != bonus->positions.end() ||
                         (bonus->every > 0 && basket_.position % bonus->every == 0);
    if (by_position && !(basket_.position_new && basket_.position > 0 && reached)) continue;
    if (std::find(basket_.used_up.begin(), basket_.used_up.end(), bonus->budget) !=
        basket_.used_up.end()) {
      continue;
    }
    std::vector<int128> bases(earned_.traces.size(), 0);
    int128 base = 0;
    for (size_t i = 0; i < bases.size(); ++i) {
      if (Earns(rule, i)) bases[i] = earned_.traces[i].base_minor;
      base += bases[i];
    }
    if (base == 0 || base < bonus->least_base_minor) continue;
    std::vector<int64_t> shares = Spread(bonus->points, bases);
    if (!bonus->budget.IsNil()) {
      earned_.by_budgets.push_back({bonus->budget, bonus->points});
      paid_on_lines_.push_back(std::move(shares));
    }
    for (size_t i = 0; i < bases.size(); ++i) {
      if (bases[i] > 0) earned_.traces[i].rules.push_back(rule.code);
    }
  }
}

absl::Status Evaluation::ApplyCap(const PurchaseRule& rule, const CapRule& cap) {
  CapTrace trace{.window = WindowOf(rule.code, cap.per, local_)};
  std::vector<int128> weights(earned_.traces.size(), 0);
  int64_t sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (!Earns(rule, i) || earned_.traces[i].points == 0) continue;
    weights[i] = earned_.traces[i].points;
    sum += earned_.traces[i].points;
    trace.lines.push_back(static_cast<int32_t>(i));
  }
  const int64_t room = RoomUnder(cap, trace.window, basket_.counted);
  if (sum > room && cap.action == CapAction::kRefuse) {
    return Error(Reason::kEarningCapExceeded,
                 absl::StrCat("it would earn ", sum, " points where rule ", rule.code, " lets ",
                              room, " through", room < cap.points ? " by now" : ""),
                 {{"rule", rule.code}, {"points", absl::StrCat(sum)}});
  }
  if (sum > room) {
    trace.clipped = sum - room;
    const std::vector<int64_t> shares = ByLargestRemainder(room, weights);
    for (const int32_t line : trace.lines) {
      earned_.traces[static_cast<size_t>(line)].points = shares[static_cast<size_t>(line)];
      earned_.traces[static_cast<size_t>(line)].rules.push_back(rule.code);
    }
  }
  const bool counts = cap.per != CapPeriod::kPurchase && !trace.lines.empty();
  if (counts || trace.clipped > 0) earned_.caps.push_back(std::move(trace));
  return absl::OkStatus();
}

absl::Status Evaluation::ApplyCaps() {
  for (const PurchaseRule& rule : rule_.rules) {
    const auto* cap = std::get_if<CapRule>(&rule.does);
    if (cap != nullptr) RETURN_IF_ERROR(ApplyCap(rule, *cap));
  }
  return absl::OkStatus();
}

// A budget pays for what caps left of its bonus: of each line, in the order of the rules, no more
// than the line earns.
void Evaluation::DrawWhatIsLeft() {
  std::vector<int64_t> left;
  for (const LineTrace& trace : earned_.traces) left.push_back(trace.points);
  for (size_t part = 0; part < paid_on_lines_.size(); ++part) {
    int64_t drawn = 0;
    for (size_t i = 0; i < left.size(); ++i) {
      const int64_t paid = std::min(paid_on_lines_[part][i], left[i]);
      left[i] -= paid;
      drawn += paid;
    }
    earned_.by_budgets[part].points = drawn;
  }
  std::erase_if(earned_.by_budgets, [](const PaidByBudget& part) { return part.points == 0; });
}

absl::Status Evaluation::Finish() {
  int128 points = 0;
  bool any_earns = false;
  bool any_without_rate = false;
  std::optional<int64_t> rate;
  for (const LineTrace& trace : earned_.traces) {
    points += trace.points;
    any_without_rate = any_without_rate || trace.note == LineNote::kNoRate;
    if (trace.note != LineNote::kNone) continue;
    rate = !any_earns || rate == trace.points_per_unit ? trace.points_per_unit : 0;
    any_earns = true;
  }
  if (points > ledger::kMaxPoints) return TooManyPoints(basket_.total);
  earned_.earning.points = static_cast<int64_t>(points);
  earned_.earning.points_per_unit = rate.value_or(0);
  earned_.earning.rounding = rule_.rounding;
  earned_.earning.tier = basket_.tier;
  if (basket_.own_sale) {
    earned_.earning.note = "OWN_SALE";
  } else if (!any_earns && any_without_rate) {
    earned_.earning.note = "NO_RATE";
  }
  return absl::OkStatus();
}

absl::StatusOr<Earned> Evaluation::Run() {
  ASSIGN_OR_RETURN(per_unit_, base::MinorUnitsPerUnit(basket_.total.currency_code));
  for (const PurchaseRule& rule : rule_.rules) {
    fits_.push_back(FitsPurchase(rule.scope, basket_, local_));
  }
  RETURN_IF_ERROR(Price());
  RETURN_IF_ERROR(Lower());
  FindBases();
  ExcludeAndRate();
  RETURN_IF_ERROR(rule_.rules.empty() ? SumWholeUnits() : SumExactly());
  AddBonuses();
  RETURN_IF_ERROR(ApplyCaps());
  DrawWhatIsLeft();
  RETURN_IF_ERROR(Finish());
  return std::move(earned_);
}

}  // namespace

std::vector<int64_t> ByLargestRemainder(int64_t amount, absl::Span<const int128> weights) {
  std::vector<int64_t> parts(weights.size(), 0);
  const int128 sum = std::accumulate(weights.begin(), weights.end(), int128(0));
  if (sum == 0) return parts;
  int64_t left = amount;
  std::vector<int128> remainders(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    parts[i] = static_cast<int64_t>(weights[i] * amount / sum);
    remainders[i] = weights[i] * amount % sum;
    left -= parts[i];
  }
  std::vector<size_t> order(weights.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return remainders[a] > remainders[b]; });
  for (size_t i = 0; left > 0; ++i, --left) ++parts[order[i]];
  return parts;
}

absl::StatusOr<Earned> EarnPoints(const EarningRule& rule, const Basket& basket,
                                  const absl::TimeZone& zone) {
  return Evaluation(rule, basket, zone).Run();
}

}  // namespace gratis::thanks
