#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "services/thanks/wish_rules.h"

// Whoever waits for something that is there again is told, each by a posting of their own whose
// request id is made of restock and member, so that to do it twice is to replay it.
namespace gratis::thanks {

class TellOfRestock final : public ledger::Mutation {
 public:
  // `whose`: who is told: `wisher`, or who they became.
  TellOfRestock(ledger::Program program, std::shared_ptr<const Restock> restock,
                const MemberId& wisher, const MemberId& whose, absl::Time now);

  // FAILED_PRECONDITION without a reason when, looked at under the lock, no wish waits.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class TellOfRestocks;

  // What was loaded, and what became of it; the set's own.
  struct Known {
    std::map<WishKey, Wish> wishes;
    std::set<WishKey> bought;  // by who wished for it, or who they became
    std::set<PurchaseId> came_back;
    std::set<WishKey> changed;
  };

  // Those of the wisher's that it meets.
  std::vector<Wish> Met() const;
  // The one to tell of, of several one that was asked for; null if there is nothing to tell.
  const Wish* ToTell(const std::vector<Wish>& met) const;
  bool ToldOtherwise() const;
  absl::Status Post(ledger::Books& books, const Wish& wish) const;
  void End(Wish wish, WishState state);

  const std::shared_ptr<const Restock> restock_;
  const MemberId wisher_;
  TransactionId transaction_;
  std::shared_ptr<Known> known_;
};

class TellOfRestocks final : public ledger::KindOf<TellOfRestock> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<TellOfRestock* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<TellOfRestock* const> set) override;
};

// Tells everybody of everything that is there again. Thread-safe.
class Restocks {
 public:
  // References outlive this.
  Restocks(pg::Pool& pool, ledger::Poster& poster) : pool_(pool), poster_(poster) {}

  // May be run twice, and by two processes at once. `deadline` is real time. Errors: DRAINING,
  // those of the database, and the first that telling somebody failed with: the others were told.
  absl::Status Run(const ledger::Program& program, absl::Time now, absl::Time deadline,
                   const std::stop_token& stop);
  // The same of one alone.
  absl::Status TellAndEnd(const ledger::Program& program, const Restock& restock, absl::Time now,
                          absl::Time deadline, const std::stop_token& stop);

 private:
  absl::Status TellAll(const ledger::Program& program, const Restock& restock, absl::Time now,
                       absl::Time deadline, const std::stop_token& stop);
  absl::Status Tell(const ledger::Program& program, const std::shared_ptr<const Restock>& restock,
                    const std::vector<MemberId>& wishers, absl::Time now, absl::Time deadline);

  pg::Pool& pool_;
  ledger::Poster& poster_;
  TellOfRestocks kind_;
};

}  // namespace gratis::thanks
