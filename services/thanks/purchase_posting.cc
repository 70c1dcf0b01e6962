#include "services/thanks/purchase_posting.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/pending_rules.h"

namespace gratis::thanks {
namespace {

// Each rule that had a part in what was earned, in the order in which they did, with the points of
// the lines it had a part in: {"wine":180,"app-double":200}. Empty where no line knows a rule.
std::string PointsByRule(const std::vector<LineTrace>& traces) {
  std::vector<std::pair<std::string_view, int64_t>> sums;
  std::map<std::string_view, size_t> places;
  for (const LineTrace& trace : traces) {
    for (const std::string& rule : trace.rules) {
      const auto [place, added] = places.try_emplace(rule, sums.size());
      if (added) sums.emplace_back(rule, 0);
      sums[place->second].second += trace.points;
    }
  }
  std::string text;
  for (const auto& [rule, points] : sums) {
    absl::StrAppend(&text, text.empty() ? "{" : ",", base::JsonString(rule), ":", points);
  }
  return text.empty() ? text : text + "}";
}

std::string PurchaseDetail(const Purchase& purchase) {
  const Earning& earning = purchase.earning;
  std::string detail =
      absl::StrCat("{\"currency\":", base::JsonString(purchase.total.currency_code),
                   ",\"total_minor\":", purchase.total.minor_units,
                   ",\"points_per_unit\":", earning.points_per_unit,
                   ",\"rounding\":", static_cast<int>(earning.rounding),
                   ",\"policy_version\":", earning.policy_version);
  if (const std::string rules = PointsByRule(purchase.traces); !rules.empty()) {
    absl::StrAppend(&detail, ",\"rules\":", rules);
  }
  const ForOrganization& organization = purchase.for_organization;
  if (!organization.organization.IsNil()) {
    absl::StrAppend(&detail,
                    ",\"organization\":", base::JsonString(organization.organization.ToString()),
                    ",\"organization_points\":", organization.points);
  }
  return detail + "}";
}

std::string ThankYouDetail(const Purchase& purchase, const ThankYouTrigger& trigger) {
  return absl::StrCat("{\"note\":\"purchase\",\"sender\":", base::JsonString(trigger.sender),
                      ",\"policy_version\":", purchase.earning.policy_version, "}");
}

// Journals a fact about the purchase, with the points that it gives the member, or none.
absl::Status PostAbout(ledger::Books& books, const ledger::Earning& earning) {
  if (earning.points > 0) return ledger::Earn(books, earning);
  const ledger::Posting& posting = earning.posting;
  return books
      .Post({.kind = posting.kind,
             .transaction = posting.transaction,
             .member = posting.member,
             .effective_at = posting.effective_at,
             .source = posting.source,
             .detail = posting.detail})
      .status();
}

// Why points that wait are left to become ready at their own time: nothing of them waits any more,
// or whoever has them may not earn now.
bool IsLeftAlone(std::optional<Reason> reason) {
  return reason == Reason::kNothingPending || reason == Reason::kTransactionNotFound ||
         reason == Reason::kMemberMerged || reason == Reason::kMemberNotActive ||
         reason == Reason::kMemberErased;
}

}  // namespace

absl::Status PostPurchase(ledger::Books& books, const Purchase& purchase) {
  const ledger::Posting posting{.kind = ledger::FactKind::kPurchase,
                                .transaction = purchase.transaction,
                                .member = purchase.member,
                                .effective_at = purchase.purchased_at,
                                .source = purchase.id.ToString(),
                                .detail = PurchaseDetail(purchase)};
  int64_t points = purchase.earning.points;
  for (const PaidByBudget& part : purchase.by_budgets) points -= part.points;
  const absl::Time available_at = AvailableAt(purchase.pending, purchase.delivered_at);
  RETURN_IF_ERROR(PostAbout(books, {.posting = posting,
                                    .points = points,
                                    .origin = ledger::Origin::kPurchase,
                                    .available_at = available_at}));
  for (const PaidByBudget& part : purchase.by_budgets) {
    ledger::Posting of_budget = posting;
    of_budget.kind = ledger::FactKind::kEarn;
    of_budget.detail = {};
    RETURN_IF_ERROR(ledger::Earn(books, {.posting = std::move(of_budget),
                                         .points = part.points,
                                         .origin = ledger::Origin::kPurchase,
                                         .available_at = available_at,
                                         .budget = part.budget}));
  }
  return absl::OkStatus();
}

absl::Status PostThankYou(ledger::Books& books, const Purchase& purchase,
                          const ThankYouTrigger& trigger) {
  if (purchase.thank_you.outcome != ThanksOutcome::kGiven) return absl::OkStatus();
  return PostAbout(books, {.posting = {.kind = ledger::FactKind::kThankYou,
                                       .transaction = purchase.transaction,
                                       .member = purchase.member,
                                       .effective_at = purchase.purchased_at,
                                       .source = purchase.id.ToString(),
                                       .detail = ThankYouDetail(purchase, trigger)},
                           .points = purchase.thank_you.bonus_points,
                           .origin = ledger::Origin::kGiven});
}

absl::Status PostForOrganization(ledger::Books& books, const Purchase& purchase, int32_t percent) {
  const ForOrganization& organization = purchase.for_organization;
  if (organization.points == 0) return absl::OkStatus();
  // What was bought stays between the member and the shop.
  return ledger::Earn(
      books, {.posting = {.kind = ledger::FactKind::kEarn,
                          .transaction = organization.transaction,
                          .member = organization.organization,
                          .effective_at = purchase.purchased_at,
                          .source = "purchase for an organization",
                          .detail = absl::StrCat("{\"organization_percent\":", percent, "}")},
              .points = organization.points,
              .origin = ledger::Origin::kPurchase,
              .available_at = AvailableAt(purchase.pending, purchase.delivered_at)});
}

absl::StatusOr<int64_t> ActivatePoints(ledger::Books& books, const Purchase& purchase,
                                       const Uuid& transaction, absl::Time at) {
  const ledger::Program& program = books.program();
  int64_t activated = 0;
  for (const auto& [whose, earned_by] :
       {std::pair(purchase.member, purchase.transaction),
        std::pair(purchase.for_organization.organization, purchase.for_organization.transaction)}) {
    if (whose.IsNil()) continue;
    const ledger::Books::Mark mark = books.mark();
    const absl::StatusOr<int64_t> points =
        ledger::Activate(books,
                         {.kind = ledger::FactKind::kActivated,
                          .transaction = ledger::Beside(program, whose, TransactionId{transaction}),
                          .member = whose,
                          .effective_at = at,
                          .source = purchase.id.ToString(),
                          .detail = {}},
                         earned_by);
    if (points.ok()) {
      if (whose == purchase.member) activated = *points;
      continue;
    }
    if (!IsLeftAlone(ReasonOf(points.status()))) return points.status();
    books.UndoTo(mark);
  }
  return activated;
}

}  // namespace gratis::thanks
