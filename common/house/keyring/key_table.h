#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/house/keyring/key.h"
#include "common/pg/rows.h"
#include "common/pg/tx.h"

// Table house.api_key, for whoever makes, changes and ends keys.
namespace gratis::house {

// Where changes of keys are notified, for the keyrings of all processes. That there is a new one is
// not: it is looked for when it is presented.
inline constexpr char kKeysChannel[] = "gratis_keys";

struct NewKey {
  KeyRecord record;
  std::string hash;  // KeyHash of its text
};

// The key in the first columns of a row: those of list_keys.sql.
constexpr int kKeyColumns = 13;
KeyRecord KeyOf(const pg::Row& row);

// Queues the insertion, of keys that were never rotated.
void InsertKeys(pg::Tx& tx, absl::Span<const NewKey> keys);

// A key as it is from now on.
struct ChangedKey {
  KeyRecord record;
  std::optional<std::string> new_hash;  // of a new secret; the one before then goes on until
                                        // record.previous_until, if that is set
};

// Queues what may change of a key, label, limit, its secrets and its end, and that all are told.
void WriteKeys(pg::Tx& tx, absl::Span<const ChangedKey> keys);

// Queues that keys were used, each in the hour that begins at its time.
void NoteUse(pg::Tx& tx, absl::Span<const KeyId> keys, absl::Span<const absl::Time> hours);

// Those of the keys that exist, in no particular order.
absl::StatusOr<std::vector<KeyRecord>> FindKeys(pg::Tx& tx, absl::Span<const KeyId> keys);

// The same, locked until the transaction ends.
absl::StatusOr<std::vector<KeyRecord>> ReadKeys(pg::Tx& tx, absl::Span<const KeyId> keys);

// At most `limit` keys made before `before` (nothing: from the newest), newest first; of one
// program only, if one is given.
absl::StatusOr<std::vector<KeyRecord>> ListKeys(pg::Tx& tx, const std::optional<KeyId>& before,
                                                const std::optional<int32_t>& program,
                                                int32_t limit);

}  // namespace gratis::house
