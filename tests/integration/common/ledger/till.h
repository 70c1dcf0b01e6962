#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/integration/common/ledger/kernel.h"

namespace gratis::ledger::testing {

// Every operation of the ledger in one line, as a caller sees it.
class Till : public Kernel {
 protected:
  // What is done to the books; posts as `posting` says.
  using Deed = std::function<absl::Status(Books& books, const ledger::Posting& posting)>;
  struct Done {
    TransactionId transaction;
    Outcome outcome;

    bool ok() const { return outcome.answer.ok(); }
  };

  BudgetId AddBudget(int64_t limit);

  // Answers "<transaction> <rows that it posted>". `content` is what the request says.
  std::unique_ptr<Act> ActOf(FactKind kind, const MemberId& member, Deed deed,
                             const std::string& request_id, const std::string& content);
  // By `poster_` when it is now_.
  Done Do(FactKind kind, const MemberId& member, Deed deed);

  Done Earns(const MemberId& member, int64_t points,
             absl::Time expires_at = absl::InfiniteFuture());
  Done Spends(const MemberId& member, int64_t points);
  // All that is left of it, if points is 0.
  Done Reverses(const MemberId& member, const TransactionId& undone, int64_t points = 0);
  HoldId Holds(const MemberId& member, int64_t points);
  Done Captures(const MemberId& member, const HoldId& hold, int64_t points);
  VoucherId Gets(const MemberId& member, int64_t worth);
  Done Redeems(const MemberId& member, const VoucherId& voucher, int64_t worth);

  Wallet WalletOf(const MemberId& member, int16_t unit = kPointsUnit);

  // What one snapshot of the books says against itself, a line each; empty when all is well.
  std::string Contradictions();
  static absl::StatusOr<std::string> ContradictionsIn(pg::Tx& tx);

 private:
  int budgets_ = 0;
};

}  // namespace gratis::ledger::testing
