#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/standing.h"

// What groups are, and whose the points of a household are: values in, values out.
namespace gratis::members {

inline constexpr size_t kMaxGroupNameCharacters = 100;
inline constexpr int64_t kMaxHouseholdMembers = 20;
inline constexpr size_t kMaxPerks = 20;
inline constexpr size_t kMaxPerkCharacters = 200;

// The numbers of both are stored; the contract's GroupKind and GroupMembership have the same, but
// for kLeft, of which the contract tells nothing.
enum class GroupKind : int16_t { kHousehold = 1, kCommunity = 2, kOrganization = 3 };
enum class Membership : int16_t { kInvited = 1, kJoined = 2, kLeft = 3 };

// A group as it is stored beside its account, which has its name.
struct GroupRow {
  MemberId id;
  GroupKind kind = GroupKind::kHousehold;
  std::vector<std::string> perks;
  absl::Time created_at;
  // How many have a place in it; counted where somebody joins a household. Who does not belong to
  // groups any more has none.
  int64_t joined = 0;
};

struct MembershipRow {
  MemberId group;
  MemberId member;
  Membership state = Membership::kInvited;
  absl::Time since;
};

// A lot of a household's wallet, and who contributed it.
struct Contribution {
  MemberId group;
  int64_t lot = 0;  // seq, in the group's partition
  MemberId member;
};

// Errors: FIELD_MISSING, FIELD_TOO_LONG.
absl::Status CheckGroupName(std::string_view name);
// Errors: FIELD_INVALID (too many, or an empty one), FIELD_TOO_LONG.
absl::Status CheckPerks(const std::vector<std::string>& perks);

// Errors: GROUP_KIND_WRONG.
absl::Status RequireKind(const GroupRow& group, GroupKind kind);

// How a member stands with a group after they were invited. Who is in it stays.
Membership AfterInvitation(std::optional<Membership> was);
// How they stand after they came to join. Errors: NOT_INVITED (they came by themselves),
// GROUP_FULL.
absl::StatusOr<Membership> AfterJoining(const GroupRow& group, std::optional<Membership> was,
                                        bool by_themselves);

// Whether somebody of this state is in any group. Who is closed, deceased or erased, say, left them
// all, and nothing of a household's is given to them.
bool BelongsToGroups(ledger::MemberState state);

// Who contributed what is in a household's lots.
class LotOwners {
 public:
  // `graces`: see ledger::ReadGraces.
  LotOwners(std::map<int64_t, MemberId> contributors, std::map<int64_t, int64_t> graces)
      : contributors_(std::move(contributors)), graces_(std::move(graces)) {}
  LotOwners() = default;

  void Add(int64_t lot, const MemberId& member) { contributors_[lot] = member; }

  // Whose the lot is: its contributor's, or theirs whose lot it came from, when points came back
  // too late for it. Nothing: the household's own. `now_posted`: rows of this run.
  std::optional<MemberId> OwnerOf(int64_t lot, int32_t partition,
                                  const std::vector<ledger::JournalRow>& now_posted = {}) const;

 private:
  std::map<int64_t, MemberId> contributors_;
  std::map<int64_t, int64_t> graces_;
};

// What the journal says of a group: {"change":"created","kind":"household"}.
std::string GroupDetail(std::string_view change, GroupKind kind);
// What the journal says of a member and a group: {"change":"joined","group":"mem_…"}, with
// "before":{"change":"invited"} if they had to do with it already.
std::string MembershipDetail(Membership state, const MemberId& group,
                             std::optional<Membership> was = std::nullopt);
// {"group":"mem_…","contributor":"mem_…"}.
std::string ContributionDetail(const MemberId& group, const MemberId& contributor);

}  // namespace gratis::members
