#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/inactivity_rules.h"

namespace gratis::members {

// The queries about inactivity, one method each. Lives inside one transaction.
class InactivityStore {
 public:
  explicit InactivityStore(pg::Tx& tx) : tx_(tx) {}

  // The policy in force; the default one when none was set.
  absl::StatusOr<InactivityPolicy> ReadPolicy(int32_t program);
  // Queued, as WriteNotices; its error surfaces with the transaction's next answer.
  void InsertPolicy(int32_t program, const InactivityPolicy& policy, absl::Time set_at);

  // The last notice of each of `members`, all of the partition, who ever were given one.
  absl::StatusOr<std::map<MemberId, InactivityNotice>> ReadNotices(
      int32_t partition, absl::Span<const MemberId> members);
  void WriteNotices(int32_t partition, const std::map<MemberId, InactivityNotice>& notices);

  // At most `limit` people of the partition after `after` (nil: from the first) who were enrolled
  // by then, in the order of their ids.
  absl::StatusOr<std::vector<MemberId>> PagePeople(int32_t partition, const MemberId& after,
                                                   absl::Time enrolled_by, int32_t limit);

 private:
  pg::Tx& tx_;
};

// How members stand, all of the partition: what is to be judged of them. Those that the ledger does
// not have are absent. What is of those who became part of them counts as theirs, whatever
// partition it is in. Under the partition's lock, it stays so, but for what is corrected of a
// duplicate's past in another partition.
absl::StatusOr<std::vector<IdleMember>> ReadIdleMembers(pg::Tx& tx, const ledger::Program& program,
                                                        int32_t partition,
                                                        absl::Span<const MemberId> members);

}  // namespace gratis::members
