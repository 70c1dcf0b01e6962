#include "services/thanks/purchase_changes.h"

#include <algorithm>

#include "common/status/macros.h"

namespace gratis::thanks {

absl::Status PurchaseChanges::LoadAll(pg::Tx& tx, absl::Span<PurchaseChange* const> set) {
  PurchaseWants wants;
  absl::Time now = absl::InfinitePast();
  for (const PurchaseChange* change : set) {
    change->AddPurchaseWants(wants);
    now = std::max(now, change->envelope.now);
  }
  const ledger::Envelope& envelope = set.front()->envelope;
  ASSIGN_OR_RETURN(
      const std::shared_ptr<PurchaseRun> run,
      PurchaseRun::Load(tx, envelope.program, envelope.home(), wants, aftermath_, now));
  for (PurchaseChange* change : set) change->run_ = run;
  return absl::OkStatus();
}

absl::Status PurchaseChanges::WriteAll(pg::Tx& tx, absl::Span<PurchaseChange* const> set) {
  PurchaseRows rows;
  for (const PurchaseChange* change : set) change->AddRows(rows);
  const ledger::Envelope& envelope = set.front()->envelope;
  const int32_t partition = envelope.home();
  InsertPurchases(tx, partition, rows.purchases);
  InsertUnclaimed(tx, partition, rows.unclaimed);
  InsertReturns(tx, partition, rows.returns);
  InsertDeliveries(tx, partition, rows.deliveries);
  InsertActivations(tx, partition, rows.activations);
  DeleteActivations(tx, partition, rows.activated);
  InsertMoves(tx, rows.moves);
  DeleteParked(tx, envelope.program, rows.unparked);
  InsertParked(tx, envelope.program, rows.parked);
  return set.front()->run().Write(tx, rows.decided);
}

}  // namespace gratis::thanks
