#include "services/thanks/located.h"

#include <utility>

#include "common/status/reasons.h"

namespace gratis::thanks {

absl::Status ElsewhereByNow() {
  return Error(Reason::kConflict,
               "the order was recorded or claimed at this moment; call again with the same "
               "request_id");
}

void WantLocated(const Located& located, PurchaseWants& wants) {
  if (located.where == Located::Where::kRecorded) {
    wants.purchases.push_back(located.purchase);
    wants.buyers.push_back(located.member);
  } else if (located.where == Located::Where::kUnclaimed) {
    wants.unclaimed[located.partition].push_back(located.purchase);
  }
}

absl::StatusOr<const StoredPurchase*> FindLocated(const PurchaseRun& run, const Located& located) {
  if (located.where == Located::Where::kRecorded) {
    const StoredPurchase* stored = run.FindPurchase(located.purchase);
    if (stored == nullptr) return ElsewhereByNow();
    return stored;
  }
  const Unclaimed* unclaimed = run.FindUnclaimed(located.purchase);
  if (unclaimed == nullptr || !unclaimed->purchase || !unclaimed->moved_to.IsNil()) {
    return ElsewhereByNow();
  }
  return &*unclaimed->purchase;
}

void KeepLocated(PurchaseRun& run, const Located& located, StoredPurchase stored) {
  if (located.where == Located::Where::kRecorded) {
    run.Put(std::move(stored));
  } else {
    run.PutUnclaimed(located.purchase, {.purchase = std::move(stored)});
  }
}

}  // namespace gratis::thanks
