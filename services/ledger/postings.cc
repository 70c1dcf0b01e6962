#include "services/ledger/postings.h"

#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {

absl::StatusOr<Posted> PostPoints(const PointsOrder& order, absl::Time now, ledger::Books& books) {
  RETURN_IF_ERROR(ledger::CheckPoints(order.points));
  const absl::Time effective_at = order.effective_at.value_or(now);
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(effective_at, now, order.statable_past), "effective_at"));
  const bool earn = order.direction == Direction::kEarn;
  const ledger::Posting posting{
      .kind = earn ? ledger::FactKind::kEarn : ledger::FactKind::kSpend,
      .transaction = ledger::Beside(books.program(), order.member, order.transaction),
      .member = order.member,
      .effective_at = effective_at,
      .source = order.source};
  RETURN_IF_ERROR(earn ? ledger::Earn(books, {.posting = posting, .points = order.points})
                       : ledger::Spend(books, posting, order.points));
  return Posted{posting.transaction, books.AvailablePoints(order.member), books.recorded_at()};
}

}  // namespace gratis::ledger_service
