#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/books.h"
#include "services/thanks/clawback.h"
#include "services/thanks/purchase_changes.h"

// What becomes of purchases: they are delivered, and some come back.
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
  MemberId member;        // of one that is recorded
  MemberId organization;  // that it was made for
};

// A return that somebody wants recorded.
struct ReturnOrder {
  OrderKey order;
  std::string return_id;
  Returning returning;
  absl::Time returned_at;
  absl::Duration statable_past = absl::InfiniteDuration();
};

// One return on its way to the books.
class RecordReturn final : public PurchaseChange {
 public:
  // `located`: as it was found before; if it is somewhere else by now, CONFLICT: look again.
  RecordReturn(ReturnOrder order, ledger::DirectoryKey name, const Located& located,
               base::IdSource& ids, absl::Time now);

  void AddNeeds(ledger::Wants& wants) const override { wants.names.insert(name_); }
  void AddPurchaseWants(PurchaseWants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  void AddRows(PurchaseRows& rows) const override;

 private:
  absl::StatusOr<std::string> Park(ledger::Books& books);
  absl::StatusOr<std::string> Do(ledger::Books& books, const StoredPurchase& stored);
  absl::StatusOr<std::string> Answer(ledger::Books& books, Clawed clawed,
                                     std::vector<Followed> followed) const;
  Return Came(const ledger::Books& books) const;

  const ReturnOrder order_;
  const ledger::DirectoryKey name_;
  const Located located_;
  const PurchaseId stub_;  // what the name is to lead to while there is no purchase
  const TransactionId transaction_;
  // Decided:
  Purchase purchase_;
  std::optional<NumberedReturn> done_;
  std::optional<Parked> parked_;
};

// A delivery that somebody wants recorded.
struct DeliveryOrder {
  OrderKey order;
  absl::Time delivered_at;
  absl::Duration statable_past = absl::InfiniteDuration();
};

class RecordDelivery final : public PurchaseChange {
 public:
  RecordDelivery(DeliveryOrder order, const Located& located, base::IdSource& ids, absl::Time now);

  void AddPurchaseWants(PurchaseWants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  void AddRows(PurchaseRows& rows) const override;

 private:
  absl::StatusOr<std::string> Do(ledger::Books& books, const StoredPurchase& stored);

  const DeliveryOrder order_;
  const Located located_;
  const TransactionId transaction_;
  // Decided:
  std::optional<Delivery> done_;
  MemberId member_;
};

}  // namespace gratis::thanks
