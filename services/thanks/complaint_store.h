#pragma once

#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/complaint_rules.h"
#include "services/thanks/merged.h"

// The table of complaints, one function per query.
namespace gratis::thanks {

// Which of these members have one that is open, or somebody has who was merged into them. Whatever
// was asked before travels with it.
absl::StatusOr<std::set<MemberId>> FindComplaining(pg::Tx& tx, const ledger::Program& program,
                                                   const std::vector<MemberId>& members);
// The same in two steps, for who reads besides who was merged into them: `merged`.
std::vector<pg::Tx::Asked> AskComplaining(pg::Tx& tx, const ledger::Program& program,
                                          const std::vector<MemberId>& members);
absl::StatusOr<std::set<MemberId>> TakeComplaining(pg::Tx& tx, const ledger::Program& program,
                                                   std::vector<pg::Tx::Asked> asked,
                                                   const Merged& merged);

// New ones, and what became of those that are there.
void WriteComplaints(pg::Tx& tx, int32_t partition, absl::Span<const Complaint* const> complaints);
absl::StatusOr<std::vector<Complaint>> FindComplaints(pg::Tx& tx, int32_t partition,
                                                      const std::vector<ComplaintId>& ids);
// At most `limit` of a member's and, unless `as_named`, of those who were merged into them, before
// `before`, newest first.
absl::StatusOr<std::vector<Complaint>> ListComplaints(pg::Tx& tx, const ledger::Program& program,
                                                      const MemberId& member,
                                                      const ComplaintId& before, bool open_only,
                                                      int32_t limit, bool as_named = false);

}  // namespace gratis::thanks
