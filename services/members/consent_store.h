#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/consent_rules.h"

// The table of what members said, which is only ever appended to; one function per query.
namespace gratis::members {

struct MemberConsent {
  MemberId member;
  ConsentRecord record;
};

// The number of the last record of each of the members, all of one partition; those who never said
// anything are left out.
absl::StatusOr<absl::flat_hash_map<MemberId, int64_t>> ReadLastConsentNumbers(
    pg::Tx& tx, int32_t partition, absl::Span<const MemberId> members);

// Queued; its error surfaces with the transaction's next answer.
void InsertConsents(pg::Tx& tx, int32_t partition, absl::Span<const MemberConsent> consents);

// What is in force for each, by purpose and channel: what was decided last and, of what was decided
// at one instant, recorded last.
absl::StatusOr<absl::flat_hash_map<MemberId, std::vector<Consent>>> ReadConsents(
    pg::Tx& tx, const ledger::Program& program, absl::Span<const MemberId> members);

// Of these members, those for whom whoever is responsible for them agrees to gifts.
absl::StatusOr<std::set<MemberId>> ReadGuarded(pg::Tx& tx, const ledger::Program& program,
                                               absl::Span<const MemberId> members);

// Of these members, `partitions` being theirs, those whose last word on profiling is no, be it
// withdrawn or objected to. Who was never asked is not among them.
pg::Tx::Asked AskUnprofiled(pg::Tx& tx, const std::vector<int32_t>& partitions,
                            const std::vector<MemberId>& members);
absl::StatusOr<std::set<MemberId>> TakeUnprofiled(pg::Tx& tx, pg::Tx::Asked asked);

// At most `limit` records before number `before`, the last first.
absl::StatusOr<std::vector<ConsentRecord>> ListConsentHistory(pg::Tx& tx, int32_t partition,
                                                              const MemberId& member,
                                                              int64_t before, int32_t limit);

}  // namespace gratis::members
