#include "services/thanks/clawback.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

// Brings back a part of what a payment spent. Returns what came back.
absl::StatusOr<ledger::Reversed> BringBack(ledger::Books& books, const ledger::Posting& posting,
                                           const Payment& payment, int64_t worth) {
  const ledger::Books::Mark mark = books.mark();
  ledger::Posting back = posting;
  if (!payment.of.IsNil()) {
    RETURN_IF_ERROR(books.RequireHolder(payment.of));
    // Who turned out to be somebody else after all, and was erased, has nothing come back; and the
    // member is not refused their return for that.
    if (books.FindHolder(payment.of)->state == ledger::MemberState::kErased) {
      return ledger::Reversed{};
    }
    // It goes on to who they became.
    back.member = payment.of;
  }
  absl::StatusOr<ledger::Reversed> reversed = ledger::Reverse(books, {.posting = std::move(back),
                                                                      .undone = payment.transaction,
                                                                      .points = worth,
                                                                      .clawback = {},
                                                                      .only = {},
                                                                      .at_most = true});
  // Nobody is refused their return since a newer voucher of the kind lives.
  if (ReasonOf(reversed.status()) == Reason::kVoucherLive) {
    books.UndoTo(mark);
    return ledger::Reversed{};
  }
  return reversed;
}

std::string DetailOf(const Purchase& purchase, const Returned& after, const Clawed& clawed) {
  return absl::StrCat("{\"purchase\":", base::JsonString(purchase.id.ToString()),
                      ",\"currency\":", base::JsonString(purchase.total.currency_code),
                      ",\"returned_minor\":", clawed.returned_minor, ",\"points\":", clawed.taken,
                      ",\"points_back\":", clawed.points_back,
                      ",\"whole\":", after.whole ? "true" : "false", "}");
}

// Whether it fails only for where or when it is posted: it may be done the next time.
bool MayBeDoneAgain(Reason reason) {
  return reason == Reason::kMemberMerged || reason == Reason::kConflict;
}

}  // namespace

absl::StatusOr<ledger::Reversed> TakeEarned(ledger::Books& books, const ledger::Posting& posting,
                                            const Purchase& purchase, int64_t before,
                                            int64_t after) {
  int64_t of_budgets = 0;
  for (const PaidByBudget& part : purchase.by_budgets) of_budgets += part.points;
  const int64_t from_budgets = std::min(after, of_budgets) - std::min(before, of_budgets);
  ledger::Reversed sum;
  for (const auto& [kind, points] :
       {std::pair(ledger::FactKind::kEarn, from_budgets),
        std::pair(ledger::FactKind::kPurchase, after - before - from_budgets)}) {
    if (points == 0) continue;
    ASSIGN_OR_RETURN(const ledger::Reversed part,
                     ledger::Reverse(books, {.posting = posting,
                                             .undone = purchase.transaction,
                                             .points = points,
                                             .clawback = {},
                                             .only = kind,
                                             .at_most = true}));
    sum.taken += part.taken;
    sum.debt += part.debt;
    sum.expired += part.expired;
    sum.forgiven += part.forgiven;
  }
  return sum;
}

