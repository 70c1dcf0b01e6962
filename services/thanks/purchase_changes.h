#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/ledger/mutation.h"
#include "services/thanks/activation_store.h"
#include "services/thanks/purchase_run.h"
#include "services/thanks/thanks_store.h"

namespace gratis::thanks {

// What decided changes leave in the service's tables. What it points at outlives it.
struct PurchaseRows {
  std::vector<PurchaseId> decided;  // whatever the change was to them; not those of nobody
  std::vector<const Purchase*> purchases, unclaimed;
  std::vector<NumberedReturn> returns;
  std::vector<Delivery> deliveries;
  std::vector<DueActivation> activations, activated;  // come to be due, and are done
  std::vector<Move> moves;
  std::vector<std::pair<std::string, Parked>> parked;
  std::vector<std::string> unparked;
};

// A change to a purchase: it is recorded, claimed, delivered, or comes back.
class PurchaseChange : public ledger::Mutation {
 public:
  virtual void AddPurchaseWants(PurchaseWants& wants) const = 0;
  virtual void AddRows(PurchaseRows& rows) const = 0;

 protected:
  PurchaseRun& run() const { return *run_; }

 private:
  friend class PurchaseChanges;

  std::shared_ptr<PurchaseRun> run_;
};

// All changes to purchases are of one kind, so that whatever comes together sees each other: two
// purchases of one member, a purchase and its return.
class PurchaseChanges final : public ledger::KindOf<PurchaseChange> {
 public:
  // `aftermath`: null if nothing follows from purchases. It outlives this.
  explicit PurchaseChanges(Aftermath* aftermath = nullptr) : aftermath_(aftermath) {}

  absl::Status LoadAll(pg::Tx& tx, absl::Span<PurchaseChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<PurchaseChange* const> set) override;

 private:
  Aftermath* const aftermath_;
};

}  // namespace gratis::thanks
