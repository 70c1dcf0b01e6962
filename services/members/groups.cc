#include "services/members/groups.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/contributed.h"
#include "services/members/group_contract.h"
#include "services/members/group_store.h"
#include "services/members/member_contract.h"

namespace gratis::members {
namespace {

using ledger::PartitionOf;
using ledger::Program;

absl::StatusOr<GroupRow> FindGroup(pg::Tx& tx, const Program& program, const MemberId& group) {
  ASSIGN_OR_RETURN(std::vector<GroupRow> rows,
                   GroupStore(tx).Read(PartitionOf(program, group), {group}));
  if (rows.empty()) return NoSuchGroup(group);
  return std::move(rows.front());
}

}  // namespace

TransactionId Groups::NewTransaction(const Program& program, const MemberId& beside,
                                     absl::Time now) const {
  return ledger::Beside(program, beside, TransactionId{ids_.Next(now)});
}

absl::Status Groups::RequirePerson(const Program& program, const MemberId& member,
                                   absl::Time deadline) const {
  std::vector<GroupRow> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(rows, GroupStore(tx).Read(PartitionOf(program, member), {member}));
    return absl::OkStatus();
  }));
  if (rows.empty()) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "member_id", "a group is not in another group");
}

Groups::ChangeOr Groups::Create(const Program& program, GroupKind kind, const std::string& name,
                                absl::Time now) const {
  Profile profile;
  profile.greeting_name = name;
  MemberRow account;
  account.id = {ids_.Next(now)};
  const std::string_view owner = account.id.uuid.AsBytes();
  account.data_key = vault_.NewDataKey(owner);
  ASSIGN_OR_RETURN(account.sealed_profile,
                   vault_.Seal(account.data_key, owner, SerializeProfile(profile)));
  const TransactionId transaction = NewTransaction(program, account.id, now);
  return std::make_unique<GroupCreation>(kind, std::move(account), transaction);
}

Groups::ChangeOr Groups::Invite(const Program& program, const MemberId& group,
                                const MemberId& member, absl::Time now, absl::Time deadline) const {
  RETURN_IF_ERROR(RequirePerson(program, member, deadline));
  return std::make_unique<GroupInvitation>(group, member, NewTransaction(program, member, now));
}

Groups::ChangeOr Groups::Add(const Program& program, const MemberId& group, const MemberId& member,
                             bool by_themselves, absl::Time now, absl::Time deadline) const {
  RETURN_IF_ERROR(RequirePerson(program, member, deadline));
  return std::make_unique<GroupJoining>(group, member, NewTransaction(program, member, now),
                                        by_themselves);
}

Groups::ChangeOr Groups::Remove(const Program& program, const MemberId& group,
                                const MemberId& member, absl::Time now) const {
  return std::make_unique<GroupLeaving>(group, member, NewTransaction(program, group, now));
}

Groups::ChangeOr Groups::Contribute(const Program& program, const MemberId& group,
                                    const MemberId& member, GroupPointsOrder order,
                                    absl::Time now) const {
  return std::make_unique<GroupContribution>(group, member, std::move(order),
                                             NewTransaction(program, member, now));
}

Groups::ChangeOr Groups::SetPerks(const Program& program, const MemberId& group,
                                  std::vector<std::string> perks, absl::Time now) const {
  return std::make_unique<GroupPerksChange>(group, std::move(perks),
                                            NewTransaction(program, group, now));
}

Groups::ChangeOr Groups::Close(const Program& program, const MemberId& group, absl::Time now,
                               absl::Time deadline, ledger::Deed deed) const {
  Contributors contributors;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    contributors = {};
    ASSIGN_OR_RETURN(const auto lots, GroupStore(tx).ReadContributions(program, group));
    std::set<MemberId> all;
    for (const auto& [lot, contributor] : lots) all.insert(contributor);
    ASSIGN_OR_RETURN(auto states, ledger::ReadStates(
                                      tx, program, std::vector<MemberId>(all.begin(), all.end())));
    for (const MemberId& contributor : all) {
      (BelongsToGroups(states[contributor]) ? contributors.present : contributors.gone)
          .insert(contributor);
    }
    return absl::OkStatus();
  }));
  return std::make_unique<GroupClosing>(group, std::move(contributors),
                                        NewTransaction(program, group, now), deed);
}

std::unique_ptr<SetGroupsPolicy> Groups::SetPolicy(const Program& program,
                                                   const GroupsPolicy& policy,
                                                   absl::Time now) const {
  return std::make_unique<SetGroupsPolicy>(policy,
                                           ledger::TransactionOfProgram(program, ids_.Next(now)));
}

absl::StatusOr<Group> Groups::Readable(GroupRow row, const MemberRow& account,
                                       ledger::MemberState state) const {
  ASSIGN_OR_RETURN(const std::string bytes, vault_.Open(account.data_key, account.id.uuid.AsBytes(),
                                                        account.sealed_profile));
  ASSIGN_OR_RETURN(Profile profile, ParseProfile(bytes));
  return Group{.row = std::move(row),
               .name = std::move(profile.greeting_name),
               .closed = state == ledger::MemberState::kClosed};
}

absl::StatusOr<Group> Groups::Get(const Program& program, const MemberId& group,
                                  absl::Time deadline) const {
  GroupRow row;
  std::optional<MemberRow> account;
  std::map<MemberId, ledger::MemberState> states;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(row, FindGroup(tx, program, group));
    ASSIGN_OR_RETURN(account, MemberStore(tx).Find(PartitionOf(program, group), group));
    ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program, {group}));
    // Nothing but its kind is stored of one that was erased.
    return account ? absl::OkStatus() : ledger::RequireMember(tx, program, group);
  }));
  if (!account) return Error(Reason::kBooksDamaged, "a group has no account");
  return Readable(std::move(row), *account, states[group]);
}

