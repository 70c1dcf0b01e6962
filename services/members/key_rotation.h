#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/house/master_keys/master_keys.h"
#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/vault/vault.h"

// How one version of the master key follows another while the engine runs.
namespace gratis::members {

// The versions as they stand in one run, those begun in it included.
using VersionsInRun = std::vector<house::MasterKeyRecord>;

// Whether versions before the newest are still needed.
bool IsUnderWay(const VersionsInRun& versions);

// Another version begins to wrap what is new; posted in the house's books. Answers with
// RotateMasterKeyResponse. Errors: MASTER_KEY_INVALID (not newer than the current one).
class MasterKeyRotation final : public ledger::Mutation {
 public:
  // `version`: the one to begin with; `asked_for`: whether the caller named it. One that was not
  // named gives way to a rotation that is under way.
  MasterKeyRotation(TransactionId transaction, int version, bool asked_for)
      : transaction_(transaction), version_(version), asked_for_(asked_for) {}

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class MasterKeyRotations;

  const TransactionId transaction_;
  const int version_;
  const bool asked_for_;
  std::shared_ptr<VersionsInRun> versions_;  // loaded
  bool begins_ = false;                      // decided
  absl::Time since_;
};

class MasterKeyRotations final : public ledger::KindOf<MasterKeyRotation> {
 public:
  // `vault` outlives it.
  explicit MasterKeyRotations(vault::Vault& vault) : vault_(vault) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<MasterKeyRotation* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<MasterKeyRotation* const> set) override;

 private:
  vault::Vault& vault_;
};

// The versions below `version` are needed no more; posted in the house's books, once. Answers with
// nothing.
class MasterKeyRetirement final : public ledger::Mutation {
 public:
  MasterKeyRetirement(TransactionId transaction, int version)
      : transaction_(transaction), version_(version) {}

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class MasterKeyRetirements;

  const TransactionId transaction_;
  const int version_;
  std::shared_ptr<VersionsInRun> versions_;
  absl::Time at_;
};

class MasterKeyRetirements final : public ledger::KindOf<MasterKeyRetirement> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<MasterKeyRetirement* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<MasterKeyRetirement* const> set) override;
};

// The use cases. Thread-safe.
class KeyRotation {
 public:
  // All arguments outlive this.
  KeyRotation(vault::Vault& vault, base::IdSource& ids, pg::Pool& pool, ledger::Poster& poster,
              ledger::ProgramDirectory& programs)
      : vault_(vault), ids_(ids), pool_(pool), poster_(poster), programs_(programs) {}

  struct Versions {
    VersionsInRun known;                  // to the database
    std::vector<vault::MasterKey> given;  // to this process, without their bytes
    std::map<int, int64_t> data_keys;     // by version
    std::map<std::string, int> others;    // who else has keys, and the oldest version these need
  };
  absl::StatusOr<Versions> Look(absl::Time deadline) const;

  // A rotation to `version`, ready to be posted; 0: see RotateMasterKeyRequest. Makes the key's
  // file when there has to be one and `make` says so. Errors: MASTER_KEY_INVALID.
  absl::StatusOr<std::unique_ptr<MasterKeyRotation>> Prepare(int version, bool make, absl::Time now,
                                                             absl::Time deadline) const;

  struct Rewrapped {
    int64_t data_keys = 0;
    int64_t remaining = 0;
    std::vector<std::string> waits_for;  // whose keys older versions still wrap, beside members'
    bool finished = false;
  };
  // Whose doing it is that a version is retired, and from where, as an envelope says it.
  struct Rewrapper {
    std::string actor;
    std::string network;
  };
  // Wraps data keys again for about a second, and retires what is not needed any more: when whoever
  // else has keys is through with theirs, too. `now` is the house's time, `deadline` real time.
  absl::StatusOr<Rewrapped> Rewrap(const Rewrapper& by, absl::Time now, absl::Time deadline);

 private:
  absl::StatusOr<VersionsInRun> Follow(absl::Time deadline) const;
  // Nothing: no key is left. Else how many were wrapped again.
  absl::StatusOr<std::optional<int64_t>> RewrapPage(int version, absl::Time deadline) const;
  absl::StatusOr<int64_t> CountBelow(int version, absl::Time deadline) const;
  // Until `until` at most. Returns who is not past the versions before `version` even then.
  absl::StatusOr<std::vector<std::string>> WaitForOthers(int version, absl::Time until,
                                                         absl::Time deadline) const;
  ledger::Envelope EnvelopeOf(const ledger::Program& program, const Rewrapper& by, absl::Time now,
                              absl::Time deadline) const;
  absl::Status PassAllHeads(const Rewrapper& by, absl::Time now, absl::Time deadline);

  vault::Vault& vault_;
  base::IdSource& ids_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  ledger::ProgramDirectory& programs_;
  ledger::MutationKind no_tables_;
  MasterKeyRetirements retirements_;
};

}  // namespace gratis::members
