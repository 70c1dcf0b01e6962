#include "common/ledger/adjustments.h"

#include "common/ledger/ledger_sql.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger {

bool ResolvesAdjustment(const Fact& fact) {
  if (fact.kind == FactKind::kAdjustmentRejected) return true;
  // What was never asked for is about nothing.
  return fact.kind == FactKind::kAdjusted && !fact.about.IsNil();
}

absl::StatusOr<std::vector<ListedAdjustment>> ListAdjustments(pg::Tx& tx, const Program& program,
                                                              WhichAdjustments which,
                                                              const AdjustmentPlace& after,
                                                              int32_t limit) {
  std::vector<ListedAdjustment> listed;
  const int64_t count = limit;
  if (which == WhichAdjustments::kWaiting) {
    ASSIGN_OR_RETURN(
        const pg::Rows rows,
        tx.Run(sql::kListWaitingAdjustments, program.first_partition, program.last_partition(),
               after.asked_at, after.partition, after.seq, count));
    for (const pg::Row row : rows)
      listed.push_back({.request = ReadJournalRow(row), .resolution = {}});
    return listed;
  }
  const std::vector<int16_t> resolving{static_cast<int16_t>(FactKind::kAdjusted),
                                       static_cast<int16_t>(FactKind::kAdjustmentRejected)};
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListAdjustments, program.first_partition, program.last_partition(),
                          after.asked_at, after.partition, after.seq, count, resolving));
  for (const pg::Row row : rows) {
    listed.push_back({.request = ReadJournalRow(row), .resolution = {}});
    const auto kind = row.Get<std::optional<int16_t>>(kJournalColumns);
    if (!kind) continue;
    listed.back().resolution =
        ListedAdjustment::Resolution{.kind = static_cast<FactKind>(*kind),
                                     .recorded_at = row.Get<absl::Time>(kJournalColumns + 1),
                                     .actor = row.Get<std::string>(kJournalColumns + 2),
                                     .source = row.Get<std::string>(kJournalColumns + 3)};
  }
  return listed;
}

}  // namespace gratis::ledger
