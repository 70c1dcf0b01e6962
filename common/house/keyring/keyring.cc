#include "common/house/keyring/keyring.h"

#include <utility>

#include "common/base/hash.h"
#include "common/house/keyring/key_table.h"
#include "common/house/keyring/keyring_sql.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::house {
namespace {

namespace sql = keyring::sql;

// How old the copy may be for a key that is in it, and for one that is not: a key that cannot be
// ours by its form of secret may be asked for by anybody, so that costs at most ten reads a second.
constexpr absl::Duration kFresh = absl::Seconds(1);
constexpr absl::Duration kFreshForStrangers = absl::Milliseconds(100);

absl::Status UnknownKey() { return Error(Reason::kKeyInvalid, "this API key is not known here"); }

absl::Status RevokedKey(const KeyId& key_id) {
  return Error(Reason::kKeyRevoked, "this API key was revoked", {{"key_id", key_id.ToString()}});
}

}  // namespace

Keyring::Keyring(pg::Pool& pool, std::string api_key_secret, const base::Clock& clock)
    : pool_(pool), api_key_secret_(std::move(api_key_secret)), clock_(clock) {}

absl::StatusOr<KeyRecord> Keyring::Find(std::string_view presented, absl::Time deadline) {
  ASSIGN_OR_RETURN(const KeyId key_id, KeyIdIn(presented));
  const std::string hash = KeyHash(presented);
  const absl::Time asked_at = clock_.Now();
  std::unique_lock lock(mutex_);
  const int64_t begun_before = reads_begun_;
  RETURN_IF_ERROR(Refresh(lock, asked_at, deadline));

  const Entry* entry = Holding(key_id, hash);
  if (entry == nullptr) {
    if (MadeMeanwhile(key_id, presented)) {
      RETURN_IF_ERROR(ReadUntil(lock, deadline, [&] { return copy_number_ > begun_before; }));
    } else if (!copy_.contains(key_id)) {
      RETURN_IF_ERROR(
          ReadUntil(lock, deadline, [&] { return read_at_ >= asked_at - kFreshForStrangers; }));
    }
    entry = Holding(key_id, hash);
  }
  if (entry == nullptr) return UnknownKey();
  const KeyRecord& record = entry->record;
  if (record.revoked_at) return RevokedKey(key_id);
  if (entry->hash != hash && asked_at >= record.previous_until) {
    return Error(Reason::kKeyRevoked, "this secret of the API key was replaced by a newer one",
                 {{"key_id", key_id.ToString()}});
  }
  used_.insert(key_id);
  return record;
}

absl::StatusOr<KeyRecord> Keyring::Get(const KeyId& key_id, absl::Time deadline) {
  std::unique_lock lock(mutex_);
  RETURN_IF_ERROR(Refresh(lock, clock_.Now(), deadline));
  auto found = copy_.find(key_id);
  if (found == copy_.end()) {
    // It may be younger than the copy.
    const int64_t read_before = copy_number_;
    RETURN_IF_ERROR(ReadUntil(lock, deadline, [&] { return copy_number_ > read_before; }));
    found = copy_.find(key_id);
  }
  if (found == copy_.end()) return UnknownKey();
  if (found->second.record.revoked_at) return RevokedKey(key_id);
  return found->second.record;
}

void Keyring::Forget() {
  const std::lock_guard lock(mutex_);
  must_be_after_ = reads_begun_;
}

std::vector<KeyId> Keyring::TakeUsed() {
  const std::lock_guard lock(mutex_);
  std::vector<KeyId> used(used_.begin(), used_.end());
  used_.clear();
  return used;
}

absl::Status Keyring::Refresh(std::unique_lock<std::mutex>& lock, absl::Time asked_at,
                              absl::Time deadline) {
  return ReadUntil(lock, deadline, [&] {
    // The machine's clock may be set back.
    return copy_number_ > must_be_after_ && read_at_ >= asked_at - kFresh &&
           read_at_ <= clock_.Now();
  });
}

const Keyring::Entry* Keyring::Holding(const KeyId& key_id, std::string_view hash) const {
  const auto found = copy_.find(key_id);
  if (found == copy_.end()) return nullptr;
  const Entry& entry = found->second;
  const bool holds = base::ConstantTimeEqual(entry.hash, hash) ||
                     base::ConstantTimeEqual(entry.previous_hash, hash);
  return holds ? &entry : nullptr;
}

bool Keyring::MadeMeanwhile(const KeyId& key_id, std::string_view presented) const {
  const auto known = copy_.find(key_id);
  const int32_t next = known == copy_.end() ? 1 : known->second.record.generation + 1;
  return base::ConstantTimeEqual(MakeKeyText(key_id, api_key_secret_, next), presented);
}

// Reads the table until the copy is `fresh`. One caller reads, the others wait for it.
absl::Status Keyring::ReadUntil(std::unique_lock<std::mutex>& lock, absl::Time deadline,
                                absl::FunctionRef<bool()> fresh) {
  while (!fresh()) {
    if (reading_) {
      const absl::Duration left = deadline - clock_.Now();
      if (left <= absl::ZeroDuration()) {
        return Error(Reason::kDeadlineExceeded, "the deadline passed while the key was looked up");
      }
      read_done_.wait_for(lock, absl::ToChronoMicroseconds(left));
      continue;
    }
    reading_ = true;
    const int64_t number = ++reads_begun_;
    const absl::Time began = clock_.Now();
    lock.unlock();
    absl::StatusOr<Copy> copy = Read(deadline);
    lock.lock();
    reading_ = false;
    read_done_.notify_all();
    RETURN_IF_ERROR(copy.status());
    copy_ = *std::move(copy);
    copy_number_ = number;
    read_at_ = began;
  }
  return absl::OkStatus();
}

absl::StatusOr<Keyring::Copy> Keyring::Read(absl::Time deadline) {
  Copy copy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadKeyring));
    copy.clear();
    copy.reserve(rows.size());
    for (const pg::Row row : rows) {
      KeyRecord record = KeyOf(row);
      const KeyId key_id = record.key_id;
      auto previous = row.Get<std::optional<pg::Bytes>>(kKeyColumns + 1);
      copy.emplace(key_id, Entry{.record = std::move(record),
                                 .hash = row.Get<pg::Bytes>(kKeyColumns).value,
                                 .previous_hash = previous ? previous->value : ""});
    }
    return absl::OkStatus();
  }));
  return copy;
}

}  // namespace gratis::house
