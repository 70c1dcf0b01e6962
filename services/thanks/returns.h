#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/books.h"
#include "services/thanks/clawback.h"
#include "services/thanks/located.h"
#include "services/thanks/purchase_changes.h"

// Purchases come back.
namespace gratis::thanks {

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

}  // namespace gratis::thanks
