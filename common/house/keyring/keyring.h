#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/house/keyring/key.h"
#include "common/pg/pool.h"

namespace gratis::house {

// The API keys of the house, kept in memory as a copy of table house.api_key that is read again
// when it was changed (Forget), and in any case when it is more than a second old. A key that was
// just made, or a secret, works at once in every process. One that was ended is refused at once by
// a process that hears of it (kKeysChannel), and within a second by one that cannot. Thread-safe.
class Keyring {
 public:
  // `api_key_secret`: the vault's "api-key". `clock` is the real one.
  Keyring(pg::Pool& pool, std::string api_key_secret, const base::Clock& clock);

  // The key that was presented. May wait for the database, but not beyond `deadline`.
  // Errors: KEY_INVALID, KEY_REVOKED, and those of the database.
  absl::StatusOr<KeyRecord> Find(std::string_view presented, absl::Time deadline);

  // The key with this id, for whoever it vouched for. Errors: the same.
  absl::StatusOr<KeyRecord> Get(const KeyId& key_id, absl::Time deadline);

  // The table was changed; what is in memory does not count any more.
  void Forget();

  // Those found since the last time this was asked.
  std::vector<KeyId> TakeUsed();

 private:
  struct Entry {
    KeyRecord record;
    std::string hash;
    std::string previous_hash;  // empty: there is none
  };
  using Copy = absl::flat_hash_map<KeyId, Entry>;

  // With the lock: the copy is not older than a second.
  absl::Status Refresh(std::unique_lock<std::mutex>& lock, absl::Time asked_at,
                       absl::Time deadline);
  // With the lock: the entry that has this secret; null if there is none.
  const Entry* Holding(const KeyId& key_id, std::string_view hash) const;
  // With the lock: whether only this house can have made the text, after the copy was read.
  bool MadeMeanwhile(const KeyId& key_id, std::string_view presented) const;
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
  int64_t must_be_after_ = 0;  // what was read by then does not count
  Copy copy_;
  int64_t copy_number_ = 0;                    // of the reading that made it
  absl::Time read_at_ = absl::InfinitePast();  // when that began
  absl::flat_hash_set<KeyId> used_;
};

}  // namespace gratis::house
