#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// What a member has to spend. Errors: MEMBER_NOT_FOUND.
absl::StatusOr<int64_t> ReadBalance(pg::Tx& tx, const Program& program, const MemberId& member);

// At most `limit` facts about a member before `before_seq` (INT64_MAX: from the newest), newest
// first. Errors: MEMBER_NOT_FOUND.
absl::StatusOr<std::vector<JournalRow>> ReadEntries(pg::Tx& tx, const Program& program,
                                                    const MemberId& member, int64_t before_seq,
                                                    int32_t limit);

struct TrialBalance {
  std::vector<std::pair<Account, int64_t>> balances;  // credits minus debits
  int64_t total_points = 0;                           // 0, or the books are damaged
  int64_t members = 0;
  int64_t entries = 0;
};
absl::StatusOr<TrialBalance> ReadTrialBalance(pg::Tx& tx, const Program& program);

// Where names lead; those that are free are absent from the answer, in no particular order.
absl::StatusOr<std::vector<std::pair<DirectoryKey, DirectoryEntry>>> FindNames(
    pg::Tx& tx, const Program& program, absl::Span<const DirectoryKey> names);

// When the program last recorded anything; nothing if it never did.
absl::StatusOr<std::optional<absl::Time>> LastRecorded(pg::Tx& tx, const Program& program);

// A row of the journal's columns, in the order that list_entries.sql names them.
JournalRow ReadJournalRow(const pg::Row& row);

}  // namespace gratis::ledger
