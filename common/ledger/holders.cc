#include "common/ledger/holders.h"

#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"

namespace gratis::ledger {

absl::StatusOr<std::vector<KnownHolder>> PageHolders(pg::Tx& tx, int32_t partition,
                                                     const MemberId& after, int32_t limit) {
  // The query begins with the id it is given.
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kPageHolders, partition, after.uuid,
                                               static_cast<int64_t>(limit) + 1));
  std::vector<KnownHolder> holders;
  for (const pg::Row row : rows) {
    const auto member = row.Get<MemberId>(0);
    if (member == after || holders.size() == static_cast<size_t>(limit)) continue;
    holders.push_back(
        {member, row.Get<absl::Time>(1), static_cast<MemberState>(row.Get<int16_t>(2))});
  }
  return holders;
}

absl::StatusOr<bool> AnyHolder(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kAnyHolder));
  return rows[0].Get<bool>(0);
}

}  // namespace gratis::ledger
