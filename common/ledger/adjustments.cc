#include "common/ledger/adjustments.h"

#include <iterator>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger {

bool ResolvesAdjustment(const Fact& fact) {
  if (fact.kind == FactKind::kAdjustmentRejected) return true;
  // What was never asked for is about nothing.
  return fact.kind == FactKind::kAdjusted && !fact.about.IsNil();
}

std::string AdjustmentPlace::ToString() const {
  return absl::StrCat(absl::ToUnixMicros(asked_at), "/", partition, "/", seq);
}

std::optional<AdjustmentPlace> AdjustmentPlace::Parse(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(base::Abs(text), '/');
  int64_t numbers[3];
  if (parts.size() != std::size(numbers)) return std::nullopt;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!absl::SimpleAtoi(parts[i], &numbers[i])) return std::nullopt;
  }
  if (numbers[1] < 0 || numbers[1] > std::numeric_limits<int32_t>::max()) return std::nullopt;
  return AdjustmentPlace{.asked_at = absl::FromUnixMicros(numbers[0]),
                         .partition = static_cast<int32_t>(numbers[1]),
                         .seq = numbers[2]};
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
