#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/cap_store.h"
#include "services/thanks/earning_rules.h"
#include "services/thanks/purchase.h"

namespace gratis::thanks {

// A purchase of a member's, as far as it matters for what rules look at besides.
struct EarnerWanted {
  MemberId member;
  const EarningRule* rule = nullptr;  // that it goes by; outlives what it is asked for
  OrderKey order;
  absl::Time at;
};

// What earning rules look at of members besides what they buy: their tiers, and what caps over
// several purchases have counted, of those who were merged into them, too. Loaded for one run of a
// set, under the partition's lock; what is counted since is seen by whoever comes later in the set.
// Not thread-safe.
class EarnerBook {
 public:
  EarnerBook() = default;

  // Asks only for what the rules look at: without tiers and such caps, for nothing.
  static absl::StatusOr<EarnerBook> Load(pg::Tx& tx, const ledger::Program& program,
                                         int32_t partition, const absl::TimeZone& zone,
                                         absl::Span<const EarnerWanted> wanted);

  // One of those that were loaded.
  Earner Find(const EarnerWanted& wanted, const absl::TimeZone& zone) const;

  // Counts more of a member.
  void Count(const MemberId& member, absl::Span<const CapCount> more);
  // Writes what was counted since.
  void Write(pg::Tx& tx, int32_t partition) const { AddCapCounts(tx, partition, more_); }

 private:
  std::map<MemberId, std::string> tiers_;
  CapCounts counts_;  // with what was counted since
  CapCounts more_;
};

}  // namespace gratis::thanks
