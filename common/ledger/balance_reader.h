#pragma once

#include <map>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/ledger/gathering.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

// A member's wallets as they stand at `now`, as ReadBalances says.
struct BalanceQuestion {
  Program program;
  MemberId member;
  absl::Time now;
  absl::Time deadline;  // real time
};

struct Balances {
  std::map<int16_t, Wallet> wallets;               // by unit
  std::shared_ptr<const std::vector<Unit>> units;  // of the program, as ReadUnits says
};

// Reads balances for many callers: those who wait are answered by one statement together.
// Thread-safe.
class BalanceReader {
 public:
  using Asking = Gathering<BalanceQuestion, Balances>;

  // `clock` is the real one. What is referred to outlives this.
  BalanceReader(GatheringOptions options, pg::Pool& pool, const base::Clock& clock);

  // As Gathering::Ask. Errors, besides: MEMBER_NOT_FOUND, MEMBER_ERASED, and those of the database.
  void Read(BalanceQuestion question, Asking::Done done) {
    asking_.Ask(std::move(question), std::move(done));
  }

 private:
  void Answer(std::vector<Asking::Asked>& batch, absl::Time deadline);

  pg::Pool& pool_;
  Asking asking_;
};

}  // namespace gratis::ledger
