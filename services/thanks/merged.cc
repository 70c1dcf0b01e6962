#include "services/thanks/merged.h"

#include <set>

#include "common/ledger/survivors.h"
#include "common/status/macros.h"

namespace gratis::thanks {

absl::StatusOr<Merged> ReadMerged(pg::Tx& tx, absl::Span<const MemberId> members) {
  Merged merged;
  ASSIGN_OR_RETURN(const auto pairs, ledger::ReadDuplicates(tx, members));
  for (const auto& [survivor, duplicate] : pairs) merged[survivor].push_back(duplicate);
  return merged;
}

std::vector<MemberId> EveryoneIn(const Merged& merged) {
  std::set<MemberId> distinct;
  for (const auto& [survivor, duplicates] : merged) {
    distinct.insert(duplicates.begin(), duplicates.end());
  }
  return {distinct.begin(), distinct.end()};
}

std::map<int32_t, std::vector<MemberId>> ByPartition(const ledger::Program& program,
                                                     const std::vector<MemberId>& members) {
  std::map<int32_t, std::vector<MemberId>> by_partition;
  for (const MemberId& member : members) {
    by_partition[ledger::PartitionOf(program, member)].push_back(member);
  }
  return by_partition;
}

}  // namespace gratis::thanks
