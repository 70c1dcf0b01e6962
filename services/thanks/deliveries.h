#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/random.h"
#include "common/ledger/books.h"
#include "services/thanks/activation_store.h"
#include "services/thanks/located.h"
#include "services/thanks/purchase_changes.h"

// Purchases reach who bought them.
namespace gratis::thanks {

// What a delivery did to a purchase.
struct Arrival {
  Delivery delivery;
  std::optional<DueActivation> waits;  // until when what it earned waits yet
  int64_t activated_points = 0;        // of the member's that can be spent by it
  std::vector<Followed> followed = {};
};

// Notes in the purchase that it was delivered. A member's is journaled, what waited for it is made
// ready to be spent or gets its date, and triggers follow; of nobody's, nothing. Errors:
// MEMBER_ERASED.
absl::StatusOr<Arrival> Arrive(ledger::Books& books, PurchaseRun& run,
                               const ledger::Envelope& envelope, const Uuid& transaction,
                               absl::Time delivered_at, Purchase& purchase);
// The same of what had been delivered when it became the member's: what it earned was given with
// its date. Returns what followed.
absl::StatusOr<std::vector<Followed>> TellArrived(ledger::Books& books, PurchaseRun& run,
                                                  const ledger::Envelope& envelope,
                                                  const Uuid& transaction,
                                                  const Purchase& purchase);
void AddRows(const Arrival& arrival, PurchaseRows& rows);

// The delivery among what waits under a name, if one does; the first that was told.
std::optional<absl::Time> DeliveredAmong(absl::Span<const Parked> parked);

// A delivery that somebody wants recorded.
struct DeliveryOrder {
  OrderKey order;
  absl::Time delivered_at;
  absl::Duration statable_past = absl::InfiniteDuration();
};

// One delivery on its way to the books. One that comes before its purchase waits for it.
class RecordDelivery final : public PurchaseChange {
 public:
  // `located`: as RecordReturn.
  RecordDelivery(DeliveryOrder order, ledger::DirectoryKey name, const Located& located,
                 base::IdSource& ids, absl::Time now);

  void AddNeeds(ledger::Wants& wants) const override { wants.names.insert(name_); }
  void AddPurchaseWants(PurchaseWants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  void AddRows(PurchaseRows& rows) const override;

 private:
  absl::StatusOr<std::string> Park(ledger::Books& books);

  const DeliveryOrder order_;
  const ledger::DirectoryKey name_;
  const Located located_;
  const PurchaseId stub_;  // what the name is to lead to while there is no purchase
  const TransactionId transaction_;
  // Decided:
  std::optional<Arrival> done_;
  std::optional<Parked> parked_;
  MemberId member_;
};

}  // namespace gratis::thanks
