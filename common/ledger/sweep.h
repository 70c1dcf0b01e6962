#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/due.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

struct SweepOrder {
  Program program;
  absl::Time now;       // program time
  absl::Time deadline;  // real time
  // Those that end by inactivity are found by looking through all wallets.
  DueMembers::Which which = DueMembers::Which::kAll;
  std::stop_token stop;
};

// Posts what fell due in a program's wallets and nobody has touched since: whoever looks at such a
// wallet sees the same before and after, for every posting and reading settles it first. So there
// is nothing to remember between runs: one that ends early, is killed or runs beside another leaves
// what it did not do to the next. Returns how many wallets' owners were settled. Thread-safe.
//
// Errors: DRAINING (asked to stop), DEADLINE_EXCEEDED, and the first of postings, the others being
// tried all the same; what was settled stays.
absl::StatusOr<int64_t> SweepProgram(pg::Pool& pool, Poster& poster, const SweepOrder& order);

}  // namespace gratis::ledger
