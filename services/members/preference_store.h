#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "common/vault/vault.h"

// The table of what members like, as it is sealed; one function per query.
namespace gratis::members {

// A preference that only the member's data key opens.
struct SealedPreference {
  MemberId member;
  std::string lookup_key;  // 16 bytes of a keyed hash of its key
  std::string sealed;
  absl::Time set_at;
};

// The data key of each member that has one.
absl::StatusOr<absl::flat_hash_map<MemberId, vault::SealedKey>> ReadDataKeys(
    pg::Tx& tx, const ledger::Program& program, absl::Span<const MemberId> members);

// All preferences of each member, those of one member together.
absl::StatusOr<std::vector<SealedPreference>> ReadPreferences(pg::Tx& tx,
                                                              const ledger::Program& program,
                                                              absl::Span<const MemberId> members);

// The same in two steps, to travel with whatever else is asked.
pg::Tx::Asked AskPreferences(pg::Tx& tx, const ledger::Program& program,
                             absl::Span<const MemberId> members);
absl::StatusOr<std::vector<SealedPreference>> TakePreferences(pg::Tx& tx, pg::Tx::Asked asked);

// The preference with this key of each member that has it.
absl::StatusOr<std::vector<SealedPreference>> FindPreferences(pg::Tx& tx,
                                                              const ledger::Program& program,
                                                              absl::Span<const MemberId> members,
                                                              std::string_view lookup_key);

// The lookup keys of each member's preferences; all of one partition.
absl::StatusOr<absl::flat_hash_map<MemberId, std::set<std::string>>> ReadPreferenceKeys(
    pg::Tx& tx, int32_t partition, absl::Span<const MemberId> members);

// Each member and lookup key at most once. Queued; errors surface with the transaction's next
// answer.
void WritePreferences(pg::Tx& tx, int32_t partition,
                      absl::Span<const SealedPreference* const> preferences);
void DeletePreferences(pg::Tx& tx, int32_t partition,
                       absl::Span<const std::pair<MemberId, std::string>> preferences);

}  // namespace gratis::members
