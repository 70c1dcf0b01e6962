#include "services/messages/people.h"

#include <set>

#include "common/ledger/survivors.h"
#include "common/status/macros.h"

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
  for (const auto& [survivor, duplicate] : duplicates) {
    people.became_[duplicate] = survivor;
    everyone.insert(duplicate);
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

}  // namespace gratis::messages
