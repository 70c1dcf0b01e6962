#include "common/house/keyring/keyring.h"

#include <utility>

#include "common/base/hash.h"
#include "common/house/keyring/keyring_sql.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::house {
namespace {

namespace sql = keyring::sql;

// How old the copy may be for a key that is in it, and for one that is not: a key that cannot be
// ours by its form of secret may be asked for by anybody, so that costs at most ten reads a second.
constexpr absl::Duration kFresh = absl::Seconds(1);
constexpr absl::Duration kFreshForStrangers = absl::Milliseconds(100);

KeyRecord RecordOf(const pg::Row& row) {
  return {.key_id = row.Get<KeyId>(0),
          .role = static_cast<Role>(row.Get<int16_t>(1)),
          .program = row.Get<std::optional<int32_t>>(2),
          .label = row.Get<std::string>(3),
          .created_at = row.Get<absl::Time>(4),
          .revoked_at = row.Get<std::optional<absl::Time>>(5)};
}

std::vector<KeyRecord> RecordsOf(const pg::Rows& rows) {
  std::vector<KeyRecord> records;
  records.reserve(rows.size());
  for (const pg::Row row : rows) records.push_back(RecordOf(row));
  return records;
}

}  // namespace

Keyring::Keyring(pg::Pool& pool, std::string api_key_secret, const base::Clock& clock)
    : pool_(pool), api_key_secret_(std::move(api_key_secret)), clock_(clock) {}

absl::StatusOr<KeyRecord> Keyring::Find(std::string_view presented, absl::Time deadline) {
  ASSIGN_OR_RETURN(const KeyId key_id, KeyIdIn(presented));
  std::unique_lock lock(mutex_);
  const absl::Time asked_at = clock_.Now();
  const int64_t begun_before = reads_begun_;
  RETURN_IF_ERROR(ReadUntil(lock, deadline, [&] {
    // The machine's clock may be set back.
    return read_at_ >= asked_at - kFresh && read_at_ <= clock_.Now();
  }));

  auto found = copy_.find(key_id);
  if (found == copy_.end()) {
    // Only this house can have made a genuine text, so the key was made after the copy was read.
    const bool genuine = base::ConstantTimeEqual(MakeKeyText(key_id, api_key_secret_), presented);
    RETURN_IF_ERROR(ReadUntil(lock, deadline, [&] {
      return genuine ? copy_number_ > begun_before : read_at_ >= asked_at - kFreshForStrangers;
    }));
    found = copy_.find(key_id);
  }
  const absl::Status unknown = Error(Reason::kKeyInvalid, "this API key is not known here");
  if (found == copy_.end()) return unknown;
  Entry entry = found->second;
  lock.unlock();
  if (!base::ConstantTimeEqual(entry.hash, KeyHash(presented))) return unknown;
  if (entry.record.revoked_at) {
    return Error(Reason::kKeyRevoked, "this API key was revoked", {{"key_id", key_id.ToString()}});
  }
  return std::move(entry.record);
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
  RETURN_IF_ERROR(
      pg::RunTx(pool_, {.deadline = deadline, .read_only = true}, [&](pg::Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadKeyring));
        copy.clear();
        copy.reserve(rows.size());
        for (const pg::Row row : rows) {
          const KeyRecord record = RecordOf(row);
          copy.emplace(record.key_id, Entry{record, row.Get<pg::Bytes>(6).value});
        }
        return absl::OkStatus();
      }));
  return copy;
}

void InsertKeys(pg::Tx& tx, absl::Span<const NewKey> keys) {
  std::vector<KeyId> ids;
  std::vector<pg::Bytes> hashes;
  std::vector<int16_t> roles;
  std::vector<std::optional<int32_t>> programs;
  std::vector<std::string> labels;
  std::vector<absl::Time> created;
  for (const NewKey& key : keys) {
    ids.push_back(key.record.key_id);
    hashes.push_back({key.hash});
    roles.push_back(static_cast<int16_t>(key.record.role));
    programs.push_back(key.record.program);
    labels.push_back(key.record.label);
    created.push_back(key.record.created_at);
  }
  tx.Send(sql::kInsertKeys, ids, hashes, roles, programs, labels, created);
}

void RevokeKeys(pg::Tx& tx, absl::Span<const KeyId> keys, absl::Span<const absl::Time> revoked_at) {
  tx.Send(sql::kRevokeKeys, keys, revoked_at);
}

absl::StatusOr<std::vector<KeyRecord>> ReadKeys(pg::Tx& tx, absl::Span<const KeyId> keys) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kLockKeys, keys));
  return RecordsOf(rows);
}

absl::StatusOr<std::vector<KeyRecord>> ListKeys(pg::Tx& tx, const std::optional<KeyId>& before,
                                                const std::optional<int32_t>& program,
                                                int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListKeys, before, program, static_cast<int64_t>(limit)));
  return RecordsOf(rows);
}

}  // namespace gratis::house
