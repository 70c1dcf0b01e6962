#include "services/members/group_changes.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/house/master_keys/master_keys.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/groups.pb.h"
#include "services/members/group_contract.h"
#include "services/members/group_store.h"

namespace gratis::members {
namespace {

constexpr int32_t kMostAccounts = 100;  // that became one person
constexpr int32_t kMembersAtOnce = 1000;

// Whether both may have to do with each other from now on.
absl::Status PermitBoth(ledger::Books& books, const MemberId& group, const MemberId& member) {
  RETURN_IF_ERROR(InField(books.Permit(group, ledger::Deed::kEarn), "group_id"));
  return InField(books.Permit(member, ledger::Deed::kEarn), "member_id");
}

int64_t Joined(std::optional<Membership> membership) {
  return membership == Membership::kJoined ? 1 : 0;
}

// How many people have a place in a household: who left the program has none, and who was merged
// has theirs as part of their survivor. How those of other partitions stand is read beside their
// locks; somebody who comes back meanwhile has their place all the same.
absl::StatusOr<int64_t> CountPlaces(pg::Tx& tx, const ledger::Program& program,
                                    const MemberId& group) {
  std::vector<MemberId> joined;
  std::vector<MembershipRow> page;
  do {
    const MemberId after = page.empty() ? MemberId{} : page.back().member;
    ASSIGN_OR_RETURN(page, GroupStore(tx).ListMembers(ledger::PartitionOf(program, group), group,
                                                      after, kMembersAtOnce));
    for (const MembershipRow& row : page) {
      if (row.state == Membership::kJoined) joined.push_back(row.member);
    }
  } while (page.size() == static_cast<size_t>(kMembersAtOnce));
  ASSIGN_OR_RETURN(const auto survivors, ledger::ReadSurvivors(tx, program, joined));
  std::set<MemberId> people;
  for (const MemberId& member : joined) {
    const auto became = survivors.find(member);
    people.insert(became == survivors.end() ? member : became->second);
  }
  ASSIGN_OR_RETURN(
      const auto states,
      ledger::ReadStates(tx, program, std::vector<MemberId>(people.begin(), people.end())));
  int64_t places = 0;
  for (const auto& [member, state] : states) places += BelongsToGroups(state) ? 1 : 0;
  return places;
}

}  // namespace

GroupChange::GroupChange(MemberId group, MemberId member, TransactionId transaction)
    : group_(group), member_(member), transaction_(transaction) {
  envelope.member = group_;
  if (!member_.IsNil()) envelope.also.push_back(member_);
}

absl::StatusOr<GroupRow> GroupChange::RequireGroup() const {
  const auto found = run_->groups.find(group_);
  if (found != run_->groups.end()) return found->second;
  return NoSuchGroup(group_);
}

std::optional<Membership> GroupChange::MembershipNow() const {
  const auto found = run_->memberships.find({group_, member_});
  if (found != run_->memberships.end()) return found->second.state;
  if (!StandsInForDuplicates()) return std::nullopt;
  for (const MemberId& duplicate : run_->duplicates[member_]) {
    const auto theirs = run_->memberships.find({group_, duplicate});
    if (theirs != run_->memberships.end()) return theirs->second.state;
  }
  return std::nullopt;
}

std::optional<MemberId> GroupChange::OwnerOf(const ledger::Books& books,
                                             const ledger::Lot& lot) const {
  const auto owners = run_->owners.find(group_);
  if (owners == run_->owners.end()) return std::nullopt;
  return owners->second.OwnerOf(lot.key.seq, lot.key.partition, books.rows());
}

absl::Status GroupChange::Become(ledger::Books& books, Membership state) {
  const std::optional<Membership> was = MembershipNow();
  if (was == state) return absl::OkStatus();
  membership_ = MembershipRow{
      .group = group_, .member = member_, .state = state, .since = books.recorded_at()};
  return books
      .Post({.kind = ledger::FactKind::kGroupMembershipChanged,
             .transaction = transaction_,
             .member = member_,
             .effective_at = envelope.now,
             .source = envelope.ActSource("groups"),
             .detail = MembershipDetail(state, group_, was)})
      .status();
}

absl::Status GroupChange::PostGroupFact(ledger::Books& books, std::string detail) const {
  return books
      .Post({.kind = ledger::FactKind::kGroupChanged,
             .transaction = transaction_,
             .member = group_,
             .effective_at = envelope.now,
             .source = "groups",
             .detail = std::move(detail)})
      .status();
}

absl::StatusOr<std::string> GroupChange::Decide(ledger::Books& books) {
  made_.reset();
  perks_set_.reset();
  membership_.reset();
  contributions_.clear();
  ASSIGN_OR_RETURN(std::string answer, DecideGroup(books));
  if (!envelope.validate_only) Keep(books);
  return answer;
}

// Later items of the run see what was decided.
void GroupChange::Keep(const ledger::Books& books) {
  if (made_) run_->groups.insert_or_assign(group_, *made_);
  if (perks_set_) run_->groups.insert_or_assign(group_, *perks_set_);
  if (membership_) {
    // Who does not belong to groups had no place to give up.
    if (BelongsToGroups(books.FindHolder(member_)->state)) {
      run_->groups[group_].joined += Joined(membership_->state) - Joined(MembershipNow());
    }
    run_->memberships.insert_or_assign({group_, member_}, *membership_);
  }
  for (const Contribution& contribution : contributions_) {
    run_->owners[group_].Add(contribution.lot, member_);
  }
}

absl::Status GroupChanges::LoadAll(pg::Tx& tx, absl::Span<GroupChange* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  const int32_t partition = ledger::PartitionOf(program, set.front()->group());
  std::set<MemberId> ids, asked_for_owners, asked_for_room;
  std::vector<GroupStore::Pair> pairs;
  bool makes_accounts = false;
  auto run = std::make_shared<GroupsInRun>();
  for (GroupChange* change : set) {
    ids.insert(change->group());
    makes_accounts = makes_accounts || change->account() != nullptr;
    if (change->AsksForOwners()) asked_for_owners.insert(change->group());
    if (change->AsksForRoom()) asked_for_room.insert(change->group());
    if (!change->member().IsNil()) pairs.emplace_back(change->group(), change->member());
    if (!change->StandsInForDuplicates()) continue;
    ASSIGN_OR_RETURN(auto duplicates, ledger::DuplicatesOf(tx, change->member(), kMostAccounts));
    for (const MemberId& duplicate : duplicates) pairs.emplace_back(change->group(), duplicate);
    run->duplicates[change->member()] = std::move(duplicates);
  }
  // Under the partition's lock: once a rotation has passed it, nobody wraps by an older version.
  if (makes_accounts) RETURN_IF_ERROR(house::FollowNewest(tx, vault_));
  ASSIGN_OR_RETURN(std::vector<GroupRow> groups,
                   GroupStore(tx).Read(partition, std::vector<MemberId>(ids.begin(), ids.end())));
  for (GroupRow& group : groups) {
    if (group.kind == GroupKind::kHousehold && asked_for_room.count(group.id) > 0) {
      ASSIGN_OR_RETURN(group.joined, CountPlaces(tx, program, group.id));
    }
    run->groups.emplace(group.id, std::move(group));
  }
  if (!pairs.empty()) {
    ASSIGN_OR_RETURN(const std::vector<MembershipRow> memberships,
                     GroupStore(tx).ReadMemberships(partition, pairs));
    for (const MembershipRow& row : memberships) {
      run->memberships.insert_or_assign({row.group, row.member}, row);
    }
  }
  for (const MemberId& group : asked_for_owners) {
    ASSIGN_OR_RETURN(auto contributors, GroupStore(tx).ReadContributions(program, group));
    ASSIGN_OR_RETURN(auto graces, ledger::ReadGraces(tx, program, group));
    run->owners.insert_or_assign(group, LotOwners(std::move(contributors), std::move(graces)));
  }
  for (GroupChange* change : set) change->SetRun(run);
  return absl::OkStatus();
}

absl::Status GroupChanges::WriteAccounts(pg::Tx& tx, int32_t partition,
                                         absl::Span<GroupChange* const> set) {
  std::vector<const MemberRow*> accounts;
  for (GroupChange* change : set) {
    MemberRow* account = change->account();
    if (account == nullptr) continue;
    if (account->data_key.version() < vault_.version()) {
      ASSIGN_OR_RETURN(account->data_key,
                       vault_.Rewrap(account->data_key, account->id.uuid.AsBytes()));
    }
    accounts.push_back(account);
  }
  if (!accounts.empty()) MemberStore(tx).Insert(partition, accounts);
  return absl::OkStatus();
}

absl::Status GroupChanges::WriteAll(pg::Tx& tx, absl::Span<GroupChange* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  const int32_t partition = ledger::PartitionOf(program, set.front()->group());
  std::vector<GroupRow> made;
  std::map<GroupStore::Pair, MembershipRow> last;  // of one that changed twice, the last
  std::vector<Contribution> contributions;
  for (const GroupChange* change : set) {
    if (change->made()) made.push_back(*change->made());
    if (change->membership()) {
      last.insert_or_assign({change->group(), change->member()}, *change->membership());
    }
    contributions.insert(contributions.end(), change->contributions().begin(),
                         change->contributions().end());
  }
  RETURN_IF_ERROR(WriteAccounts(tx, partition, set));
  GroupStore store(tx);
  if (!made.empty()) store.Insert(partition, made);
  for (const GroupChange* change : set) {
    if (change->perks_set()) store.UpdatePerks(partition, *change->perks_set());
  }
  std::vector<MembershipRow> memberships;
  for (auto& [pair, row] : last) memberships.push_back(row);
  if (!memberships.empty()) store.Write(partition, memberships);
  if (!contributions.empty()) store.Insert(partition, contributions);
  return absl::OkStatus();
}

GroupCreation::GroupCreation(GroupKind kind, MemberRow account, TransactionId transaction)
    : GroupChange(account.id, {}, transaction), kind_(kind), account_(std::move(account)) {}

absl::StatusOr<std::string> GroupCreation::DecideGroup(ledger::Books& books) {
  const absl::Time now = envelope.now;
  account_.enrolled_at = now;
  books.AddHolder(group(), now);
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kMemberEnrolled,
                             .transaction = transaction(),
                             .member = group(),
                             .effective_at = now,
                             .source = "groups"})
                      .status());
  RETURN_IF_ERROR(PostGroupFact(books, GroupDetail("created", kind_)));
  Make({.id = group(), .kind = kind_, .perks = {}, .created_at = now});
  v1::CreateGroupResponse response;
  if (!envelope.validate_only) response.set_group_id(group().ToString());
  return response.SerializeAsString();
}

