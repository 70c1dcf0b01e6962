#include "services/members/brief_rounds.h"

#include "common/base/civil.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/brief_complaints.h"
#include "services/members/brief_past.h"
#include "services/members/brief_store.h"

namespace gratis::members {
namespace {

constexpr int32_t kMaxBriefRounds = 1'000'000;  // of one Keep; each gets on

}  // namespace

absl::StatusOr<ledger::Cursor> BriefRounds::Followed(const ledger::Program& program,
                                                     absl::Time deadline) const {
  ledger::Cursor followed;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(followed, ReadBriefCursors(tx, program));
    return absl::OkStatus();
  }));
  return followed;
}

absl::StatusOr<bool> BriefRounds::Round(pg::Tx& tx, const ledger::Program& program,
                                        int32_t partition) const {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  ASSIGN_OR_RETURN(const int64_t cursor, LockBriefCursor(tx, partition));
  ASSIGN_OR_RETURN(
      const ledger::FeedPage page,
      ledger::ReadFeedPage(tx, partition, cursor, {.kinds = BriefKinds(), .members = {}},
                           limits_.rows, limits_.window));
  ASSIGN_OR_RETURN(const PastStretch stretch, StretchOf(page.rows, zone));
  ASSIGN_OR_RETURN(const VisitDays known, FindVisits(tx, partition, VisitDaysOf(stretch)));
  InsertPastPurchases(tx, partition, stretch.purchases);
  AddToPasts(tx, partition, Additions(stretch, known));
  WriteComplaints(tx, partition, ComplaintChangesIn(page.rows));
  if (page.reached > cursor) WriteBriefCursor(tx, partition, page.reached);
  return page.at_head;
}

absl::Status BriefRounds::Keep(const ledger::Program& program, int32_t partition,
                               absl::Time deadline, const std::stop_token& stop) const {
  bool done = false;
  for (int32_t i = 0; i < kMaxBriefRounds && !done; ++i) {
    if (stop.stop_requested()) {
      return Error(Reason::kDraining, "following was cut short; the next one goes on");
    }
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(done, Round(tx, program, partition));
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::Status BriefRounds::KeepAll(const ledger::Program& program, absl::Time deadline,
                                  const std::stop_token& stop) const {
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    RETURN_IF_ERROR(Keep(program, i, deadline, stop));
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
