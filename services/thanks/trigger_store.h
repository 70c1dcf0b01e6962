#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/trigger_rules.h"
#include "services/thanks/trigger_words.h"

// The tables of triggers, one function per query. What is written is queued.
namespace gratis::thanks {

// A trigger's code and one of its versions.
using TriggerVersion = std::pair<std::string, int32_t>;

// The versions in force, by code.
pg::Tx::Asked AskTriggerVersions(pg::Tx& tx, const ledger::Program& program);
absl::StatusOr<std::vector<TriggerVersion>> TakeTriggerVersions(pg::Tx& tx, pg::Tx::Asked asked);
// These, by code and version; those that are not there are left out.
absl::StatusOr<std::vector<Trigger>> ReadTriggers(pg::Tx& tx, const ledger::Program& program,
                                                  absl::Span<const TriggerVersion> versions);
void InsertTrigger(pg::Tx& tx, const ledger::Program& program, const Trigger& trigger,
                   absl::Time set_at);
// When the first version of each was set.
absl::StatusOr<std::map<std::string, absl::Time>> ReadFirstSet(
    pg::Tx& tx, const ledger::Program& program, const std::vector<std::string>& codes);

pg::Tx::Asked AskTriggerLimits(pg::Tx& tx, const ledger::Program& program);
absl::StatusOr<TriggerLimits> TakeTriggerLimits(pg::Tx& tx, pg::Tx::Asked asked);
void InsertTriggerLimits(pg::Tx& tx, const ledger::Program& program, const TriggerLimits& limits,
                         absl::Time set_at);

// What members were given since `since` or is due to them, and all they ever had of the triggers
// `ever`, oldest first.
pg::Tx::Asked AskPastThanks(pg::Tx& tx, int32_t partition, const std::vector<MemberId>& members,
                            absl::Time since, const std::vector<std::string>& ever);
absl::StatusOr<std::map<MemberId, std::vector<PastThanks>>> TakePastThanks(pg::Tx& tx,
                                                                           pg::Tx::Asked asked);

// Each in its own partition: new, or with another outcome than before. `old_at` follows from the
// trigger's max_age.
struct ResultToWrite {
  const TriggerResult* result;
  absl::Time old_at;
};
void WriteTriggerResults(pg::Tx& tx, absl::Span<const ResultToWrite> results);

// What a purchase was not meant for.
struct PassedOver {
  std::string trigger;
  int32_t version = 0;
  TriggerWhy why = TriggerWhy::kNone;

  friend bool operator==(const PassedOver&, const PassedOver&) = default;
};
struct PassedOverAt {
  Uuid subject;
  Moment moment;
  std::vector<PassedOver> passed;
};
void InsertPassedOver(pg::Tx& tx, int32_t partition, absl::Span<const PassedOverAt> all);
absl::StatusOr<std::vector<PassedOver>> ReadPassedOver(pg::Tx& tx, int32_t partition,
                                                       const Uuid& subject);

// Results of each subject; of one trigger, or (empty) of all. By subject and trigger.
absl::StatusOr<std::vector<TriggerResult>> FindResults(pg::Tx& tx, int32_t partition,
                                                       const std::vector<Uuid>& subjects,
                                                       const std::vector<std::string>& triggers);

// A place in a list by time.
struct ResultPlace {
  absl::Time at;
  Uuid subject;
  std::string trigger;
};
// At most `limit` of a member's, latest first, behind a place.
absl::StatusOr<std::vector<TriggerResult>> ListResults(pg::Tx& tx, int32_t partition,
                                                       const MemberId& member,
                                                       const ResultPlace& behind, int32_t limit);
// At most `limit` that are due by `now` and do not wait for a complaint's end, behind a place.
absl::StatusOr<std::vector<TriggerResult>> FindDue(pg::Tx& tx, int32_t partition, absl::Time now,
                                                   const ResultPlace& behind, int32_t limit);

// How far sign-ups were read: 0 where they were not.
absl::StatusOr<ledger::Cursor> ReadWelcomeCursors(pg::Tx& tx,
                                                  const std::vector<int32_t>& partitions);
void WriteWelcomeCursor(pg::Tx& tx, int32_t partition, int64_t seq);

}  // namespace gratis::thanks
