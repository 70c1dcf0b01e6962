#include "common/ledger/activity.h"

#include <optional>

#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

std::vector<int16_t> Numbers(const std::vector<FactKind>& kinds) {
  std::vector<int16_t> numbers;
  numbers.reserve(kinds.size());
  for (const FactKind kind : kinds) numbers.push_back(static_cast<int16_t>(kind));
  return numbers;
}

}  // namespace

absl::StatusOr<int64_t> LastSeqBefore(pg::Tx& tx, int32_t partition, int64_t last, absl::Time at) {
  // Seq and recorded time rise together.
  int64_t before = 0;
  while (before < last) {
    const int64_t middle = before + (last - before + 1) / 2;
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadRecordedAt, partition, middle));
    if (rows.empty()) return Error(Reason::kBooksDamaged, "the journal has a gap");
    if (rows[0].Get<absl::Time>(0) < at) {
      before = middle;
    } else {
      last = middle - 1;
    }
  }
  return before;
}

absl::StatusOr<std::vector<MemberId>> FindIdle(pg::Tx& tx, int32_t partition,
                                               absl::Span<const MemberId> members,
                                               const std::vector<FactKind>& kinds, int64_t after,
                                               absl::Time since) {
  std::vector<MemberId> idle;
  if (members.empty()) return idle;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindIdle, partition, members, Numbers(kinds), after, since));
  for (const pg::Row row : rows) idle.push_back(row.Get<MemberId>(0));
  return idle;
}

absl::StatusOr<FactTallies> TallyFacts(pg::Tx& tx, int32_t partition,
                                       absl::Span<const MemberId> members,
                                       const std::vector<FactKind>& kinds) {
  FactTallies tallies;
  if (members.empty()) return tallies;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kTallyFacts, partition, members, Numbers(kinds)));
  for (const pg::Row row : rows) {
    const auto kind = static_cast<FactKind>(row.Get<int16_t>(1));
    tallies[row.Get<MemberId>(0)][kind] = {
        .facts = row.Get<int64_t>(2),
        .last_seq = row.Get<std::optional<int64_t>>(3).value_or(0),
        .last_effective_at = row.Get<std::optional<absl::Time>>(4).value_or(absl::InfinitePast()),
        .last_recorded_at = row.Get<std::optional<absl::Time>>(5).value_or(absl::InfinitePast())};
  }
  return tallies;
}

absl::StatusOr<std::set<MemberId>> FindHolding(pg::Tx& tx, int32_t partition,
                                               absl::Span<const MemberId> members) {
  std::set<MemberId> holding;
  if (members.empty()) return holding;
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindHolding, partition, members));
  for (const pg::Row row : rows) holding.insert(row.Get<MemberId>(0));
  return holding;
}

}  // namespace gratis::ledger
