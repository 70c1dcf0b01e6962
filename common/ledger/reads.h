#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "common/ledger/fact.h"
#include "common/ledger/places.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// A member's wallets, by unit, as they stand at `now`: what fell due until then counts as happened,
// whether or not it was posted. Errors: MEMBER_NOT_FOUND.
absl::StatusOr<std::map<int16_t, Wallet>> ReadBalances(pg::Tx& tx, const Program& program,
                                                       const MemberId& member, absl::Time now);

// What is told of somebody who is not a member: MEMBER_NOT_FOUND.
absl::Status NoSuchMember(const MemberId& member);

// Whether something may have fallen due in stored wallets that is not posted yet.
bool MayBeStale(const std::map<int16_t, Wallet>& wallets, const std::vector<Unit>& units,
                absl::Time now);

// Lets `look` look at books that are only read, as a decision at `now` would see them; what it
// posts there is forgotten. It is called again when it fails with Books::Lacking(), after reading
// that; nothing is locked, budgets neither.
absl::Status LookAtBooks(pg::Tx& tx, const Program& program, absl::Time now,
                         absl::FunctionRef<absl::Status(Books&)> look);

// Errors: MEMBER_NOT_FOUND.
absl::Status RequireMember(pg::Tx& tx, const Program& program, const MemberId& member);

// The rows that settling a member at `until` would post, in their order. With a time that is yet to
// come: what happens until then if nobody does anything. Errors: MEMBER_NOT_FOUND.
absl::StatusOr<std::vector<JournalRow>> ReadDue(pg::Tx& tx, const Program& program,
                                                const MemberId& member, absl::Time until);

// An open lot, and the transaction that made it.
struct OpenLot {
  Lot lot;
  TransactionId transaction;
};
// A member's open lots as they stand at `now`, by unit and in the order of spending. Errors:
// MEMBER_NOT_FOUND.
absl::StatusOr<std::vector<OpenLot>> ReadOpenLots(pg::Tx& tx, const Program& program,
                                                  const MemberId& member, absl::Time now);

// Which facts about a member are asked for.
struct EntryFilter {
  int64_t before_seq = std::numeric_limits<int64_t>::max();  // only those before, newest first
  int16_t unit = 0;                                          // 0: of all
  std::vector<FactKind> kinds;                               // none: of all
  absl::Time from = absl::InfinitePast();                    // recorded at or after
  absl::Time until = absl::InfiniteFuture();                 // recorded before
};
// At most `limit` facts about a member, newest first. Errors: MEMBER_NOT_FOUND.
absl::StatusOr<std::vector<JournalRow>> ReadEntries(pg::Tx& tx, const Program& program,
                                                    const MemberId& member,
                                                    const EntryFilter& filter, int32_t limit);

// At most `limit` facts about any of these members as one list, in whatever partitions they are:
// what was recorded last first and, of what was recorded at one instant, that of the last partition
// first. `behind`: only those that follow there (nothing: from the newest on). `kinds`: only of
// these (none: of all).
absl::StatusOr<std::vector<JournalRow>> ReadEntriesOf(pg::Tx& tx, const Program& program,
                                                      const std::vector<MemberId>& members,
                                                      const std::optional<EntryPosition>& behind,
                                                      absl::Span<const FactKind> kinds,
                                                      int32_t limit);

// The last facts of these kinds about each member, at most `limit` each and newest first, of those
// who have any. Two steps, to travel with whatever else is asked.
pg::Tx::Asked AskLastEntries(pg::Tx& tx, const Program& program, absl::Span<const MemberId> members,
                             const std::vector<FactKind>& kinds, int32_t limit);
absl::StatusOr<std::map<MemberId, std::vector<JournalRow>>> TakeLastEntries(pg::Tx& tx,
                                                                            pg::Tx::Asked asked);

struct AccountTotal {
  int16_t unit;
  Account account;
  int64_t points;  // credits minus debits
};
struct TrialBalance {
  std::vector<AccountTotal> balances;
  int64_t total_points = 0;  // 0 in each unit, or the books are damaged: the first sum that is not
  int64_t members = 0;
  int64_t entries = 0;
};
absl::StatusOr<TrialBalance> ReadTrialBalance(pg::Tx& tx, const Program& program);

// Where names lead; those that are free are absent from the answer, in no particular order.
absl::StatusOr<std::vector<std::pair<DirectoryKey, DirectoryEntry>>> FindNames(
    pg::Tx& tx, const Program& program, absl::Span<const DirectoryKey> names);

// Of the lots of a member that were made for points that came back too late, from which lot each
// came.
absl::StatusOr<std::map<int64_t, int64_t>> ReadGraces(pg::Tx& tx, const Program& program,
                                                      const MemberId& member);

// How members stand; those that the program does not have are absent from the answer.
absl::StatusOr<std::map<MemberId, MemberState>> ReadStates(pg::Tx& tx, const Program& program,
                                                           absl::Span<const MemberId> members);

// Who of the members was erased; each in the partition beside it, of whichever program.
absl::StatusOr<std::set<MemberId>> FindErased(pg::Tx& tx, const std::vector<int32_t>& partitions,
                                              const std::vector<MemberId>& members);

// When the program last recorded anything; nothing if it never did.
absl::StatusOr<std::optional<absl::Time>> LastRecorded(pg::Tx& tx, const Program& program);

// A row of the journal's columns, in the order that list_entries.sql names them; without its
// allocations.
constexpr int kJournalColumns = 23;
JournalRow ReadJournalRow(const pg::Row& row);

}  // namespace gratis::ledger
