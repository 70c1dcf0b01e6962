#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/house/keyring/key.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"

namespace gratis::house {

// The API keys of the house, kept in memory as a copy of table house.api_key that is read again
// when it is more than a second old. A key that was just made works at once in every process; one
// that was revoked is refused by all of them within a second or two. Thread-safe.
class Keyring {
 public:
  // `api_key_secret`: the vault's "api-key". `clock` is the real one.
  Keyring(pg::Pool& pool, std::string api_key_secret, const base::Clock& clock);

  // The key that was presented. May wait for the database, but not beyond `deadline`.
  // Errors: KEY_INVALID, KEY_REVOKED, and those of the database.
  absl::StatusOr<KeyRecord> Find(std::string_view presented, absl::Time deadline);

 private:
  struct Entry {
    KeyRecord record;
    std::string hash;
  };
  using Copy = absl::flat_hash_map<KeyId, Entry>;

  absl::Status ReadUntil(std::unique_lock<std::mutex>& lock, absl::Time deadline,
                         absl::FunctionRef<bool()> fresh);
  absl::StatusOr<Copy> Read(absl::Time deadline);

  pg::Pool& pool_;
  const std::string api_key_secret_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable read_done_;
  bool reading_ = false;
  int64_t reads_begun_ = 0;
  Copy copy_;
  int64_t copy_number_ = 0;                    // of the reading that made it
  absl::Time read_at_ = absl::InfinitePast();  // when that began
};

// --- the table itself, for whoever makes and ends keys -----------------------------------------

struct NewKey {
  KeyRecord record;
  std::string hash;  // KeyHash of its text
};

// Queues the insertion.
void InsertKeys(pg::Tx& tx, absl::Span<const NewKey> keys);

// Queues the end of keys, each at its time; one that had ended before stays as it is.
void RevokeKeys(pg::Tx& tx, absl::Span<const KeyId> keys, absl::Span<const absl::Time> revoked_at);

// Those of the keys that exist, in no particular order; locked until the transaction ends.
absl::StatusOr<std::vector<KeyRecord>> ReadKeys(pg::Tx& tx, absl::Span<const KeyId> keys);

// At most `limit` keys made before `before` (nothing: from the newest), newest first; of one
// program only, if one is given.
absl::StatusOr<std::vector<KeyRecord>> ListKeys(pg::Tx& tx, const std::optional<KeyId>& before,
                                                const std::optional<int32_t>& program,
                                                int32_t limit);

}  // namespace gratis::house
