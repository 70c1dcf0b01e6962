#include "services/thanks/trigger_book.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "services/thanks/complaint_store.h"
#include "services/thanks/member_tiers.h"
#include "services/thanks/merged.h"
#include "services/thanks/trigger_store.h"

namespace gratis::thanks {
namespace {

bool ActsBefore(const std::shared_ptr<const Trigger>& a, const std::shared_ptr<const Trigger>& b) {
  return std::tie(a->priority, a->code) < std::tie(b->priority, b->code);
}

std::vector<TriggerVersion> VersionsOf(const TriggersInForce& in_force) {
  std::vector<TriggerVersion> versions;
  for (const auto& trigger : in_force.triggers) {
    versions.emplace_back(trigger->code, trigger->version);
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

// Since when what was given is of interest: within limits and rests.
absl::Time LookedBackTo(absl::Span<const std::shared_ptr<const Trigger>> triggers,
                        const TriggerLimits& limits, absl::Time now) {
  int32_t days = limits.most > 0 ? limits.within_days : 0;
  for (const auto& trigger : triggers) days = std::max(days, trigger->rest_days);
  return days == 0 ? absl::InfiniteFuture() : now - absl::Hours(24) * days;
}

// What is asked for besides what members had in their own partition: what those had who were merged
// into them, and, in the partitions of these, what of it came to the members.
std::map<int32_t, std::set<MemberId>> AlsoOfMerged(const ledger::Program& program,
                                                   int32_t partition,
                                                   const std::set<MemberId>& members,
                                                   const Merged& merged) {
  std::map<int32_t, std::set<MemberId>> also;
  for (const auto& [survivor, duplicates] : merged) {
    for (const MemberId& duplicate : duplicates) {
      std::set<MemberId>& whose = also[ledger::PartitionOf(program, duplicate)];
      whose.insert(survivor);
      whose.insert(duplicates.begin(), duplicates.end());
    }
  }
  if (const auto own = also.find(partition); own != also.end()) {
    std::erase_if(own->second, [&](const MemberId& one) { return members.count(one) > 0; });
  }
  return also;
}

void Append(const std::vector<PastThanks>& more, std::vector<PastThanks>& past) {
  past.insert(past.end(), more.begin(), more.end());
}

}  // namespace

std::shared_ptr<const Trigger> TriggersInForce::Find(std::string_view code) const {
  for (const auto& trigger : triggers) {
    if (trigger->code == code) return trigger;
  }
  return nullptr;
}

std::vector<std::shared_ptr<const Trigger>> TriggersInForce::For(Moment moment) const {
  std::vector<std::shared_ptr<const Trigger>> concerned;
  for (const auto& trigger : triggers) {
    if (trigger->enabled && Concerns(*trigger, moment)) concerned.push_back(trigger);
  }
  return concerned;
}

absl::StatusOr<std::shared_ptr<const TriggersInForce>> TriggerReader::Read(
    pg::Tx& tx, const ledger::Program& program) {
  const pg::Tx::Asked versions_asked = AskTriggerVersions(tx, program);
  const pg::Tx::Asked limits_asked = AskTriggerLimits(tx, program);
  ASSIGN_OR_RETURN(const std::vector<TriggerVersion> versions,
                   TakeTriggerVersions(tx, versions_asked));
  ASSIGN_OR_RETURN(const TriggerLimits limits, TakeTriggerLimits(tx, limits_asked));
  {
    const std::lock_guard lock(mutex_);
    const auto last = last_.find(program.number);
    if (last != last_.end() && last->second->limits == limits &&
        VersionsOf(*last->second) == versions) {
      return last->second;
    }
  }
  auto in_force = std::make_shared<TriggersInForce>();
  in_force->limits = limits;
  ASSIGN_OR_RETURN(std::vector<Trigger> triggers, ReadTriggers(tx, program, versions));
  for (Trigger& trigger : triggers) {
    in_force->triggers.push_back(std::make_shared<const Trigger>(std::move(trigger)));
  }
  std::sort(in_force->triggers.begin(), in_force->triggers.end(), ActsBefore);
  // What another transaction did not commit yet is not in anybody's sight: versions are for ever.
  const std::lock_guard lock(mutex_);
  last_[program.number] = in_force;
  return in_force;
}

absl::StatusOr<FactsOfMembers> ReadMemberFacts(
    pg::Tx& tx, const ledger::Program& program, int32_t partition,
    absl::Span<const MemberId> members, absl::Span<const std::shared_ptr<const Trigger>> triggers,
    const TriggerLimits& limits, absl::Time now) {
  std::set<MemberId> distinct(members.begin(), members.end());
  distinct.erase(MemberId{});
  const std::vector<MemberId> whose(distinct.begin(), distinct.end());
  std::vector<std::string> ever;
  bool tiers = false;
  for (const auto& trigger : triggers) {
    if (trigger->once_per_member) ever.push_back(trigger->code);
    tiers |= !trigger->audience.tiers.empty();
  }
  const absl::Time since = LookedBackTo(triggers, limits, now);
  std::vector<pg::Tx::Asked> past_asked = {AskPastThanks(tx, partition, whose, since, ever)};
  std::optional<pg::Tx::Asked> tiers_asked;
  if (tiers) tiers_asked = AskTiers(tx, program, whose);
  std::vector<pg::Tx::Asked> complaints_asked = AskComplaining(tx, program, whose);
  ASSIGN_OR_RETURN(const Merged merged, ReadMerged(tx, whose));
  for (const auto& [where, also] : AlsoOfMerged(program, partition, distinct, merged)) {
    past_asked.push_back(AskPastThanks(tx, where, {also.begin(), also.end()}, since, ever));
  }
  ASSIGN_OR_RETURN(const std::set<MemberId> complaining,
                   TakeComplaining(tx, program, std::move(complaints_asked), merged));
  std::map<MemberId, std::vector<PastThanks>> past;
  for (const pg::Tx::Asked& asked : past_asked) {
    ASSIGN_OR_RETURN(const auto found, TakePastThanks(tx, asked));
    for (const auto& [member, thanks] : found) Append(thanks, past[member]);
  }
  FactsOfMembers facts;
  for (const MemberId& member : whose) Append(past[member], facts[member].past);
  for (const auto& [survivor, duplicates] : merged) {
    for (const MemberId& duplicate : duplicates) Append(past[duplicate], facts[survivor].past);
  }
  for (const MemberId& member : complaining) facts[member].complaint_open = true;
  if (!tiers_asked) return facts;
  ASSIGN_OR_RETURN(const auto found, TakeTiers(tx, *tiers_asked));
  for (const auto& [member, tier] : found) facts[member].tier = tier;
  return facts;
}

absl::StatusOr<std::set<MemberId>> ReadGroupsAmong(pg::Tx& tx, const ledger::Program& program,
                                                   absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const auto changes,
                   ledger::TakeLastEntries(
                       tx, ledger::AskLastEntries(tx, program, members,
                                                  {ledger::FactKind::kGroupChanged}, /*limit=*/1)));
  std::set<MemberId> groups;
  for (const auto& [member, rows] : changes) {
    if (!rows.empty()) groups.insert(member);
  }
  return groups;
}

}  // namespace gratis::thanks