absl::StatusOr<GroupMemberPage> Groups::ListMembers(const Program& program, const MemberId& group,
                                                    const MemberId& after, int32_t limit,
                                                    absl::Time now, absl::Time deadline) const {
  GroupMemberPage page;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    page = {};
    ASSIGN_OR_RETURN(const GroupRow row, FindGroup(tx, program, group));
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(
        std::vector<MembershipRow> rows,
        GroupStore(tx).ListMembers(PartitionOf(program, group), group, after, limit + 1));
    if (rows.size() > static_cast<size_t>(limit)) {
      rows.pop_back();
      page.next = rows.back().member;
    }
    std::vector<MemberId> ids{group};
    for (const MembershipRow& membership : rows) ids.push_back(membership.member);
    ASSIGN_OR_RETURN(auto states, ledger::ReadStates(tx, program, ids));
    if (!BelongsToGroups(states[group])) {  // it has none any more
      page.next.reset();
      return absl::OkStatus();
    }
    Contributed contributed;
    if (row.kind == GroupKind::kHousehold) {
      ASSIGN_OR_RETURN(contributed, ReadContributed(tx, program, group, now));
    }
    for (MembershipRow& membership : rows) {
      if (!BelongsToGroups(states[membership.member])) continue;
      const MemberId member = membership.member;
      page.members.push_back({std::move(membership), std::move(contributed[member])});
    }
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<std::vector<GroupOfMember>> Groups::ReadGroups(
    pg::Tx& tx, const Program& program, int32_t partition,
    const std::vector<MembershipRow>& memberships) const {
  std::vector<MemberId> ids;
  for (const MembershipRow& membership : memberships) ids.push_back(membership.group);
  ASSIGN_OR_RETURN(std::vector<GroupRow> rows, GroupStore(tx).Read(partition, ids));
  ASSIGN_OR_RETURN(const std::vector<MemberRow> accounts, MemberStore(tx).FindAll(partition, ids));
  ASSIGN_OR_RETURN(auto states, ledger::ReadStates(tx, program, ids));
  std::vector<GroupOfMember> groups;
  for (const MembershipRow& membership : memberships) {
    const MemberId& id = membership.group;
    if (!BelongsToGroups(states[id])) continue;
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const GroupRow& r) { return r.id == id; });
    const auto account = std::find_if(accounts.begin(), accounts.end(),
                                      [&](const MemberRow& a) { return a.id == id; });
    if (row == rows.end() || account == accounts.end()) {
      return Error(Reason::kBooksDamaged, "a member is in a group of which nothing is stored");
    }
    ASSIGN_OR_RETURN(Group group, Readable(*row, *account, states[id]));
    groups.push_back({std::move(group), membership});
  }
  return groups;
}

absl::StatusOr<GroupPage> Groups::ListOfMember(const Program& program, const MemberId& member,
                                               std::optional<MemberCursor> after, int32_t limit,
                                               absl::Time deadline) const {
  GroupPage page;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    page = {};
    ASSIGN_OR_RETURN(auto states, ledger::ReadStates(tx, program, {member}));
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    if (!BelongsToGroups(states[member])) return absl::OkStatus();
    MemberCursor at = after.value_or(MemberCursor{program.first_partition, {}});
    int32_t room = limit;
    while (room > 0 && at.partition <= program.last_partition()) {
      ASSIGN_OR_RETURN(const std::vector<MembershipRow> rows,
                       GroupStore(tx).ListGroups(at.partition, member, at.member, room));
      ASSIGN_OR_RETURN(std::vector<GroupOfMember> groups,
                       ReadGroups(tx, program, at.partition, rows));
      for (GroupOfMember& group : groups) page.groups.push_back(std::move(group));
      const bool full = static_cast<int32_t>(rows.size()) == room;
      room -= static_cast<int32_t>(rows.size());
      at =
          full ? MemberCursor{at.partition, rows.back().group} : MemberCursor{at.partition + 1, {}};
    }
    if (at.partition <= program.last_partition()) page.next = at;
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<Shares> Groups::WhoEarns(const Program& program, const MemberId& member,
                                        const MemberId& organization, absl::Time deadline) const {
  GroupRow row;
  std::vector<MembershipRow> memberships;
  std::map<MemberId, ledger::MemberState> states;
  GroupsPolicy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    GroupStore store(tx);
    const int32_t partition = PartitionOf(program, organization);
    ASSIGN_OR_RETURN(row, FindGroup(tx, program, organization));
    ASSIGN_OR_RETURN(memberships,
                     store.ReadMemberships(partition, {GroupStore::Pair(organization, member)}));
    ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program, {organization}));
    ASSIGN_OR_RETURN(policy, store.ReadPolicy(program.number));
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(RequireKind(row, GroupKind::kOrganization));
  RETURN_IF_ERROR(ledger::CheckStanding(states[organization], ledger::Deed::kEarn));
  if (memberships.empty() || memberships.front().state != Membership::kJoined) return NotInGroup();
  return Shares{.organization_percent = policy.organization_percent,
                .policy_version = policy.version};
}

absl::StatusOr<GroupsPolicy> Groups::CurrentPolicy(const Program& program,
                                                   absl::Time deadline) const {
  GroupsPolicy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(policy, GroupStore(tx).ReadPolicy(program.number));
    return absl::OkStatus();
  }));
  return policy;
}

}  // namespace gratis::members
