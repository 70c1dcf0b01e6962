#pragma once

#include <functional>
#include <string>

#include "tests/integration/common/ledger/kernel.h"

namespace gratis::ledger::testing {

// Books in which something of everything has happened, so that each table has at least two rows.
// Ada and Bob are in the program's first partition (number 1), Cyd in its fourth. Of Ada and Cyd
// an earn was taken back after it was spent; Bob has holds, vouchers, points of two units, pending
// ones, adjustments that wait, are done and rejected, and what two budgets paid for. Dan, in the
// first, is suspended and gave up his only name.
class Lively : public Kernel {
 protected:
  Lively();

 private:
  using Doing = std::function<absl::Status(const Posting&, Books&)>;
  // Posts what `doing` does and returns the transaction.
  TransactionId Do(const MemberId& member, Doing doing);
  // A fact of finance's, with the row that says where it is.
  void SetDown(FactKind kind, const std::string& detail,
               const std::function<void(pg::Tx& tx, int64_t seq)>& write);
  // An adjustment that waits, is done, or rejected, by turns.
  void Adjusted(const MemberId& member, int turn);
  MemberId Newcomer(int32_t index, const std::string& name);
};

}  // namespace gratis::ledger::testing
