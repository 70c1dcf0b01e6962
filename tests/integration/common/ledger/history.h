#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/ledger/figures.h"
#include "common/ledger/liability.h"
#include "common/ledger/past.h"
#include "common/ledger/sweep.h"
#include "common/ledger/writing.h"
#include "tests/integration/common/ledger/kernel.h"

namespace gratis::ledger::testing {

using Wallets = std::map<int16_t, Wallet>;

// Histories as they may be, drawn from a seed: members earn, spend, hold, give back and sleep,
// while time goes on.
class History : public Kernel {
 protected:
  // Units: 1 ends a month after it was earned, ten days later when it comes back after that; 2 ends
  // after a month without activity.
  static constexpr int16_t kStamps = 2;

  History();

  using Deed = std::function<absl::Status(Books&, const Posting&)>;
  // Has `deed` done by `member`; its posting has a transaction of its own.
  Outcome Do(const MemberId& member, const Deed& deed, std::vector<MemberId> also = {});
  // The same, and it succeeds. Returns the transaction.
  TransactionId Done(const MemberId& member, const Deed& deed);
  TransactionId Earned(const MemberId& member, int64_t points, int16_t unit = kPointsUnit);
  TransactionId Spent(const MemberId& member, int64_t points);

  // Something that may happen, to some member; it may be refused.
  void Happen(std::mt19937_64& random);

  Wallets Now(const MemberId& member);
  Wallets AsOf(const MemberId& member, absl::Time at, Basis basis);
  absl::StatusOr<int64_t> Sweep(absl::Time now);
  ReportOptions Report(int64_t page_rows = 20'000) const {
    return {.now = now_, .deadline = clock_.Now() + absl::Seconds(60), .page_rows = page_rows};
  }
  absl::Status ClosePeriod(absl::Time ends_at);

  // By unit, what all members have and owe; without units that come to nothing.
  using Sums = std::map<int16_t, Owed>;
  Sums SumOf(const std::map<MemberId, Wallets>& wallets) const;
  std::map<MemberId, Wallets> NowOfAll();

  std::vector<MemberId> members_;
  std::vector<TransactionId> transactions_;
  std::vector<HoldId> holds_;
  PeriodClosings closings_;
};

// Wallets as anybody sees them: the sums, without units that are empty.
Wallets Seen(const Wallets& wallets);

}  // namespace gratis::ledger::testing
