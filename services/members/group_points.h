#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/members/group_changes.h"

// Points going into a household's wallet, and back to those they came from.
namespace gratis::members {

struct GroupPointsOrder {
  std::string unit;  // code
  int64_t points = 0;
};

// Points of a member being put into the household's wallet. Answers with ContributeToGroupResponse.
// Errors: GROUP_NOT_FOUND, GROUP_KIND_WRONG, NOT_IN_GROUP, and those of ledger::TransferPoints but
// for TRANSFER_NOT_ALLOWED: a household is theirs.
class GroupContribution final : public GroupChange {
 public:
  GroupContribution(MemberId group, MemberId member, GroupPointsOrder order,
                    TransactionId transaction)
      : GroupChange(group, member, transaction), order_(std::move(order)) {}
  bool StandsInForDuplicates() const override { return true; }

 private:
  absl::StatusOr<std::string> DecideGroup(ledger::Books& books) override;
  const GroupPointsOrder order_;
};

// A change that gives points of a household's wallet back.
class GroupGivingBack : public GroupChange {
 public:
  using GroupChange::GroupChange;
  bool AsksForOwners() const override { return true; }

 protected:
  using Points = std::map<int16_t, int64_t>;  // by unit
  // What is available of the member's contributions, lot by lot. The group is settled.
  absl::StatusOr<Points> GiveBack(ledger::Books& books, const MemberId& member) const;
};

// A member leaving. Answers with RemoveGroupMemberResponse. Errors: GROUP_NOT_FOUND,
// NOT_IN_GROUP, MEMBER_ERASED (the group).
class GroupLeaving final : public GroupGivingBack {
 public:
  using GroupGivingBack::GroupGivingBack;
  bool StandsInForDuplicates() const override { return true; }

 private:
  absl::StatusOr<std::string> DecideGroup(ledger::Books& books) override;
};

// Who contributed to a household, as read before it is closed.
struct Contributors {
  std::set<MemberId> present;  // who may get something back
  std::set<MemberId> gone;     // who belongs to no group any more
};

// A group being closed; it is decided whether the contributors are all. Answers with
// CloseGroupResponse. `deed`: what its state has to allow; by kCorrect it is closed in whatever
// state, unless it is already. Errors: GROUP_NOT_FOUND, CONFLICT (somebody contributed for the
// first time meanwhile), and those of Books::Permit.
class GroupClosing final : public GroupGivingBack {
 public:
  GroupClosing(MemberId group, Contributors contributors, TransactionId transaction,
               ledger::Deed deed);

 private:
  absl::StatusOr<std::string> DecideGroup(ledger::Books& books) override;
  absl::Status ReleaseHolds(ledger::Books& books) const;
  absl::Status CheckContributors(ledger::Books& books) const;
  const Contributors contributors_;
  const ledger::Deed deed_;
};

}  // namespace gratis::members
