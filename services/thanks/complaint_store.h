#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/pg/tx.h"
#include "services/thanks/complaint_rules.h"

// The table of complaints, one function per query.
namespace gratis::thanks {

// Which of these members have one that is open. Two steps, to travel with whatever else is asked.
pg::Tx::Asked AskOpenComplaints(pg::Tx& tx, int32_t partition,
                                const std::vector<MemberId>& members);
absl::StatusOr<std::vector<MemberId>> TakeOpenComplaints(pg::Tx& tx, pg::Tx::Asked asked);

// New ones, and what became of those that are there.
void WriteComplaints(pg::Tx& tx, int32_t partition, absl::Span<const Complaint* const> complaints);
absl::StatusOr<std::vector<Complaint>> FindComplaints(pg::Tx& tx, int32_t partition,
                                                      const std::vector<ComplaintId>& ids);
// At most `limit` of a member's before `before`, newest first.
absl::StatusOr<std::vector<Complaint>> ListComplaints(pg::Tx& tx, int32_t partition,
                                                      const MemberId& member,
                                                      const ComplaintId& before, bool open_only,
                                                      int32_t limit);

}  // namespace gratis::thanks
