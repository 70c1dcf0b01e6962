#pragma once

#include <cstdint>
#include <map>
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

 private:
  std::map<MemberId, MemberId> became_;  // of those who were merged
  std::map<int32_t, std::vector<MemberId>> everyone_;
};

}  // namespace gratis::messages
