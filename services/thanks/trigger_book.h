#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/trigger_rules.h"

// What triggers decide from, as it is read in a transaction.
namespace gratis::thanks {

// A program's triggers as they are, and its limits.
struct TriggersInForce {
  std::vector<std::shared_ptr<const Trigger>> triggers;  // by priority and code; also those off
  TriggerLimits limits;

  // Null if there is none of this code.
  std::shared_ptr<const Trigger> Find(std::string_view code) const;
  // Those that are on and look at such moments, in the order in which they act.
  std::vector<std::shared_ptr<const Trigger>> For(Moment moment) const;
};

// Reads them, and parses only what was set since. Thread-safe.
class TriggerReader {
 public:
  absl::StatusOr<std::shared_ptr<const TriggersInForce>> Read(pg::Tx& tx,
                                                              const ledger::Program& program);

 private:
  std::mutex mutex_;
  std::map<int32_t, std::shared_ptr<const TriggersInForce>> last_;  // by program's number
};

// What is known of members, so far as these triggers ask; the state of each is the books' to say.
// What those had, and complain of, who were merged into them is theirs, wherever it is kept.
using FactsOfMembers = std::map<MemberId, MemberFacts>;
absl::StatusOr<FactsOfMembers> ReadMemberFacts(
    pg::Tx& tx, const ledger::Program& program, int32_t partition,
    absl::Span<const MemberId> members, absl::Span<const std::shared_ptr<const Trigger>> triggers,
    const TriggerLimits& limits, absl::Time now);

// Which of these are households, organizations or communities: they are members to the ledger, and
// nobody to be thanked.
absl::StatusOr<std::set<MemberId>> ReadGroupsAmong(pg::Tx& tx, const ledger::Program& program,
                                                   absl::Span<const MemberId> members);

}  // namespace gratis::thanks
