#include "services/members/key_rotation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/house/master_keys/key_use.h"
#include "common/pg/pause.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/vault.pb.h"
#include "services/members/data_key_store.h"

namespace gratis::members {
namespace {

constexpr char kSource[] = "master key";
constexpr absl::Duration kRotationStepLimit = absl::Seconds(1);
constexpr absl::Duration kAskAgain = absl::Milliseconds(100);
constexpr int32_t kPageKeys = 500;
constexpr int32_t kProgramsPage = 500;

std::string Answer(int version, int previous) {
  v1::RotateMasterKeyResponse response;
  response.set_version(version);
  response.set_previous_version(previous);
  return response.SerializeAsString();
}

absl::StatusOr<std::shared_ptr<VersionsInRun>> ReadVersions(pg::Tx& tx) {
  ASSIGN_OR_RETURN(VersionsInRun versions, house::ListMasterKeys(tx));
  if (versions.empty()) {
    return Error(Reason::kBooksDamaged, "the database knows no version of its master key");
  }
  return std::make_shared<VersionsInRun>(std::move(versions));
}

absl::Status PostAbout(ledger::Books& books, const TransactionId& transaction, std::string detail) {
  return books
      .Post({.kind = ledger::FactKind::kMasterKeyRotated,
             .transaction = transaction,
             .member = {},
             .effective_at = books.recorded_at(),
             .source = kSource,
             .detail = std::move(detail)})
      .status();
}

std::vector<int> Unretired(const VersionsInRun& versions, int below) {
  std::vector<int> unretired;
  for (const house::MasterKeyRecord& record : versions) {
    if (record.version < below && !record.retired_at) unretired.push_back(record.version);
  }
  return unretired;
}

// Waits its turn for every head of a program. Whoever enrolled somebody before has committed then,
// and whoever does so later knows the newest version.
class Pass final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books&) override { return std::string(); }
};

}  // namespace

bool IsUnderWay(const VersionsInRun& versions) {
  return !versions.empty() && !Unretired(versions, versions.back().version).empty();
}

absl::StatusOr<std::string> MasterKeyRotation::Decide(ledger::Books& books) {
  begins_ = false;
  const int current = versions_->back().version;
  if (!asked_for_ && (IsUnderWay(*versions_) || version_ <= current)) {
    return Answer(current, current);
  }
  if (version_ <= current) {
    return FieldError(Reason::kMasterKeyInvalid, "version",
                      absl::StrCat("version ", version_, " of the master key is not newer than ",
                                   current, ", which wraps what is new already"));
  }
  RETURN_IF_ERROR(
      PostAbout(books, transaction_,
                absl::StrCat("{\"version\":", version_, ",\"previous_version\":", current, "}")));
  begins_ = true;
  since_ = books.recorded_at();
  if (!envelope.validate_only) {
    versions_->push_back({.version = version_,
                          .check_value = {},
                          .root = {},
                          .since = since_,
                          .retired_at = std::nullopt});
  }
  return Answer(version_, current);
}

absl::Status MasterKeyRotations::LoadAll(pg::Tx& tx, absl::Span<MasterKeyRotation* const> set) {
  ASSIGN_OR_RETURN(const std::shared_ptr<VersionsInRun> versions, ReadVersions(tx));
  for (MasterKeyRotation* rotation : set) rotation->versions_ = versions;
  return absl::OkStatus();
}

