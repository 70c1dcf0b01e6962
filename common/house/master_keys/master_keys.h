#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/tx.h"
#include "common/vault/vault.h"

// What the database knows of the master key's versions. None of it tells anything about a key.
namespace gratis::house {

struct MasterKeyRecord {
  int version = 0;
  std::string check_value;  // what tells this key from any other
  vault::SealedKey root;    // wrapped by it; empty once retired, and before there was a root
  absl::Time since;         // when it began to wrap what is new; InfinitePast: unknown
  std::optional<absl::Time> retired_at;  // from then on nothing needs it
};

// All versions, lowest first; the last one wraps what is new.
absl::StatusOr<std::vector<MasterKeyRecord>> ListMasterKeys(pg::Tx& tx);
// The same, and nobody else adds or changes one until the transaction ends. For the tables' owner.
absl::StatusOr<std::vector<MasterKeyRecord>> LockMasterKeys(pg::Tx& tx);

// These are queued.
void InsertMasterKey(pg::Tx& tx, const MasterKeyRecord& record);
void SetMasterKeyRoot(pg::Tx& tx, int version, const vault::SealedKey& root);
// All below `version` that are not retired yet.
void RetireMasterKeys(pg::Tx& tx, int version, absl::Time at);

// The one that wraps what is new; 0: the database knows none.
absl::StatusOr<int> ReadNewestVersion(pg::Tx& tx);

// Has `vault` wrap by the newest version that the database knows: for whoever is about to write a
// data key under its partition's lock. Errors: MASTER_KEY_INVALID (that version is not given to
// this process), and those of the database.
absl::Status FollowNewest(pg::Tx& tx, vault::Vault& vault);

// A vault over this database. On a new one, the newest version given is noted and a root made; a
// version 1 is made when none is given and keys are files. Processes may do this at once. Called
// with the tables' owner. Errors: MASTER_KEY_INVALID (a version that is still needed is not given,
// or is another key).
absl::StatusOr<vault::Vault> OpenVault(pg::Tx& tx, const vault::MasterKeySource& source,
                                       absl::Time now);

}  // namespace gratis::house
