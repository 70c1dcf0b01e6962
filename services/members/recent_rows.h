#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

namespace gratis::members {

// The last few facts about members, read without knowing how far a projection has read the journal,
// so that they travel with the question for that. As a rule they are all that lies behind its
// cursor; else the others are read then. For one snapshot (pg::Isolation::kRepeatableRead).
class RecentRows {
 public:
  // Queues one statement. All arguments outlive this.
  RecentRows(pg::Tx& tx, const ledger::Program& program, absl::Span<const MemberId> members,
             const std::vector<ledger::FactKind>& kinds);
  absl::Status Take();

  // A member's, newest first.
  absl::Span<const ledger::JournalRow> Of(const MemberId& member) const;
  // All facts about a member of `kinds`, which are among those asked for, behind `cursor`, in their
  // order.
  absl::StatusOr<std::vector<ledger::JournalRow>> Behind(
      const MemberId& member, int64_t cursor, const std::vector<ledger::FactKind>& kinds) const;

 private:
  pg::Tx& tx_;
  const ledger::Program& program_;
  const pg::Tx::Asked asked_;
  std::map<MemberId, std::vector<ledger::JournalRow>> rows_;
};

}  // namespace gratis::members