absl::StatusOr<Clawed> ClawBack(ledger::Books& books, const ledger::Posting& posting,
                                const Purchase& purchase, const Returned& before,
                                const Returned& after) {
  const Undone was = UndoneBy(purchase, before);
  const Undone is = UndoneBy(purchase, after);
  Clawed clawed{.taken = is.points - before.points_taken,
                .organization_taken = is.organization_points - was.organization_points,
                .returned_minor = is.returned_minor - was.returned_minor};
  for (size_t i = 0; i < is.line_points.size(); ++i) {
    clawed.line_points.push_back(is.line_points[i] - was.line_points[i]);
  }
  // What comes back first need not be owed.
  for (size_t i = 0; i < purchase.payments.size(); ++i) {
    const Payment& payment = purchase.payments[i];
    const int64_t worth = is.brought_back[i] - before.brought_back[i];
    clawed.brought_back.push_back(worth);
    if (worth == 0 || payment.transaction.IsNil()) continue;
    ASSIGN_OR_RETURN(const ledger::Reversed reversed, BringBack(books, posting, payment, worth));
    if (payment.kind == PaymentKind::kPoints) {
      clawed.points_back += reversed.restored;
    } else if (reversed.restored > 0) {
      clawed.vouchers_back.push_back({payment.transaction, reversed.restored});
    }
  }
  if (clawed.taken > 0) {
    ASSIGN_OR_RETURN(const ledger::Reversed reversed,
                     TakeEarned(books, posting, purchase, before.points_taken, is.points));
    clawed.owed = reversed.debt;
    clawed.expired = reversed.expired;
    clawed.forgiven = reversed.forgiven;
  }
  if (clawed.organization_taken > 0) {
    ledger::Posting of_organization = posting;
    of_organization.member = purchase.for_organization.organization;
    RETURN_IF_ERROR(ledger::Reverse(books, {.posting = std::move(of_organization),
                                            .undone = purchase.for_organization.transaction,
                                            .points = clawed.organization_taken,
                                            .clawback = {},
                                            .only = {},
                                            .at_most = true})
                        .status());
  }
  return clawed;
}

absl::StatusOr<Clawed> DoReturn(ledger::Books& books, Returned after, Purchase& purchase,
                                Return& came) {
  Clawed clawed;
  if (purchase.member.IsNil()) {
    const Undone was = UndoneBy(purchase, purchase.returned);
    clawed.returned_minor = UndoneBy(purchase, after).returned_minor - was.returned_minor;
    clawed.line_points.resize(purchase.traces.size());
  } else {
    const ledger::Posting posting{.kind = ledger::FactKind::kReturn,
                                  .transaction = came.transaction,
                                  .member = purchase.member,
                                  .effective_at = came.returned_at,
                                  .source = purchase.id.ToString(),
                                  .detail = {}};
    ASSIGN_OR_RETURN(clawed, ClawBack(books, posting, purchase, purchase.returned, after));
    RETURN_IF_ERROR(books
                        .Post({.kind = posting.kind,
                               .transaction = posting.transaction,
                               .member = posting.member,
                               .effective_at = posting.effective_at,
                               .source = posting.source,
                               .detail = DetailOf(purchase, after, clawed)})
                        .status());
  }
  came.points_taken = clawed.taken;
  came.brought_back = clawed.brought_back;
  after.points_taken += clawed.taken;
  for (size_t i = 0; i < clawed.brought_back.size(); ++i) {
    after.brought_back[i] += clawed.brought_back[i];
  }
  purchase.returned = std::move(after);
  return clawed;
}

std::vector<Return> ReturnsAmong(absl::Span<const Parked> parked) {
  std::vector<Return> returns;
  for (const Parked& one : parked) {
    if (!one.is_delivery()) returns.push_back(one.came);
  }
  return returns;
}

absl::StatusOr<EarlyReturns> DoEarly(ledger::Books& books, std::vector<Return> waiting,
                                     const TransactionId& transaction,
                                     absl::Span<const Return> before, Purchase& purchase) {
  EarlyReturns early;
  std::set<std::string> told;
  for (const Return& one : before) told.insert(one.return_id);
  int32_t number = static_cast<int32_t>(before.size());
  for (Return& came : waiting) {
    if (!told.insert(came.return_id).second) continue;
    came.transaction = transaction;
    came.recorded_at = books.recorded_at();
    const ledger::Books::Mark mark = books.mark();
    const auto attempt = [&]() -> absl::StatusOr<Clawed> {
      ASSIGN_OR_RETURN(Returned after, Plus(purchase, purchase.returned, came.returning));
      return DoReturn(books, std::move(after), purchase, came);
    };
    const absl::StatusOr<Clawed> clawed = attempt();
    if (clawed.ok()) {
      early.taken += clawed->taken;
    } else if (const auto reason = ReasonOf(clawed.status()); reason && !MayBeDoneAgain(*reason)) {
      books.UndoTo(mark);
      came.refused = gratis::Describe(*reason).name;
      came.returning = {};
    } else {
      return clawed.status();
    }
    early.returns.push_back({purchase.id, ++number, std::move(came)});
  }
  return early;
}

}  // namespace gratis::thanks
