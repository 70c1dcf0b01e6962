#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/mutation.h"
#include "common/vault/vault.h"
#include "services/members/group_rules.h"
#include "services/members/member_store.h"

// What happens to groups. All of it is posted in the group's partition and, where a member's
// journal or points are concerned, in theirs too; what is stored is the group's partition's.
namespace gratis::members {

// The groups that one run looks at, as they stand in it.
struct GroupsInRun {
  std::map<MemberId, GroupRow> groups;
  std::map<std::pair<MemberId, MemberId>, MembershipRow> memberships;  // by group and member
  std::map<MemberId, LotOwners> owners;                                // of households
  std::map<MemberId, std::vector<MemberId>> duplicates;                // merged into a member
};

class GroupChange : public ledger::Mutation {
 public:
  // `member`: whose change it is besides the group's; nil for none.
  GroupChange(MemberId group, MemberId member, TransactionId transaction);

  const MemberId& group() const { return group_; }
  const MemberId& member() const { return member_; }
  // Whether it asks who contributed what is in the group's lots.
  virtual bool AsksForOwners() const { return false; }
  // Whether it asks how many have a place in a household.
  virtual bool AsksForRoom() const { return false; }
  // Whether the member may be in the group by what somebody was who was merged into them.
  virtual bool StandsInForDuplicates() const { return false; }
  // The account to be stored with a group that is made; null for others.
  virtual MemberRow* account() { return nullptr; }
  void SetRun(std::shared_ptr<GroupsInRun> run) { run_ = std::move(run); }

  // As decided.
  const std::optional<GroupRow>& made() const { return made_; }
  const std::optional<GroupRow>& perks_set() const { return perks_set_; }
  const std::optional<MembershipRow>& membership() const { return membership_; }
  const std::vector<Contribution>& contributions() const { return contributions_; }

  absl::StatusOr<std::string> Decide(ledger::Books& books) final;

 protected:
  virtual absl::StatusOr<std::string> DecideGroup(ledger::Books& books) = 0;

  // Errors: GROUP_NOT_FOUND.
  absl::StatusOr<GroupRow> RequireGroup() const;
  // Nothing if they never had to do with the group.
  std::optional<Membership> MembershipNow() const;
  // Whose a lot of the group is; nothing: nobody's but the group's.
  std::optional<MemberId> OwnerOf(const ledger::Books& books, const ledger::Lot& lot) const;

  const TransactionId& transaction() const { return transaction_; }
  void Make(GroupRow group) { made_ = std::move(group); }
  void SetPerks(GroupRow group) { perks_set_ = std::move(group); }
  void AddContribution(int64_t lot) { contributions_.push_back({group_, lot, member_}); }
  // Journals that the member stands so with the group from now on, if they did not.
  absl::Status Become(ledger::Books& books, Membership state);
  absl::Status PostGroupFact(ledger::Books& books, std::string detail) const;

 private:
  void Keep(const ledger::Books& books);

  const MemberId group_;
  const MemberId member_;
  const TransactionId transaction_;
  std::shared_ptr<GroupsInRun> run_;
  std::optional<GroupRow> made_, perks_set_;
  std::optional<MembershipRow> membership_;
  std::vector<Contribution> contributions_;
};

class GroupChanges final : public ledger::KindOf<GroupChange> {
 public:
  // `vault` outlives it.
  explicit GroupChanges(vault::Vault& vault) : vault_(vault) {}

 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<GroupChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<GroupChange* const> set) override;
  absl::Status WriteAccounts(pg::Tx& tx, int32_t partition, absl::Span<GroupChange* const> set);

  vault::Vault& vault_;
};

// A group being opened; its account is sealed already. Answers with CreateGroupResponse.
class GroupCreation final : public GroupChange {
 public:
  GroupCreation(GroupKind kind, MemberRow account, TransactionId transaction);
  MemberRow* account() override { return &account_; }
  // What was opened then may have been erased since.
  absl::Status CheckReplay(ledger::Books& books, std::string_view answer) const override;

 private:
  absl::StatusOr<std::string> DecideGroup(ledger::Books& books) override;
  const GroupKind kind_;
  MemberRow account_;
};

// A member being asked in. Answers with InviteGroupMemberResponse. Errors: GROUP_NOT_FOUND, and
// those of Books::Permit.
class GroupInvitation final : public GroupChange {
 public:
  using GroupChange::GroupChange;

 private:
  absl::StatusOr<std::string> DecideGroup(ledger::Books& books) override;
};

// A member joining; `by_themselves`: it is their own call. Answers with AddGroupMemberResponse.
// Errors: those of GroupInvitation and of AfterJoining.
class GroupJoining final : public GroupChange {
 public:
  GroupJoining(MemberId group, MemberId member, TransactionId transaction, bool by_themselves)
      : GroupChange(group, member, transaction), by_themselves_(by_themselves) {}
  bool AsksForRoom() const override { return true; }

 private:
  absl::StatusOr<std::string> DecideGroup(ledger::Books& books) override;
  const bool by_themselves_;
};

// Perks, as checked, being set. Answers with SetGroupPerksResponse. Errors: GROUP_NOT_FOUND,
// GROUP_KIND_WRONG, and those of Books::Permit.
class GroupPerksChange final : public GroupChange {
 public:
  GroupPerksChange(MemberId group, std::vector<std::string> perks, TransactionId transaction)
      : GroupChange(group, {}, transaction), perks_(std::move(perks)) {}

 private:
  absl::StatusOr<std::string> DecideGroup(ledger::Books& books) override;
  const std::vector<std::string> perks_;
};

}  // namespace gratis::members
