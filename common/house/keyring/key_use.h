#pragma once

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/house/keyring/keyring.h"
#include "common/pg/pool.h"

namespace gratis::house {

// Notes in the table in which hour each key was last used. Whoever calls Write from time to time
// does it for the whole process; no call waits for it. Used by one thread.
class KeyUse {
 public:
  // `clock` is the real one.
  KeyUse(Keyring& keys, pg::Pool& pool, const base::Clock& clock);

  // Writes what was used since, unless it was written for this hour already. What fails is tried
  // again the next time. Errors: those of the database.
  absl::Status Write(absl::Time deadline);

 private:
  Keyring& keys_;
  pg::Pool& pool_;
  const base::Clock& clock_;
  absl::flat_hash_map<KeyId, absl::Time> written_;  // hours
  absl::flat_hash_map<KeyId, absl::Time> pending_;
};

}  // namespace gratis::house
