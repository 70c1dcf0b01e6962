#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "common/vault/vault.h"
#include "services/members/preference_rules.h"
#include "services/members/preference_store.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

// A change of preferences, sealed already: nothing that happens under the partition's lock costs a
// cipher.
struct SealedChange {
  MemberId member;
  bool known = false;                 // the member has a data key; else there is nothing in it
  std::vector<SealedPreference> set;  // set_at is decided
  std::vector<std::string> clear;     // lookup keys
};

// Sets and clears preferences of a member. Answers with SetPreferencesResponse. Errors:
// MEMBER_NOT_FOUND, MEMBER_ERASED; FIELD_INVALID (there would be too many).
class SetPreferences final : public ledger::Mutation {
 public:
  SetPreferences(const ledger::Program& program, SealedChange change, base::IdSource& ids,
                 absl::Time now);

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class PreferenceSets;
  using Keys = absl::flat_hash_map<MemberId, std::set<std::string>>;

  SealedChange change_;
  const TransactionId transaction_;
  std::shared_ptr<Keys> kept_;  // loaded; the set's own, so that each sees those before
};

class PreferenceSets final : public ledger::KindOf<SetPreferences> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetPreferences* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetPreferences* const> set) override;
};

// What members like: the use cases. Thread-safe; deadlines are real time.
class Preferences {
 public:
  // All arguments outlive this.
  Preferences(const vault::Vault& vault, base::IdSource& ids, pg::Pool& pool)
      : vault_(vault), ids_(ids), pool_(pool) {}

  using DataKeys = absl::flat_hash_map<MemberId, vault::SealedKey>;

  // What changes of these members are sealed with.
  absl::StatusOr<DataKeys> ReadKeys(const ledger::Program& program,
                                    absl::Span<const MemberId> members, absl::Time deadline) const;

  // A checked change, ready to be posted. Errors: BOOKS_DAMAGED, MASTER_KEY_INVALID.
  absl::StatusOr<std::unique_ptr<SetPreferences>> Prepare(const ledger::Program& program,
                                                          const MemberId& member,
                                                          const PreferenceChange& change,
                                                          const DataKeys& keys,
                                                          absl::Time now) const;

  // By key. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, BOOKS_DAMAGED.
  absl::StatusOr<std::vector<KeptPreference>> Get(const ledger::Program& program,
                                                  const MemberId& member,
                                                  absl::Time deadline) const;

  // The same for many, by member; those who like nothing in particular, or were erased, are left
  // out.
  absl::StatusOr<absl::flat_hash_map<MemberId, std::vector<KeptPreference>>> GetMany(
      const ledger::Program& program, absl::Span<const MemberId> members,
      absl::Time deadline) const;

 private:
  const vault::Vault& vault_;
  base::IdSource& ids_;
  pg::Pool& pool_;
};

// Under what a preference is stored, by its key.
std::string PreferenceLookupKey(const vault::Vault& vault, const ledger::Program& program,
                                std::string_view key);

// A member's preferences opened with their data key, by preference key. Errors: BOOKS_DAMAGED,
// MASTER_KEY_INVALID.
absl::StatusOr<std::vector<KeptPreference>> OpenPreferences(
    const vault::Vault& vault, const vault::SealedKey& key,
    absl::Span<const SealedPreference> sealed);

// Those of `members` who want nothing celebrated. For the transaction of a caller's own.
absl::StatusOr<std::set<MemberId>> ReadUncelebrated(pg::Tx& tx, const vault::Vault& vault,
                                                    const ledger::Program& program,
                                                    absl::Span<const MemberId> members);

}  // namespace gratis::members
