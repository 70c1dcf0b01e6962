#include "services/messages/text_keys.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/house/master_keys/key_use.h"
#include "common/house/master_keys/master_keys.h"
#include "common/ledger/reads.h"
#include "common/pg/pause.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/message_store.h"

namespace gratis::messages {
namespace {

constexpr char kHolder[] = "messages";
constexpr int32_t kKeysPage = 500;
constexpr absl::Duration kStepLimit = absl::Seconds(1);

}  // namespace

absl::Status TextKeys::Announce(const ledger::Program& program, absl::Time deadline) const {
  return pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) {
    house::NoteKeyHolder(tx, kHolder, program.first_partition, program.last_partition());
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> TextKeys::Follow(absl::Time deadline, const std::stop_token& stop) const {
  int version = 0;
  std::vector<int32_t> behind;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(house::FollowNewest(tx, vault_));
    version = vault_.version();
    ASSIGN_OR_RETURN(behind, house::ListPartitionsBehind(tx, kHolder, version));
    return absl::OkStatus();
  }));
  const absl::Time until = std::min(deadline, pg::RealNow() + kStepLimit);
  int64_t rewrapped = 0;
  for (const int32_t partition : behind) {
    int64_t page = 0;
    do {
      if (stop.stop_requested()) return Error(Reason::kDraining, "wrapping again was cut short");
      if (pg::RealNow() >= until) return rewrapped;
      ASSIGN_OR_RETURN(page, RewrapPage(partition, version, deadline));
      rewrapped += page;
    } while (page > 0);
  }
  return rewrapped;
}

absl::StatusOr<int64_t> TextKeys::RewrapPage(int32_t partition, int version,
                                             absl::Time deadline) const {
  int64_t rewrapped = 0;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
    rewrapped = 0;
    // Whoever sealed a text before has committed then, and whoever does so later knows the version.
    RETURN_IF_ERROR(LockIntentCursor(tx, partition).status());
    ASSIGN_OR_RETURN(const std::vector<WrappedKey> keys,
                     ListKeysToRewrap(tx, partition, version, kKeysPage));
    if (keys.empty()) {
      house::NoteKeysPast(tx, kHolder, partition, version);
      return absl::OkStatus();
    }
    std::vector<MemberId> members;
    for (const WrappedKey& key : keys) members.push_back(key.member);
    ASSIGN_OR_RETURN(
        const std::set<MemberId> erased,
        ledger::FindErased(tx, std::vector<int32_t>(members.size(), partition), members));
    for (const WrappedKey& was : keys) {
      if (erased.contains(was.member)) continue;
      ASSIGN_OR_RETURN(const vault::SealedKey is, vault_.Rewrap(was.key, was.id.AsBytes()));
      RewrapKey(tx, partition, was, is);
      ++rewrapped;
    }
    return absl::OkStatus();
  }));
  return rewrapped;
}

}  // namespace gratis::messages
