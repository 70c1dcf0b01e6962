#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/vault/vault.h"

namespace gratis::pg {
class Tx;
}

namespace gratis::members {

// A member's data key, as it stands and as it shall be.
struct StaleKey {
  MemberId member;
  vault::SealedKey key;
  vault::SealedKey fresh;
};

// The data keys of all members, whatever program they are of, by the version of the master key that
// wraps them; a method for each query. Lives inside one transaction.
class DataKeyStore {
 public:
  explicit DataKeyStore(pg::Tx& tx) : tx_(tx) {}

  // How many each version wraps; those that wrap none are not there.
  absl::StatusOr<std::map<int, int64_t>> Count();
  // How many are wrapped by versions below `version`.
  absl::StatusOr<int64_t> CountBelow(int version);
  // A partition that has some of these; nothing when there are none.
  absl::StatusOr<std::optional<int32_t>> FindPartitionBelow(int version);
  // At most `limit` of them, without `fresh`.
  absl::StatusOr<std::vector<StaleKey>> ListBelow(int32_t partition, int version, int32_t limit);
  // Puts `fresh` in the place of each `key` that still stands. Returns how many did.
  absl::StatusOr<int64_t> Replace(int32_t partition, absl::Span<const StaleKey> keys);

 private:
  pg::Tx& tx_;
};

}  // namespace gratis::members
