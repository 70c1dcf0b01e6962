#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

// Members who were merged are one person. What was said to each and what each complains of stays
// where it is, and counts for the person.
namespace gratis::messages {

class People {
 public:
  // These members, and whoever is one with any of them. Errors: those of the database.
  static absl::StatusOr<People> Read(pg::Tx& tx, const ledger::Program& program,
                                     absl::Span<const MemberId> members);

  // Who they are by now: themselves, if they were not merged.
  MemberId Of(const MemberId& member) const;
  // All of them, by partition, each once.
  const std::map<int32_t, std::vector<MemberId>>& everyone() const { return everyone_; }
  // One of the members that were read, and whoever became a part of them, each with their
  // partition; not whom they became a part of. Of who is a part of somebody, only themselves.
  std::vector<std::pair<int32_t, MemberId>> PartsOf(const MemberId& member) const;
  // Whoever is one with them, they themselves among them, each with their partition.
  std::vector<std::pair<int32_t, MemberId>> OneWith(const MemberId& member) const;

 private:
  std::map<MemberId, MemberId> became_;  // of those who were merged
  std::map<MemberId, std::vector<std::pair<int32_t, MemberId>>> parts_;
  std::map<int32_t, std::vector<MemberId>> everyone_;
};

// Of these members those who are not to hear anything (see MayHear), as whoever they are by now.
// The journal may not have been read as far as that yet. Errors: those of the database.
absl::StatusOr<std::set<MemberId>> FindSilent(pg::Tx& tx, const ledger::Program& program,
                                              absl::Span<const MemberId> members);

}  // namespace gratis::messages
