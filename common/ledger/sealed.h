#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/program.h"
#include "common/ledger/verify.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

// Checks what all partitions of a program share and no journal says: its answers to requests and
// its names. Every row's seal must fit, and of the rows that each head counts none may be missing;
// but for names that were given up, of which the journal says the numbers.
//
// The tables are walked block by block, in short transactions. It raises no false alarm while the
// program is posted to: rows never move, those that come meanwhile have higher numbers than the
// heads counted at the beginning, and for those that go meanwhile the journal is read to its end.
// Only a table that is rewritten meanwhile (VACUUM FULL, CLUSTER) makes rows look missing. It keeps
// one bit per row.
absl::StatusOr<std::vector<Damage>> CheckSealedRows(pg::Pool& pool, const Program& program,
                                                    const VerifyOptions& options);

}  // namespace gratis::ledger
