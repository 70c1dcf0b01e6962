#include "services/messages/people.h"

#include <set>

#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "services/messages/message_rules.h"

namespace gratis::messages {

absl::StatusOr<People> People::Read(pg::Tx& tx, const ledger::Program& program,
                                    absl::Span<const MemberId> members) {
  People people;
  if (members.empty()) return people;
  ASSIGN_OR_RETURN(people.became_, ledger::ReadSurvivors(tx, program, members));
  std::set<MemberId> persons;
  for (const MemberId& member : members) persons.insert(people.Of(member));
  const std::vector<MemberId> asked(persons.begin(), persons.end());
  ASSIGN_OR_RETURN(const auto duplicates, ledger::ReadDuplicates(tx, asked));
  std::set<MemberId> everyone = persons;
  for (const MemberId& member : members) {
    people.parts_[member] = {{ledger::PartitionOf(program, member), member}};
  }
  for (const auto& [survivor, duplicate] : duplicates) {
    people.became_[duplicate] = survivor;
    everyone.insert(duplicate);
    const auto parts = people.parts_.find(survivor);
    if (parts == people.parts_.end()) continue;
    parts->second.emplace_back(ledger::PartitionOf(program, duplicate), duplicate);
  }
  for (const MemberId& one : everyone) {
    people.everyone_[ledger::PartitionOf(program, one)].push_back(one);
  }
  return people;
}

MemberId People::Of(const MemberId& member) const {
  const auto found = became_.find(member);
  return found == became_.end() ? member : found->second;
}

std::vector<std::pair<int32_t, MemberId>> People::PartsOf(const MemberId& member) const {
  const auto found = parts_.find(member);
  return found == parts_.end() ? std::vector<std::pair<int32_t, MemberId>>() : found->second;
}

std::vector<std::pair<int32_t, MemberId>> People::OneWith(const MemberId& member) const {
  std::vector<std::pair<int32_t, MemberId>> all;
  for (const auto& [partition, members] : everyone_) {
    for (const MemberId& one : members) {
      if (Of(one) == Of(member)) all.emplace_back(partition, one);
    }
  }
  return all;
}

absl::StatusOr<std::set<MemberId>> FindSilent(pg::Tx& tx, const ledger::Program& program,
                                              absl::Span<const MemberId> members) {
  std::set<MemberId> silent;
  if (members.empty()) return silent;
  ASSIGN_OR_RETURN(const auto became, ledger::ReadSurvivors(tx, program, members));
  std::map<MemberId, MemberId> now;  // of each
  std::set<MemberId> persons;
  for (const MemberId& member : members) {
    const auto survivor = became.find(member);
    const MemberId& is = survivor == became.end() ? member : survivor->second;
    now.emplace(member, is);
    persons.insert(is);
  }
  ASSIGN_OR_RETURN(
      const auto states,
      ledger::ReadStates(tx, program, std::vector<MemberId>(persons.begin(), persons.end())));
  for (const auto& [member, is] : now) {
    const auto state = states.find(is);
    if (state != states.end() && !MayHear(state->second)) silent.insert(member);
  }
  return silent;
}

}  // namespace gratis::messages
