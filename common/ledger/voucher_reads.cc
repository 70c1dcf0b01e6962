#include "common/ledger/voucher_reads.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/ledger/fact.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"

namespace gratis::ledger {

absl::StatusOr<std::vector<ListedVoucher>> ListVouchers(pg::Tx& tx, const Program& program,
                                                        const MemberId& member,
                                                        const VoucherPlace& after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListVouchers, PartitionOf(program, member), member, after.as_of,
                          after.over, after.expires_at, after.lot, static_cast<int64_t>(limit)));
  std::vector<ListedVoucher> vouchers;
  for (const pg::Row row : rows) {
    vouchers.push_back({.voucher = row.Get<VoucherId>(0),
                        .place = {.as_of = after.as_of,
                                  .over = row.Get<bool>(1),
                                  .expires_at = row.Get<absl::Time>(2),
                                  .lot = row.Get<int64_t>(3)}});
  }
  return vouchers;
}

absl::StatusOr<std::set<VoucherId>> VoidedOf(pg::Tx& tx, const Program& program,
                                             const MemberId& member,
                                             absl::Span<const Voucher> vouchers) {
  std::set<VoucherId> voided;
  if (vouchers.empty()) return voided;
  std::vector<VoucherId> ids;
  int64_t first = std::numeric_limits<int64_t>::max();
  for (const Voucher& voucher : vouchers) {
    ids.push_back(voucher.id);
    first = std::min(first, voucher.lot.seq);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindVoided, PartitionOf(program, member), member, first, ids,
                          static_cast<int16_t>(FactKind::kVoucherVoided)));
  for (const pg::Row row : rows) voided.insert(row.Get<VoucherId>(0));
  return voided;
}

}  // namespace gratis::ledger
