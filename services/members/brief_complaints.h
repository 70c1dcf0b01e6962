#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/pg/tx.h"

// The complaints of members that are open, as the journal says: what briefs tell of them.
namespace gratis::members {

struct ComplaintTag {
  static constexpr std::string_view kPrefix = "cmp";
};
using ComplaintId = base::Id<ComplaintTag>;

struct OpenComplaint {
  ComplaintId id;
  MemberId member;
  std::string topic;
  std::string purchase;  // pur_…, or empty
  absl::Time opened_at;

  friend bool operator==(const OpenComplaint&, const OpenComplaint&) = default;
};

inline constexpr int64_t kMaxOpenComplaints = 20;  // told of at once

// What a stretch of the journal changes: those opened in it and not resolved, and those resolved
// that were opened before it.
struct ComplaintChanges {
  std::vector<OpenComplaint> opened;
  std::vector<OpenComplaint> resolved;  // id and member alone

  friend bool operator==(const ComplaintChanges&, const ComplaintChanges&) = default;
};
ComplaintChanges ComplaintChangesIn(absl::Span<const ledger::JournalRow> rows);
// Does them to those of one member that were open, oldest first.
void Apply(const ComplaintChanges& changes, std::vector<OpenComplaint>& open);

// The table of it. What is written is queued.
void WriteComplaints(pg::Tx& tx, int32_t partition, const ComplaintChanges& changes);
// Of each member, `partitions` being theirs; at most kMaxOpenComplaints, oldest first.
pg::Tx::Asked AskComplaints(pg::Tx& tx, const std::vector<int32_t>& partitions,
                            const std::vector<MemberId>& members);
absl::StatusOr<std::map<MemberId, std::vector<OpenComplaint>>> TakeComplaints(pg::Tx& tx,
                                                                              pg::Tx::Asked asked);

}  // namespace gratis::members
