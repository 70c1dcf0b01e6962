#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/merged.h"
#include "services/thanks/surprise_rules.h"

// The tables of surprises, one function per query. What is written is queued.
namespace gratis::thanks {

void InsertSurprise(pg::Tx& tx, const ledger::Program& program, const Surprise& surprise);
absl::StatusOr<std::vector<Surprise>> FindSurprises(pg::Tx& tx, const ledger::Program& program,
                                                    const std::vector<std::string>& codes);
absl::StatusOr<std::vector<Surprise>> FindSurprisesByDraw(pg::Tx& tx,
                                                          const ledger::Program& program,
                                                          const std::vector<Uuid>& draws);
// At most `limit` drawn before `before`, newest first.
absl::StatusOr<std::vector<Surprise>> ListSurprises(pg::Tx& tx, const ledger::Program& program,
                                                    const Uuid& before, int32_t limit);

// Who takes part in one partition; `won` of them win.
struct NewEntrants {
  int32_t partition = 0;
  std::vector<MemberId> members;
  std::vector<int16_t> outcomes;  // of each
};
void InsertEntrants(pg::Tx& tx, const Uuid& draw, const NewEntrants& entrants, absl::Time drawn_at);
void DeleteEntrants(pg::Tx& tx, int32_t partition, const Uuid& draw);

struct Entrant {
  MemberId member;
  EntrantOutcome outcome = EntrantOutcome::kNone;
  TransactionId transaction;  // nil without a gift
};
// At most `limit` after `after`, by id.
absl::StatusOr<std::vector<Entrant>> ListEntrants(pg::Tx& tx, int32_t partition, const Uuid& draw,
                                                  const MemberId& after, bool winners_only,
                                                  int32_t limit);
// A draw that a member took part in.
struct TookPart {
  std::string code;
  Uuid draw;
  absl::Time drawn_at = absl::InfinitePast();
  EntrantOutcome outcome = EntrantOutcome::kNone;
  TransactionId transaction;  // nil without a gift
};
// At most `limit` drawn before `before`, newest first.
absl::StatusOr<std::vector<TookPart>> ListMemberSurprises(pg::Tx& tx,
                                                          const ledger::Program& program,
                                                          const MemberId& member,
                                                          const Uuid& before, int32_t limit);

struct EntrantCounts {
  int64_t given = 0;
  int64_t withheld = 0;
};
absl::StatusOr<EntrantCounts> CountEntrants(pg::Tx& tx, const ledger::Program& program,
                                            const Uuid& draw);

struct Won {
  MemberId member;
  Uuid draw;
  EntrantOutcome outcome = EntrantOutcome::kWon;
  absl::Time drawn_at = absl::InfinitePast();
};
// What each of these won that was drawn since `since`, or somebody did who was merged into them;
// also of draws that were not posted. `merged`: of the members.
absl::StatusOr<std::map<MemberId, std::vector<Won>>> FindWinnersSince(
    pg::Tx& tx, const ledger::Program& program, const std::vector<MemberId>& members,
    const Merged& merged, absl::Time since);
// At most `limit` who wait for their gift, behind a place.
absl::StatusOr<std::vector<Won>> FindWaitingWinners(pg::Tx& tx, int32_t partition,
                                                    const Won& behind, int32_t limit);
struct EntrantMade {
  Uuid draw;
  Entrant entrant;
};
void WriteEntrants(pg::Tx& tx, int32_t partition, absl::Span<const EntrantMade* const> made);

}  // namespace gratis::thanks
