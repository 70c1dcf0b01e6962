#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/books.h"
#include "services/thanks/clawback.h"
#include "services/thanks/deliveries.h"
#include "services/thanks/located.h"
#include "services/thanks/purchase_changes.h"

namespace gratis::thanks {

// An order that is recorded already is told again, under its other name: of click-and-collect the
// till's receipt, say, after the web order. From then on both names lead to it, and what waited
// under this one is done.
class RecordTwin final : public PurchaseChange {
 public:
  // `member`: who bought, as told now; nil for nobody. `located`: what its other name led to; if
  // that is somewhere else by now, CONFLICT.
  RecordTwin(OrderKey order, const MemberId& member, ledger::DirectoryKey name,
             const Located& located, base::IdSource& ids, absl::Time now);

  void AddNeeds(ledger::Wants& wants) const override { wants.names.insert(name_); }
  void AddPurchaseWants(PurchaseWants& wants) const override;
  // Errors: PURCHASE_EXISTS (the name is another purchase's, or the purchase somebody else's).
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  void AddRows(PurchaseRows& rows) const override;

 private:
  // What waited under this name.
  absl::Status TakeUpWaiting(ledger::Books& books, const StoredPurchase& stored);
  absl::Status NoteReturned(ledger::Books& books, const StoredPurchase& stored);

  const OrderKey order_;
  const MemberId member_;
  const ledger::DirectoryKey name_;
  const Located located_;
  const TransactionId transaction_;  // of what waited
  // Decided:
  Purchase purchase_;
  EarlyReturns early_;
  std::optional<Arrival> arrived_;
  std::vector<Move> moves_;
  bool unparked_ = false;
};

}  // namespace gratis::thanks
