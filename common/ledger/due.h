#pragma once

#include <functional>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"
#include "common/pg/tx.h"

// Who has something that fell due and is not posted yet. Reads reckon with it, the sweeper posts
// it.
namespace gratis::ledger {

// A walk over the members of a partition with something due at `now`: first those whose wallets say
// so, then those whose units end by inactivity, among all wallets. A member may come twice. What is
// settled on the way drops out, and nothing is missed. It can be copied, to go on from a place
// again.
class DueMembers {
 public:
  enum class Which { kAll, kByWallet };  // kByWallet: without those that end by inactivity

  DueMembers(const Program& program, int32_t partition, absl::Time now, Which which = Which::kAll)
      : program_(&program), partition_(partition), now_(now), which_(which) {}

  // The next few; none when there are no more.
  absl::StatusOr<std::vector<MemberId>> Next(pg::Tx& tx);
  bool at_end() const { return stage_ == Stage::kEnd; }

 private:
  enum class Stage { kDue, kAsleep, kEnd };
  absl::StatusOr<std::vector<MemberId>> NextDue(pg::Tx& tx);
  absl::StatusOr<std::vector<MemberId>> NextAsleep(pg::Tx& tx);

  const Program* program_;
  int32_t partition_;
  absl::Time now_;
  Which which_;
  Stage stage_ = Stage::kDue;
  // Where it is: in the order of next_due, then of members.
  absl::Time due_ = absl::InfinitePast();
  MemberId member_{};
  int16_t unit_ = 0;
};

// A row that settling would post, and the lots it touches.
struct DueRow {
  JournalRow row;
  std::map<LotKey, Lot> lots;
};
// All of a partition's. To be read in one snapshot (pg::Isolation::kRepeatableRead).
absl::StatusOr<std::vector<DueRow>> ReadDueOfPartition(pg::Tx& tx, const Program& program,
                                                       int32_t partition, absl::Time now);

}  // namespace gratis::ledger
