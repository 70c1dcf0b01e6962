#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "services/thanks/purchase_run.h"

// Where orders lead: found before a change is posted, and looked at again under the lock.
namespace gratis::thanks {

// Where an order leads.
struct Located {
  enum class Where {
    kNowhere,    // it was not recorded; returns may wait for it
    kUnclaimed,  // nobody has claimed it yet
    kRecorded,
  };
  Where where = Where::kNowhere;
  int32_t partition = 0;  // of nothing: where it would be
  PurchaseId purchase;
  MemberId member;               // of one that is recorded
  MemberId organization;         // that it was made for
  std::vector<MemberId> payers;  // who spent what paid for it, where that was not the member
  std::vector<MemberId> became;  // of whom the member and the payers are part by now, step by step
  MemberId place;  // whose partition it is in: the member, or of one of nobody its order's place
};

// The order is somewhere else by now: CONFLICT.
absl::Status ElsewhereByNow();

// What a change to a purchase that was located there needs to look at.
void WantLocated(const Located& located, PurchaseWants& wants);

// The purchase as it is now. Errors: CONFLICT.
absl::StatusOr<const StoredPurchase*> FindLocated(const PurchaseRun& run, const Located& located);

// Notes what it became, for who comes later in the set.
void KeepLocated(PurchaseRun& run, const Located& located, StoredPurchase stored);

}  // namespace gratis::thanks
