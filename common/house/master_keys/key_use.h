#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/pg/tx.h"

// Who keeps keys that the master key wraps, beside those of members. A holder's tables are nobody
// else's to look at, so it says here, partition by partition, which versions it is past; none is
// retired before all are past it.
namespace gratis::house {

// Queued: the holder may have such keys in these partitions. To be committed before it makes the
// first. What is known of one of them stays.
void NoteKeyHolder(pg::Tx& tx, std::string_view holder, int32_t first_partition,
                   int32_t last_partition);

// Those of the holder's partitions that may have keys wrapped by versions before `version`.
absl::StatusOr<std::vector<int32_t>> ListPartitionsBehind(pg::Tx& tx, std::string_view holder,
                                                          int version);

// Queued: in this partition no key of the holder's is wrapped by a version before `version`, nor
// will one be.
void NoteKeysPast(pg::Tx& tx, std::string_view holder, int32_t partition, int version);

// All holders, and the oldest version that a key of each may be wrapped by.
absl::StatusOr<std::map<std::string, int>> ReadOldestVersions(pg::Tx& tx);

}  // namespace gratis::house
