#pragma once

#include <map>
#include <optional>
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

// Queues the journal of one partition, its rows in their order. Moves `head` on, to the end and the
// hash of their block; neither is written yet.
void WriteJournal(pg::Tx& tx, int32_t partition, const std::vector<const JournalRow*>& rows,
                  std::string_view chain_key, absl::Time recorded_at, Head& head);

// Queues the head under its new seal and, if rows were posted, their block; `block_from` is the
// first of them.
void WriteHead(pg::Tx& tx, int32_t partition, const Head& head, std::optional<int64_t> block_from,
               Sealer& sealer);

// Queues the unit as it stands from now on. It is journaled by whoever changes it.
void WriteUnit(pg::Tx& tx, const Program& program, const Unit& unit);

}  // namespace gratis::ledger
