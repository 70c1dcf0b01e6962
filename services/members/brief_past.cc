#include "services/members/brief_past.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using ledger::FactKind;

absl::StatusOr<base::Money> TotalOf(const ledger::Fact& fact) {
  using nlohmann::json;
  const json detail = json::parse(fact.detail, nullptr, /*allow_exceptions=*/false);
  if (detail.is_object()) {
    const auto currency = detail.find("currency");
    const auto total = detail.find("total_minor");
    if (currency != detail.end() && currency->is_string() && total != detail.end() &&
        total->is_number_integer()) {
      return base::Money{currency->get<std::string>(), total->get<int64_t>()};
    }
  }
  return Error(Reason::kBooksDamaged, "a purchase does not say what it cost");
}

}  // namespace

const std::vector<FactKind>& BriefKinds() {
  static const auto& kinds =
      *new std::vector<FactKind>{FactKind::kPurchase, FactKind::kBirthdayGift,
                                 FactKind::kComplaintOpened, FactKind::kComplaintResolved};
  return kinds;
}

absl::StatusOr<PastStretch> StretchOf(absl::Span<const ledger::JournalRow> rows,
                                      const absl::TimeZone& zone) {
  PastStretch stretch;
  for (const ledger::JournalRow& row : rows) {
    const ledger::Fact& fact = row.fact;
    if (fact.kind == FactKind::kBirthdayGift) {
      // A choice may take a use out of a budget.
      const int64_t points = fact.unit == ledger::kPointsUnit ? fact.points : 0;
      stretch.gifts[fact.member] = {fact.effective_at, points, fact.transaction};
    }
    if (fact.kind != FactKind::kPurchase) continue;
    ASSIGN_OR_RETURN(base::Money total, TotalOf(fact));
    stretch.purchases.push_back({.member = fact.member,
                                 .day = base::DayOf(fact.effective_at, zone),
                                 .seq = row.seq,
                                 .purchased_at = fact.effective_at,
                                 .transaction = fact.transaction,
                                 .source = fact.source,
                                 .total = std::move(total)});
  }
  return stretch;
}

VisitDays VisitDaysOf(const PastStretch& stretch) {
  VisitDays days;
  for (const PastPurchase& purchase : stretch.purchases) {
    days.emplace(purchase.member, purchase.day);
  }
  return days;
}

void Past::Add(const Past& more) {
  visits += more.visits;
  purchases += more.purchases;
  if (more.first_visit)
    first_visit = std::min(first_visit.value_or(*more.first_visit), *more.first_visit);
  if (more.last_visit)
    last_visit = std::max(last_visit.value_or(*more.last_visit), *more.last_visit);
  if (more.gift) gift = more.gift;
}

std::map<MemberId, Past> Additions(const PastStretch& stretch, const VisitDays& known) {
  std::map<MemberId, Past> additions;
  for (const auto& [member, gift] : stretch.gifts) additions[member].gift = gift;
  for (const PastPurchase& purchase : stretch.purchases) ++additions[purchase.member].purchases;
  for (const auto& [member, day] : VisitDaysOf(stretch)) {
    if (known.count({member, day}) > 0) continue;
    additions[member].Add({.visits = 1, .first_visit = day, .last_visit = day});
  }
  return additions;
}

}  // namespace gratis::members
