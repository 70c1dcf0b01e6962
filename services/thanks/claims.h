#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "common/ledger/books.h"
#include "services/thanks/clawback.h"
#include "services/thanks/purchase_changes.h"
#include "services/thanks/returns.h"
#include "services/thanks/thanks_rules.h"

namespace gratis::thanks {

// Somebody claims what they bought without a card. It becomes theirs, with whatever has come back
// of it by then, under the rules that were in force when it was bought.
class ClaimPurchase final : public PurchaseChange {
 public:
  // `located`: what the code leads to.
  ClaimPurchase(const Located& located, base::IdSource& ids, absl::Time now);

  void AddPurchaseWants(PurchaseWants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  void AddRows(PurchaseRows& rows) const override;

 private:
  absl::Status Check(const Purchase& purchase, const EarningRule& rule, const Buyer& buyer,
                     absl::CivilDay today) const;
  absl::Status Earn(ledger::Books& books, const Policy& policy, const Buyer& buyer);
  absl::Status Post(ledger::Books& books, const Policy& policy) const;
  absl::Status TakeBackReturned(ledger::Books& books);
  // What had been delivered by then is delivered to the member.
  absl::Status TellArrival(ledger::Books& books, std::vector<Followed>& followed);
  // Its returns come along into the member's partition.
  void BringReturns(const ledger::Books& books, const std::vector<Return>& returns);
  std::string Answer(const ledger::Books& books, const Policy& policy,
                     std::vector<Followed> followed) const;

  const Located located_;
  const TransactionId transaction_;
  const TransactionId early_transaction_;
  // Decided:
  Purchase purchase_;
  std::vector<NumberedReturn> returns_;  // that are not beside the purchase yet
  int64_t taken_ = 0;
};

}  // namespace gratis::thanks
