#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/birthdays/birthday_forecast.h"
#include "services/birthdays/birthday_rules.h"

// The tables of schema gratis_birthdays, one function per query. What is written is queued; its
// error surfaces with the transaction's next answer.
namespace gratis::birthdays {

// The policy in force; the default one when none was set.
absl::StatusOr<Policy> ReadPolicy(pg::Tx& tx, const ledger::Program& program);
// The same, and when nobody was given anything: what gifts are judged by.
absl::StatusOr<Policy> ReadPolicyAndPast(pg::Tx& tx, const ledger::Program& program);

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at, std::string_view set_by);

// A member's birthday year.
struct BirthdayKey {
  MemberId member;
  int32_t year = 0;

  friend auto operator<=>(const BirthdayKey&, const BirthdayKey&) = default;
};

// A gift and whom it was given to, who may be part of somebody else by now.
struct MemberGift {
  MemberId member;
  Gift gift;
  int32_t policy_version = 0;  // that it was given by; not read back
};

// All gifts to these members in the years asked for and in those before and after; in no order.
// In two steps, to travel with whatever else is asked.
pg::Tx::Asked AskGifts(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const BirthdayKey> asked);
absl::StatusOr<std::vector<MemberGift>> TakeGifts(pg::Tx& tx, const ledger::Program& program,
                                                  pg::Tx::Asked asked);

// At most `limit` gifts to a few members behind `after`, by year and member.
absl::StatusOr<std::vector<MemberGift>> ListGifts(pg::Tx& tx, const ledger::Program& program,
                                                  absl::Span<const MemberId> members,
                                                  const BirthdayKey& after, int32_t limit);

// All that was given on these days of `zone`: few rows, however many gifts; in no order.
absl::StatusOr<std::vector<GivenAlike>> CountGiven(pg::Tx& tx, const ledger::Program& program,
                                                   const DaySpan& days, const absl::TimeZone& zone);

// All gifts of one partition's set at once; choices among them are open from then on.
void InsertGifts(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                 absl::Span<const MemberGift* const> gifts);

// What became of choices, which are not open any more.
struct MadeChoice {
  BirthdayKey gift;
  Chosen chosen;
};
void InsertChoices(pg::Tx& tx, const ledger::Program& program,
                   absl::Span<const MadeChoice* const> choices);
// Nobody will make them.
void CloseChoices(pg::Tx& tx, const ledger::Program& program, absl::Span<const BirthdayKey> gifts);

// A choice whose default is due.
struct DueChoice {
  absl::Time choose_by = absl::InfinitePast();
  BirthdayKey gift;
};
// At most `limit` of a partition behind `after`, those due first.
absl::StatusOr<std::vector<DueChoice>> FindDueChoices(pg::Tx& tx, int32_t partition,
                                                      absl::Time as_of, const DueChoice& after,
                                                      int32_t limit);

// Who may be owed a gift because they corrected their birthday, until it is known what becomes of
// it.
void InsertCorrections(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const MemberId> members);
// At most `limit` of them behind `after` (nothing: from the first), by partition and member.
absl::StatusOr<std::vector<MemberId>> FindCorrections(pg::Tx& tx, const ledger::Program& program,
                                                      const std::optional<MemberId>& after,
                                                      int32_t limit);
void DeleteCorrections(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const MemberId> members);
// How far the journal was read for them; partitions that were not read are absent.
absl::StatusOr<ledger::Cursor> ReadCorrectionCursors(pg::Tx& tx, const ledger::Program& program);
void WriteCorrectionCursors(pg::Tx& tx, const ledger::Cursor& reached);

// As of when everything due was last given, and given first; nothing: never.
struct Progress {
  absl::Time ran_through;
  absl::Time began_at;
};
absl::StatusOr<std::optional<Progress>> ReadProgress(pg::Tx& tx, const ledger::Program& program);
void WriteProgress(pg::Tx& tx, const ledger::Program& program, absl::Time ran_through);

}  // namespace gratis::birthdays
