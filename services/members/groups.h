#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "common/vault/vault.h"
#include "services/members/group_changes.h"
#include "services/members/group_points.h"
#include "services/members/groups_policy.h"
#include "services/members/members.h"

namespace gratis::pg {
class Pool;
class Tx;
}  // namespace gratis::pg

namespace gratis::members {

// A group, readable.
struct Group {
  GroupRow row;
  std::string name;
  bool closed = false;
};

struct GroupMember {
  MembershipRow row;
  std::map<std::string, int64_t> contributed;  // what is left of it, by unit's code
};

struct GroupMemberPage {
  std::vector<GroupMember> members;  // by id
  std::optional<MemberId> next;      // the next page begins behind it
};

struct GroupOfMember {
  Group group;
  MembershipRow membership;
};

struct GroupPage {
  std::vector<GroupOfMember> groups;
  std::optional<MemberCursor> next;  // a place among groups; the next page begins behind it
};

// How a purchase for an organization is shared.
struct Shares {
  int32_t organization_percent = 0;
  int32_t policy_version = 0;
};

// The groups of the programs: the use cases. Thread-safe.
class Groups {
 public:
  // All arguments outlive this.
  Groups(const vault::Vault& vault, base::IdSource& ids, pg::Pool& pool)
      : vault_(vault), ids_(ids), pool_(pool) {}

  using ChangeOr = absl::StatusOr<std::unique_ptr<GroupChange>>;

  // Changes, ready to be posted; what they are made of is checked. `now` is the program's time,
  // `deadline` real time.
  ChangeOr Create(const ledger::Program& program, GroupKind kind, const std::string& name,
                  absl::Time now) const;
  // Errors of both: FIELD_INVALID (member_id is a group).
  ChangeOr Invite(const ledger::Program& program, const MemberId& group, const MemberId& member,
                  absl::Time now, absl::Time deadline) const;
  ChangeOr Add(const ledger::Program& program, const MemberId& group, const MemberId& member,
               bool by_themselves, absl::Time now, absl::Time deadline) const;
  ChangeOr Remove(const ledger::Program& program, const MemberId& group, const MemberId& member,
                  absl::Time now) const;
  ChangeOr Contribute(const ledger::Program& program, const MemberId& group, const MemberId& member,
                      GroupPointsOrder order, absl::Time now) const;
  ChangeOr SetPerks(const ledger::Program& program, const MemberId& group,
                    std::vector<std::string> perks, absl::Time now) const;
  // `deed`: see GroupClosing.
  ChangeOr Close(const ledger::Program& program, const MemberId& group, absl::Time now,
                 absl::Time deadline, ledger::Deed deed = ledger::Deed::kEarn) const;
  std::unique_ptr<SetGroupsPolicy> SetPolicy(const ledger::Program& program,
                                             const GroupsPolicy& policy, absl::Time now) const;

  // Errors: GROUP_NOT_FOUND, MEMBER_ERASED.
  absl::StatusOr<Group> Get(const ledger::Program& program, const MemberId& group,
                            absl::Time deadline) const;
  // At most `limit` of a group's members after `after` (nil: from the first). Errors:
  // GROUP_NOT_FOUND.
  absl::StatusOr<GroupMemberPage> ListMembers(const ledger::Program& program, const MemberId& group,
                                              const MemberId& after, int32_t limit, absl::Time now,
                                              absl::Time deadline) const;
  // At most `limit` of a member's groups after `after` (absent: from the first). Errors:
  // MEMBER_NOT_FOUND, MEMBER_ERASED.
  absl::StatusOr<GroupPage> ListOfMember(const ledger::Program& program, const MemberId& member,
                                         std::optional<MemberCursor> after, int32_t limit,
                                         absl::Time deadline) const;
  // Errors: GROUP_NOT_FOUND, GROUP_KIND_WRONG, MEMBER_NOT_ACTIVE, NOT_IN_GROUP.
  absl::StatusOr<Shares> WhoEarns(const ledger::Program& program, const MemberId& member,
                                  const MemberId& organization, absl::Time deadline) const;
  absl::StatusOr<GroupsPolicy> CurrentPolicy(const ledger::Program& program,
                                             absl::Time deadline) const;

 private:
  absl::Status RequirePerson(const ledger::Program& program, const MemberId& member,
                             absl::Time deadline) const;
  TransactionId NewTransaction(const ledger::Program& program, const MemberId& beside,
                               absl::Time now) const;
  absl::StatusOr<std::vector<GroupOfMember>> ReadGroups(
      pg::Tx& tx, const ledger::Program& program, int32_t partition,
      const std::vector<MembershipRow>& memberships) const;
  absl::StatusOr<Group> Readable(GroupRow row, const MemberRow& account,
                                 ledger::MemberState state) const;

  const vault::Vault& vault_;
  base::IdSource& ids_;
  pg::Pool& pool_;
};

}  // namespace gratis::members