absl::Status MasterKeyRotations::WriteAll(pg::Tx& tx, absl::Span<MasterKeyRotation* const> set) {
  for (const MasterKeyRotation* rotation : set) {
    if (!rotation->begins_) continue;
    ASSIGN_OR_RETURN(std::string check_value, vault_.CheckValue(rotation->version_));
    ASSIGN_OR_RETURN(vault::SealedKey root, vault_.WrapRoot(rotation->version_));
    house::InsertMasterKey(tx, {.version = rotation->version_,
                                .check_value = std::move(check_value),
                                .root = std::move(root),
                                .since = rotation->since_,
                                .retired_at = std::nullopt});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MasterKeyRetirement::Decide(ledger::Books& books) {
  const std::vector<int> over = Unretired(*versions_, version_);
  if (over.empty()) return std::string();
  at_ = books.recorded_at();
  RETURN_IF_ERROR(PostAbout(
      books, transaction_,
      absl::StrCat("{\"version\":", version_, ",\"retired\":[", absl::StrJoin(over, ","), "]}")));
  for (house::MasterKeyRecord& record : *versions_) {
    if (record.version < version_ && !record.retired_at) record.retired_at = at_;
  }
  return std::string();
}

absl::Status MasterKeyRetirements::LoadAll(pg::Tx& tx, absl::Span<MasterKeyRetirement* const> set) {
  ASSIGN_OR_RETURN(const std::shared_ptr<VersionsInRun> versions, ReadVersions(tx));
  for (MasterKeyRetirement* retirement : set) retirement->versions_ = versions;
  return absl::OkStatus();
}

absl::Status MasterKeyRetirements::WriteAll(pg::Tx& tx,
                                            absl::Span<MasterKeyRetirement* const> set) {
  for (const MasterKeyRetirement* retirement : set) {
    house::RetireMasterKeys(tx, retirement->version_, retirement->at_);
  }
  return absl::OkStatus();
}

absl::StatusOr<KeyRotation::Versions> KeyRotation::Look(absl::Time deadline) const {
  Versions versions;
  ASSIGN_OR_RETURN(versions.given, vault_.Given());
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(versions.known, house::ListMasterKeys(tx));
    ASSIGN_OR_RETURN(versions.data_keys, DataKeyStore(tx).Count());
    ASSIGN_OR_RETURN(versions.others, house::ReadOldestVersions(tx));
    return absl::OkStatus();
  }));
  return versions;
}

absl::StatusOr<std::unique_ptr<MasterKeyRotation>> KeyRotation::Prepare(int version, bool make,
                                                                        absl::Time now,
                                                                        absl::Time deadline) const {
  const TransactionId transaction = ledger::TransactionOfProgram(ledger::House(), ids_.Next(now));
  if (version != 0) {
    RETURN_IF_ERROR(vault_.CheckValue(version).status());
    return std::make_unique<MasterKeyRotation>(transaction, version, /*asked_for=*/true);
  }
  ASSIGN_OR_RETURN(const VersionsInRun known, Follow(deadline));
  const int current = known.empty() ? vault_.version() : known.back().version;
  ASSIGN_OR_RETURN(const std::vector<vault::MasterKey> given, vault_.Given());
  int next = given.empty() ? current : given.back().version;
  if (next <= current && !IsUnderWay(known)) {
    next = current + 1;
    RETURN_IF_ERROR(vault_.CheckMakes(next));
    if (make) RETURN_IF_ERROR(vault_.MakeKey(next));
  }
  return std::make_unique<MasterKeyRotation>(transaction, next, /*asked_for=*/false);
}

absl::StatusOr<VersionsInRun> KeyRotation::Follow(absl::Time deadline) const {
  VersionsInRun versions;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(house::FollowNewest(tx, vault_));
    ASSIGN_OR_RETURN(versions, house::ListMasterKeys(tx));
    return absl::OkStatus();
  }));
  return versions;
}

absl::StatusOr<int64_t> KeyRotation::CountBelow(int version, absl::Time deadline) const {
  int64_t count = 0;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(count, DataKeyStore(tx).CountBelow(version));
    return absl::OkStatus();
  }));
  return count;
}

