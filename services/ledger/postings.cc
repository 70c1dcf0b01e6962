#include "services/ledger/postings.h"

#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {

absl::StatusOr<Posted> PostPoints(const PointsOrder& order, absl::Time now, ledger::Books& books) {
  RETURN_IF_ERROR(ledger::CheckPoints(order.points));
  const absl::Time effective_at = order.effective_at.value_or(now);
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(effective_at, now, order.statable_past), "effective_at"));
  const bool earn = order.direction == Direction::kEarn;
  RETURN_IF_ERROR(
      books.Post({.kind = earn ? ledger::FactKind::kEarn : ledger::FactKind::kSpend,
                  .transaction = order.transaction,
                  .member = order.member,
                  .points = order.points,
                  .debit = earn ? ledger::Account::kIssued : ledger::Account::kAvailable,
                  .credit = earn ? ledger::Account::kAvailable : ledger::Account::kRedeemed,
                  .effective_at = effective_at,
                  .source = order.source,
                  .detail = ""}));
  return Posted{books.AvailablePoints(order.member), books.recorded_at()};
}

}  // namespace gratis::ledger_service
