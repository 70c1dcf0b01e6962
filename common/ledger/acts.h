#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

// What people answer for: settings, keys, and what staff do by hand or take away. Read from the
// journal, like everything that happened; from where a key did it stands beside it.
namespace gratis::ledger {

// The kinds of facts that are acts; of some of them only those that staff did, and not what tills,
// back ends and members do every day: those whose source is kStaffSource. A kind that joins them
// must be one of those that the index journal_by_act holds, or list_acts.sql will not find it. How
// something was before is found by the index journal_by_setting, if a fact of the kind says how it
// is from then on; else the fact says it itself, in `before` of its detail.
absl::Span<const FactKind> ActKinds();
bool IsAct(const Fact& fact);

// Where a list of acts stands; the next page begins behind it.
struct ActPlace {
  absl::Time recorded_at = absl::InfiniteFuture();
  int32_t partition = 0;
  int64_t seq = 0;
};

struct ActFilter {
  ActPlace before;
  std::vector<FactKind> kinds;  // of ActKinds; none: all of them
  std::string actor;            // empty: whoever did it
  MemberId member;              // nil: about anybody and anything
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  // Besides the acts about the program's keys, which are in the books of the house, those about
  // programs and about keys of all programs.
  bool of_the_house = false;
};

struct Act {
  JournalRow row;
  std::string before;   // the detail of the act before that set the same thing, or what it says
                        // itself of how that was; empty if there was nothing
  std::string network;  // from where a key did it; empty if no key did, or before that was kept
};

// At most `limit` acts, newest first.
absl::StatusOr<std::vector<Act>> ReadActs(pg::Tx& tx, const Program& program,
                                          const ActFilter& filter, int32_t limit);

}  // namespace gratis::ledger