absl::Status GroupCreation::CheckReplay(ledger::Books& books, std::string_view answer) const {
  v1::CreateGroupResponse response;
  if (!response.ParseFromArray(answer.data(), static_cast<int>(answer.size()))) {
    return Error(Reason::kInternal, "a stored answer is not one of a group's opening");
  }
  ASSIGN_OR_RETURN(const MemberId opened, MemberId::Parse(response.group_id()));
  return books.CheckNotErased(opened);
}

absl::StatusOr<std::string> GroupInvitation::DecideGroup(ledger::Books& books) {
  RETURN_IF_ERROR(RequireGroup().status());
  RETURN_IF_ERROR(PermitBoth(books, group(), member()));
  const Membership state = AfterInvitation(MembershipNow());
  RETURN_IF_ERROR(Become(books, state));
  v1::InviteGroupMemberResponse response;
  response.set_membership(static_cast<v1::GroupMembership>(state));
  return response.SerializeAsString();
}

absl::StatusOr<std::string> GroupJoining::DecideGroup(ledger::Books& books) {
  ASSIGN_OR_RETURN(const GroupRow row, RequireGroup());
  RETURN_IF_ERROR(PermitBoth(books, group(), member()));
  ASSIGN_OR_RETURN(const Membership state, AfterJoining(row, MembershipNow(), by_themselves_));
  RETURN_IF_ERROR(Become(books, state));
  v1::AddGroupMemberResponse response;
  response.set_membership(static_cast<v1::GroupMembership>(state));
  return response.SerializeAsString();
}

absl::StatusOr<std::string> GroupPerksChange::DecideGroup(ledger::Books& books) {
  ASSIGN_OR_RETURN(GroupRow row, RequireGroup());
  RETURN_IF_ERROR(InField(RequireKind(row, GroupKind::kCommunity), "group_id"));
  RETURN_IF_ERROR(InField(books.Permit(group(), ledger::Deed::kReceive), "group_id"));
  if (row.perks != perks_) {
    RETURN_IF_ERROR(
        PostGroupFact(books, absl::StrCat("{\"change\":\"perks\",\"perks\":", perks_.size(),
                                          ",\"before\":{\"perks\":", row.perks.size(), "}}")));
    row.perks = perks_;
    SetPerks(std::move(row));
  }
  return v1::SetGroupPerksResponse().SerializeAsString();
}

}  // namespace gratis::members
