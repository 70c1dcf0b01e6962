#include "common/house/keyring/key_table.h"

#include "common/house/keyring/keyring_sql.h"
#include "common/status/macros.h"

namespace gratis::house {
namespace {

namespace sql = keyring::sql;

std::vector<KeyRecord> KeysOf(const pg::Rows& rows) {
  std::vector<KeyRecord> records;
  records.reserve(rows.size());
  for (const pg::Row row : rows) records.push_back(KeyOf(row));
  return records;
}

}  // namespace

KeyRecord KeyOf(const pg::Row& row) {
  return {.key_id = row.Get<KeyId>(0),
          .role = static_cast<Role>(row.Get<int16_t>(1)),
          .program = row.Get<std::optional<int32_t>>(2),
          .label = row.Get<std::string>(3),
          .created_at = row.Get<absl::Time>(4),
          .revoked_at = row.Get<std::optional<absl::Time>>(5),
          .store = row.Get<std::string>(6),
          .limit = {.calls_per_second = row.Get<int32_t>(7), .burst_calls = row.Get<int32_t>(8)},
          .generation = row.Get<int32_t>(9),
          .rotated_at = row.Get<std::optional<absl::Time>>(10),
          .previous_until = row.Get<std::optional<absl::Time>>(11),
          .last_used_at = row.Get<std::optional<absl::Time>>(12)};
}

void InsertKeys(pg::Tx& tx, absl::Span<const NewKey> keys) {
  std::vector<KeyId> ids;
  std::vector<pg::Bytes> hashes;
  std::vector<int16_t> roles;
  std::vector<std::optional<int32_t>> programs;
  std::vector<std::string> labels;
  std::vector<absl::Time> created;
  std::vector<std::string> stores;
  std::vector<int32_t> rates;
  std::vector<int32_t> bursts;
  for (const NewKey& key : keys) {
    ids.push_back(key.record.key_id);
    hashes.push_back({key.hash});
    roles.push_back(static_cast<int16_t>(key.record.role));
    programs.push_back(key.record.program);
    labels.push_back(key.record.label);
    created.push_back(key.record.created_at);
    stores.push_back(key.record.store);
    rates.push_back(key.record.limit.calls_per_second);
    bursts.push_back(key.record.limit.burst_calls);
  }
  tx.Send(sql::kInsertKeys, ids, hashes, roles, programs, labels, created, stores, rates, bursts);
}

void WriteKeys(pg::Tx& tx, absl::Span<const ChangedKey> keys) {
  std::vector<KeyId> ids;
  std::vector<std::string> labels;
  std::vector<int32_t> rates;
  std::vector<int32_t> bursts;
  std::vector<std::optional<absl::Time>> revoked;
  std::vector<int32_t> generations;
  std::vector<std::optional<absl::Time>> rotated;
  std::vector<std::optional<absl::Time>> previous_until;
  std::vector<std::optional<pg::Bytes>> hashes;
  for (const auto& [key, new_hash] : keys) {
    ids.push_back(key.key_id);
    labels.push_back(key.label);
    rates.push_back(key.limit.calls_per_second);
    bursts.push_back(key.limit.burst_calls);
    revoked.push_back(key.revoked_at);
    generations.push_back(key.generation);
    rotated.push_back(key.rotated_at);
    previous_until.push_back(key.previous_until);
    hashes.push_back(new_hash ? std::optional(pg::Bytes{*new_hash}) : std::nullopt);
  }
  tx.Send(sql::kWriteKeys, ids, labels, rates, bursts, revoked, generations, rotated,
          previous_until, hashes);
  tx.Send(sql::kNotifyChange, std::string_view(kKeysChannel));
}

void NoteUse(pg::Tx& tx, absl::Span<const KeyId> keys, absl::Span<const absl::Time> hours) {
  tx.Send(sql::kNoteUse, keys, hours);
}

absl::StatusOr<std::vector<KeyRecord>> FindKeys(pg::Tx& tx, absl::Span<const KeyId> keys) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindKeys, keys));
  return KeysOf(rows);
}

absl::StatusOr<std::vector<KeyRecord>> ReadKeys(pg::Tx& tx, absl::Span<const KeyId> keys) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kLockKeys, keys));
  return KeysOf(rows);
}

absl::StatusOr<std::vector<KeyRecord>> ListKeys(pg::Tx& tx, const std::optional<KeyId>& before,
                                                const std::optional<int32_t>& program,
                                                int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListKeys, before, program, static_cast<int64_t>(limit)));
  return KeysOf(rows);
}

}  // namespace gratis::house
