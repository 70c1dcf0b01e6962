#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "services/thanks/purchase_changes.h"

// Points of delivered purchases whose days are over. Until then nothing about them changes but by
// returns; and whatever becomes of this, they can be spent at the date that their purchase was
// recorded with.
namespace gratis::thanks {

// Those of one purchase. To do it again does nothing more.
class EndWaiting final : public PurchaseChange {
 public:
  // `purchase`: as it was read before.
  EndWaiting(const ledger::Program& program, int32_t partition, const Purchase& purchase,
             const DueActivation& due, base::IdSource& ids, absl::Time now);

  void AddPurchaseWants(PurchaseWants& wants) const override;
  // Answers with how many points that were.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  void AddRows(PurchaseRows& rows) const override;

 private:
  const DueActivation due_;
  const TransactionId transaction_;
};

// Does all that is due. Thread-safe.
class Activations {
 public:
  // All arguments outlive this.
  Activations(pg::Pool& pool, ledger::Poster& poster, PurchaseChanges& changes, base::IdSource& ids)
      : pool_(pool), poster_(poster), changes_(changes), ids_(ids) {}

  // Everything due by `now`. May be run twice, and by two processes at once. `deadline` is real
  // time. Returns for how many purchases. Errors: DRAINING (asked to stop), those of the database,
  // and the first that one of them failed with: the others were done all the same.
  absl::StatusOr<int64_t> Run(const ledger::Program& program, absl::Time now, absl::Time deadline,
                              const std::stop_token& stop);

 private:
  absl::Status End(const ledger::Program& program, int32_t partition,
                   const std::vector<DueActivation>& due, absl::Time now, absl::Time deadline);

  pg::Pool& pool_;
  ledger::Poster& poster_;
  PurchaseChanges& changes_;
  base::IdSource& ids_;
};

}  // namespace gratis::thanks
