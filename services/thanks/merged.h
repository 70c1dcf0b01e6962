#pragma once

#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

// Those who were merged into members, as the ledger knows it: what is kept of them stays where it
// is and is read beside what is kept of who they became.
namespace gratis::thanks {

// Of these members, those into whom others were merged, and who that was, by however many steps.
using Merged = std::map<MemberId, std::vector<MemberId>>;
absl::StatusOr<Merged> ReadMerged(pg::Tx& tx, absl::Span<const MemberId> members);

// All who are merged into any, each once.
std::vector<MemberId> EveryoneIn(const Merged& merged);

std::map<int32_t, std::vector<MemberId>> ByPartition(const ledger::Program& program,
                                                     const std::vector<MemberId>& members);

}  // namespace gratis::thanks
