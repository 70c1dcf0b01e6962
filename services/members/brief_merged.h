#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/brief_complaints.h"
#include "services/members/brief_past.h"
#include "services/members/briefs.h"

// What those did who were merged into members. It is kept under their own ids and read beside what
// is kept of the survivors, so that an undo of the merge has nothing to mend.
namespace gratis::members {

struct MergedPast {
  std::set<absl::CivilDay> days;  // of visits, with those of the survivor that are kept
  int64_t purchases = 0;
  std::vector<PastPurchase> last;  // the last few of each who was merged
  std::optional<PastGift> gift;    // the last
  std::vector<OpenComplaint> complaints;
};

// By survivor. `duplicates`: survivor and duplicate, see ledger::ReadDuplicates; without any
// nothing is asked. In one snapshot (pg::Isolation::kRepeatableRead). Errors: BOOKS_DAMAGED, and
// those of the database.
absl::StatusOr<std::map<MemberId, MergedPast>> ReadMergedPasts(
    pg::Tx& tx, const ledger::Program& program, const absl::TimeZone& zone,
    absl::Span<const std::pair<MemberId, MemberId>> duplicates);

// Makes a survivor's brief one of both. `behind`: visits of theirs that are not kept yet, which the
// brief has.
void Join(const MergedPast& merged, const VisitDays& behind, Brief& brief);

}  // namespace gratis::members