absl::StatusOr<std::vector<std::string>> KeyRotation::WaitForOthers(int version, absl::Time until,
                                                                    absl::Time deadline) const {
  while (true) {
    std::vector<std::string> behind;
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
      behind.clear();
      ASSIGN_OR_RETURN(const auto others, house::ReadOldestVersions(tx));
      for (const auto& [holder, oldest] : others) {
        if (oldest < version) behind.push_back(holder);
      }
      return absl::OkStatus();
    }));
    if (behind.empty() || !pg::Pause(kAskAgain, until)) return behind;
  }
}

absl::StatusOr<std::optional<int64_t>> KeyRotation::RewrapPage(int version,
                                                               absl::Time deadline) const {
  std::optional<int32_t> partition;
  std::vector<StaleKey> keys;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    DataKeyStore store(tx);
    ASSIGN_OR_RETURN(partition, store.FindPartitionBelow(version));
    if (!partition) return absl::OkStatus();
    ASSIGN_OR_RETURN(keys, store.ListBelow(*partition, version, kPageKeys));
    return absl::OkStatus();
  }));
  if (!partition) return std::nullopt;
  // Ciphers cost no lock anything.
  for (StaleKey& key : keys) {
    ASSIGN_OR_RETURN(key.fresh, vault_.Rewrap(key.key, key.member.uuid.AsBytes()));
  }
  int64_t replaced = 0;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(replaced, DataKeyStore(tx).Replace(*partition, keys));
    return absl::OkStatus();
  }));
  return replaced;
}

ledger::Envelope KeyRotation::EnvelopeOf(const ledger::Program& program, const Rewrapper& by,
                                         absl::Time now, absl::Time deadline) const {
  ledger::Envelope envelope;
  envelope.program = program;
  envelope.actor = by.actor;
  envelope.network = by.network;
  envelope.now = now;
  envelope.deadline = deadline;
  return envelope;
}

absl::Status KeyRotation::PassAllHeads(const Rewrapper& by, absl::Time now, absl::Time deadline) {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<ledger::Program> page,
                     programs_.List(after, kProgramsPage, deadline));
    for (const ledger::Program& program : page) {
      auto pass = std::make_unique<Pass>();
      pass->envelope = EnvelopeOf(program, by, now, deadline);
      pass->envelope.all_partitions = true;
      RETURN_IF_ERROR(poster_.Post(no_tables_, std::move(pass)).answer.status());
    }
    if (page.size() < static_cast<size_t>(kProgramsPage)) return absl::OkStatus();
    after = page.back().code;
  }
}

absl::StatusOr<KeyRotation::Rewrapped> KeyRotation::Rewrap(const Rewrapper& by, absl::Time now,
                                                           absl::Time deadline) {
  ASSIGN_OR_RETURN(const VersionsInRun versions, Follow(deadline));
  if (!IsUnderWay(versions)) return Rewrapped{.finished = true};
  const int version = versions.back().version;
  const absl::Time until = std::min(deadline, pg::RealNow() + kRotationStepLimit);
  Rewrapped done;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<int64_t> page, RewrapPage(version, deadline));
    if (!page) break;
    done.data_keys += *page;
    if (pg::RealNow() < until) continue;
    ASSIGN_OR_RETURN(done.remaining, CountBelow(version, deadline));
    return done;
  }
  ASSIGN_OR_RETURN(done.waits_for, WaitForOthers(version, until, deadline));
  if (done.waits_for.empty()) RETURN_IF_ERROR(PassAllHeads(by, now, deadline));
  ASSIGN_OR_RETURN(done.remaining, CountBelow(version, deadline));
  if (done.remaining > 0 || !done.waits_for.empty()) return done;
  auto retirement = std::make_unique<MasterKeyRetirement>(
      ledger::TransactionOfProgram(ledger::House(), ids_.Next(now)), version);
  retirement->envelope = EnvelopeOf(ledger::House(), by, now, deadline);
  RETURN_IF_ERROR(poster_.Post(retirements_, std::move(retirement)).answer.status());
  done.finished = true;
  return done;
}

}  // namespace gratis::members
