#include "services/members/group_store.h"

#include <set>

#include "common/ledger/survivors.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

std::vector<MembershipRow> MembershipsOf(const pg::Rows& rows) {
  std::vector<MembershipRow> memberships;
  memberships.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    memberships.push_back({.group = row.Get<MemberId>(0),
                           .member = row.Get<MemberId>(1),
                           .state = static_cast<Membership>(row.Get<int16_t>(2)),
                           .since = row.Get<absl::Time>(3)});
  }
  return memberships;
}

}  // namespace

void GroupStore::Insert(int32_t partition, absl::Span<const GroupRow> groups) {
  std::vector<MemberId> ids;
  std::vector<int16_t> kinds;
  std::vector<absl::Time> created;
  for (const GroupRow& group : groups) {
    ids.push_back(group.id);
    kinds.push_back(static_cast<int16_t>(group.kind));
    created.push_back(group.created_at);
  }
  tx_.Send(sql::kInsertGroups, partition, ids, kinds, created);
}

void GroupStore::UpdatePerks(int32_t partition, const GroupRow& group) {
  tx_.Send(sql::kUpdateGroupPerks, partition, group.id, group.perks);
}

void GroupStore::Write(int32_t partition, absl::Span<const MembershipRow> memberships) {
  std::vector<MemberId> groups, members;
  std::vector<int16_t> states;
  std::vector<absl::Time> since;
  for (const MembershipRow& row : memberships) {
    groups.push_back(row.group);
    members.push_back(row.member);
    states.push_back(static_cast<int16_t>(row.state));
    since.push_back(row.since);
  }
  tx_.Send(sql::kWriteMemberships, partition, groups, members, states, since);
}

void GroupStore::Insert(int32_t partition, absl::Span<const Contribution> contributions) {
  std::vector<MemberId> groups, members;
  std::vector<int64_t> lots;
  for (const Contribution& contribution : contributions) {
    groups.push_back(contribution.group);
    lots.push_back(contribution.lot);
    members.push_back(contribution.member);
  }
  tx_.Send(sql::kInsertContributions, partition, groups, lots, members);
}

absl::StatusOr<std::vector<GroupRow>> GroupStore::Read(int32_t partition,
                                                       absl::Span<const MemberId> ids) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kReadGroups, partition, ids));
  std::vector<GroupRow> groups;
  for (const pg::Row row : rows) {
    groups.push_back({.id = row.Get<MemberId>(0),
                      .kind = static_cast<GroupKind>(row.Get<int16_t>(1)),
                      .perks = row.Get<std::vector<std::string>>(2),
                      .created_at = row.Get<absl::Time>(3)});
  }
  return groups;
}

absl::StatusOr<std::vector<MembershipRow>> GroupStore::ReadMemberships(
    int32_t partition, absl::Span<const Pair> pairs) {
  std::vector<MemberId> groups, members;
  for (const auto& [group, member] : pairs) {
    groups.push_back(group);
    members.push_back(member);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kReadMemberships, partition, groups, members));
  return MembershipsOf(rows);
}

absl::StatusOr<std::map<int64_t, MemberId>> GroupStore::ReadContributions(
    const ledger::Program& program, const MemberId& group) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kReadContributions, ledger::PartitionOf(program, group), group));
  std::map<int64_t, MemberId> contributors;
  std::set<MemberId> all;
  for (const pg::Row row : rows) {
    contributors[row.Get<int64_t>(0)] = *all.insert(row.Get<MemberId>(1)).first;
  }
  ASSIGN_OR_RETURN(
      const auto survivors,
      ledger::ReadSurvivors(tx_, program, std::vector<MemberId>(all.begin(), all.end())));
  for (auto& [lot, contributor] : contributors) {
    const auto became = survivors.find(contributor);
    if (became != survivors.end()) contributor = became->second;
  }
  return contributors;
}

absl::StatusOr<std::vector<MembershipRow>> GroupStore::ListMembers(int32_t partition,
                                                                   const MemberId& group,
                                                                   const MemberId& after,
                                                                   int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kListMembersOfGroup, partition, group, after,
                                                static_cast<int64_t>(limit)));
  return MembershipsOf(rows);
}

absl::StatusOr<std::vector<MembershipRow>> GroupStore::ListGroups(int32_t partition,
                                                                  const MemberId& member,
                                                                  const MemberId& after,
                                                                  int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kListGroupsOfMember, partition, member, after,
                                                static_cast<int64_t>(limit)));
  return MembershipsOf(rows);
}

absl::StatusOr<GroupsPolicy> GroupStore::ReadPolicy(int32_t program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kReadGroupsPolicy, program));
  if (rows.empty()) return GroupsPolicy();
  return GroupsPolicy{.version = rows[0].Get<int32_t>(0),
                      .organization_percent = rows[0].Get<int32_t>(1)};
}

void GroupStore::InsertPolicy(int32_t program, const GroupsPolicy& policy, absl::Time set_at) {
  tx_.Send(sql::kInsertGroupsPolicy, program, policy.version, set_at, policy.organization_percent);
}

}  // namespace gratis::members
