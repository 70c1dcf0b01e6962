#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

// What is left of the points that members contributed to households.
namespace gratis::members {

// By contributor (of those who were merged, who they became), by the unit's code; what is held is
// among it.
using Contributed = std::map<MemberId, std::map<std::string, int64_t>>;
// As it stands at `now`. Errors: those of ledger::ReadOpenLots.
absl::StatusOr<Contributed> ReadContributed(pg::Tx& tx, const ledger::Program& program,
                                            const MemberId& group, absl::Time now);

// Points of one unit in one household.
struct LeftInHousehold {
  MemberId group;
  std::string unit;  // code
  int64_t points = 0;
};
// What one member, with whoever became part of them, would leave in the households that they are in
// or invited to if their account ended at `now`; by group and unit.
absl::StatusOr<std::vector<LeftInHousehold>> ReadLeftInHouseholds(pg::Tx& tx,
                                                                  const ledger::Program& program,
                                                                  const MemberId& member,
                                                                  absl::Time now);

}  // namespace gratis::members
