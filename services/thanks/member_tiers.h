#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

namespace gratis::thanks {

// Which tiers members are in, as the journal knows it: the last change of each. Who never changed
// tier is left out, whoever is in the first one among them. Two steps, to travel with whatever else
// is asked. `members` are distinct, and none is nil.
pg::Tx::Asked AskTiers(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const MemberId> members);
absl::StatusOr<std::map<MemberId, std::string>> TakeTiers(pg::Tx& tx, pg::Tx::Asked asked);

}  // namespace gratis::thanks
