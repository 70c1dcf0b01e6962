#include "common/ledger/past.h"

#include "common/ledger/ledger_sql.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

void Add(Wallet& wallet, Account account, int64_t points) {
  switch (account) {
    case Account::kAvailable:
      wallet.available += points;
      return;
    case Account::kPending:
      wallet.pending += points;
      return;
    case Account::kHeld:
      wallet.held += points;
      return;
    case Account::kDebt:
      wallet.debt += points;
      return;
    default:
      return;
  }
}

}  // namespace

absl::StatusOr<std::map<int16_t, Wallet>> ReadBalancesAsOf(pg::Tx& tx, const Program& program,
                                                           const MemberId& member, absl::Time at,
                                                           Basis basis, absl::Time now) {
  const int32_t partition = PartitionOf(program, member);
  const bool recorded = basis == Basis::kRecorded;
  const pg::Tx::Asked sums =
      tx.Ask(sql::kReadBalanceAsOf, partition, member, recorded ? at : absl::InfiniteFuture(),
             recorded ? absl::InfiniteFuture() : at);
  RETURN_IF_ERROR(RequireMember(tx, program, member));
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(sums));
  std::map<int16_t, Wallet> wallets;
  for (const pg::Row row : rows) {
    wallets[row.Get<int16_t>(0)] = {.available = row.Get<int64_t>(1),
                                    .pending = row.Get<int64_t>(2),
                                    .held = row.Get<int64_t>(3),
                                    .debt = row.Get<int64_t>(4)};
  }
  if (recorded) return wallets;
  ASSIGN_OR_RETURN(const std::vector<JournalRow> due, ReadDue(tx, program, member, now));
  for (const JournalRow& row : due) {
    if (row.fact.effective_at > at) continue;
    Add(wallets[row.fact.unit], row.fact.debit, -row.fact.points);
    Add(wallets[row.fact.unit], row.fact.credit, row.fact.points);
  }
  return wallets;
}

}  // namespace gratis::ledger
