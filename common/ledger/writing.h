#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/ledger/books.h"
#include "common/ledger/program.h"
#include "common/ledger/seal.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// Queues what a run decided, partition by partition, besides its journal: the state that follows
// from it. Its errors surface with the next answer.
void WriteState(pg::Tx& tx, const Books& books);

// Queues the journal of one partition, its rows in their order, with the block's hash. Moves `head`
// on; it is not written yet.
void WriteJournal(pg::Tx& tx, int32_t partition, const std::vector<const JournalRow*>& rows,
                  std::string_view chain_key, absl::Time recorded_at, Head& head);

// Queues the head under its new seal.
void WriteHead(pg::Tx& tx, int32_t partition, const Head& head, Sealer& sealer);

// Queues the unit as it stands from now on. It is journaled by whoever changes it.
void WriteUnit(pg::Tx& tx, const Program& program, const Unit& unit);

}  // namespace gratis::ledger
