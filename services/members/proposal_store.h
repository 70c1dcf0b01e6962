#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/proposal_rules.h"

namespace gratis::members {

// Where a list of pairs stands, the pair seen last first; the next page begins behind it.
struct ProposalPlace {
  absl::Time last_seen = absl::InfiniteFuture();
  MemberPair pair = {{Uuid::Last()}, {Uuid::Last()}};

  static ProposalPlace Of(const ProposedMerge& row) { return {row.last_seen, row.pair}; }
  // As a page token carries it. Errors: INVALID_PAGE_TOKEN.
  std::string ToString() const;
  static absl::StatusOr<ProposalPlace> Parse(std::string_view text);
};

// The queries about pairs that are proposed, one method each. A program's are in its first
// partition. Lives inside one transaction.
class ProposalStore {
 public:
  ProposalStore(pg::Tx& tx, const ledger::Program& program)
      : tx_(tx), partition_(program.first_partition) {}

  // Those that there are; also in two steps, to travel with whatever else is asked.
  absl::StatusOr<std::map<MemberPair, ProposedMerge>> Read(absl::Span<const MemberPair> pairs) {
    return Take(Ask(pairs));
  }
  pg::Tx::Asked Ask(absl::Span<const MemberPair> pairs);
  absl::StatusOr<std::map<MemberPair, ProposedMerge>> Take(pg::Tx::Asked asked);
  // Of each member how many are proposed, those not counted that were dismissed.
  pg::Tx::Asked AskCounts(const std::vector<MemberId>& members);
  absl::StatusOr<std::map<MemberId, int64_t>> TakeCounts(pg::Tx::Asked asked);
  // The pairs of one member that are proposed, at most `limit`, the last seen first.
  pg::Tx::Asked AskProposedOf(const MemberId& member, int64_t limit);
  absl::StatusOr<std::vector<ProposedMerge>> TakeList(pg::Tx::Asked asked);
  // Of these members, `partitions` being theirs, those that are groups.
  pg::Tx::Asked AskGroups(const std::vector<int32_t>& partitions,
                          const std::vector<MemberId>& members);
  absl::StatusOr<std::set<MemberId>> TakeGroups(pg::Tx::Asked asked);

  // At most `limit` behind a place, those that were dismissed only if `dismissed_too`.
  absl::StatusOr<std::vector<ProposedMerge>> List(const ProposalPlace& behind, bool dismissed_too,
                                                  int32_t limit);
  // The same of one member's.
  absl::StatusOr<std::vector<ProposedMerge>> ListOf(const MemberId& member,
                                                    const ProposalPlace& behind, bool dismissed_too,
                                                    int32_t limit);

  // Queued; their errors surface with the transaction's next answer. The first partition's head is
  // locked.
  void Write(const std::map<MemberPair, ProposedMerge>& rows);
  void Delete(absl::Span<const MemberPair> pairs);
  void DeleteOf(const std::vector<MemberId>& members);
  // Of a member who became part of another: whoever was said to be two with them is two with the
  // other, unless there is a row of those; the rest goes.
  void Move(const MemberId& duplicate, const MemberId& survivor);

 private:
  pg::Tx& tx_;
  const int32_t partition_;
};

}  // namespace gratis::members
