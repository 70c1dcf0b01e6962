#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "services/members/group_rules.h"
#include "services/members/groups_policy.h"

namespace gratis::pg {
class Tx;
}

namespace gratis::members {

// The queries about groups, one method each. Lives inside one transaction.
class GroupStore {
 public:
  explicit GroupStore(pg::Tx& tx) : tx_(tx) {}

  // Queued; their errors surface with the transaction's next answer.
  void Insert(int32_t partition, absl::Span<const GroupRow> groups);
  void UpdatePerks(int32_t partition, const GroupRow& group);
  void Write(int32_t partition, absl::Span<const MembershipRow> memberships);
  void Insert(int32_t partition, absl::Span<const Contribution> contributions);

  // Those of `ids` that are groups, in no particular order.
  absl::StatusOr<std::vector<GroupRow>> Read(int32_t partition, absl::Span<const MemberId> ids);

  // A group and a member of whom it is asked how they stand with it.
  using Pair = std::pair<MemberId, MemberId>;
  // Those that there are, in no particular order.
  absl::StatusOr<std::vector<MembershipRow>> ReadMemberships(int32_t partition,
                                                             absl::Span<const Pair> pairs);
  // By seq of the lot, who contributed it; of those who were merged since, who they became.
  absl::StatusOr<std::map<int64_t, MemberId>> ReadContributions(const ledger::Program& program,
                                                                const MemberId& group);

  // At most `limit` members after `after` who are in the group or invited, by id.
  absl::StatusOr<std::vector<MembershipRow>> ListMembers(int32_t partition, const MemberId& group,
                                                         const MemberId& after, int32_t limit);
  // At most `limit` groups of the partition after `after` that a member is in or invited to, by id.
  absl::StatusOr<std::vector<MembershipRow>> ListGroups(int32_t partition, const MemberId& member,
                                                        const MemberId& after, int32_t limit);

  // The policy in force; the default one when none was set.
  absl::StatusOr<GroupsPolicy> ReadPolicy(int32_t program);
  void InsertPolicy(int32_t program, const GroupsPolicy& policy, absl::Time set_at);

 private:
  pg::Tx& tx_;
};

}  // namespace gratis::members
