#include "services/members/contributed.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/ledger/loading.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "services/members/group_store.h"

namespace gratis::members {
namespace {

constexpr int32_t kOwnGroupsAtOnce = 100;

// The groups there still are that they are in or invited to.
absl::Status AddOpenGroups(pg::Tx& tx, const ledger::Program& program, const MemberId& member,
                           std::set<MemberId>& open) {
  for (int32_t partition = program.first_partition; partition <= program.last_partition();
       ++partition) {
    std::vector<MembershipRow> page;
    do {
      const MemberId after = page.empty() ? MemberId{} : page.back().group;
      ASSIGN_OR_RETURN(page, GroupStore(tx).ListGroups(partition, member, after, kOwnGroupsAtOnce));
      if (page.empty()) break;
      std::vector<MemberId> ids;
      for (const MembershipRow& row : page) ids.push_back(row.group);
      ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, ids));
      for (const auto& [group, state] : states) {
        if (BelongsToGroups(state)) open.insert(group);
      }
    } while (page.size() == static_cast<size_t>(kOwnGroupsAtOnce));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Contributed> ReadContributed(pg::Tx& tx, const ledger::Program& program,
                                            const MemberId& group, absl::Time now) {
  const int32_t partition = ledger::PartitionOf(program, group);
  ASSIGN_OR_RETURN(auto contributors, GroupStore(tx).ReadContributions(program, group));
  if (contributors.empty()) return Contributed();
  ASSIGN_OR_RETURN(auto graces, ledger::ReadGraces(tx, program, group));
  const LotOwners owners(std::move(contributors), std::move(graces));
  ASSIGN_OR_RETURN(const std::vector<ledger::Unit> units, ledger::ReadUnits(tx, program));
  ASSIGN_OR_RETURN(const std::vector<ledger::OpenLot> lots,
                   ledger::ReadOpenLots(tx, program, group, now));
  Contributed contributed;
  for (const ledger::OpenLot& open : lots) {
    const std::optional<MemberId> owner = owners.OwnerOf(open.lot.key.seq, partition);
    const auto unit = std::find_if(units.begin(), units.end(), [&](const ledger::Unit& u) {
      return u.number == open.lot.unit;
    });
    const int64_t left = open.lot.available + open.lot.held;
    if (owner && unit != units.end() && left > 0) contributed[*owner][unit->code] += left;
  }
  return contributed;
}

absl::StatusOr<std::vector<LeftInHousehold>> ReadLeftInHouseholds(pg::Tx& tx,
                                                                  const ledger::Program& program,
                                                                  const MemberId& member,
                                                                  absl::Time now) {
  std::vector<LeftInHousehold> left;
  std::set<MemberId> groups;
  RETURN_IF_ERROR(AddOpenGroups(tx, program, member, groups));
  ASSIGN_OR_RETURN(const auto pairs, ledger::ReadDuplicates(tx, {member}));
  for (const auto& [survivor, duplicate] : pairs) {
    RETURN_IF_ERROR(AddOpenGroups(tx, program, duplicate, groups));
  }
  for (const MemberId& group : groups) {
    ASSIGN_OR_RETURN(const Contributed contributed, ReadContributed(tx, program, group, now));
    const auto theirs = contributed.find(member);
    if (theirs == contributed.end()) continue;
    for (const auto& [unit, points] : theirs->second) left.push_back({group, unit, points});
  }
  return left;
}

}  // namespace gratis::members
