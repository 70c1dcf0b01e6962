#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/feed.h"
#include "common/pg/tx.h"
#include "services/messages/message_ids.h"

// The tables of who is told what, one function per query.
namespace gratis::messages {

inline constexpr int32_t kDefaultInFlight = 32;
inline constexpr int32_t kMostInFlight = 256;

// Who is told what the journal of a program says.
struct Subscription {
  int32_t program = 0;
  SubscriptionId id;
  std::string url;
  std::string label;
  std::vector<ledger::FactKind> kinds;  // none: all
  bool ordered = false;
  int32_t max_in_flight = kDefaultInFlight;
  bool paused = false;
  int32_t generation = 1;                    // of its secret
  std::optional<absl::Time> previous_until;  // real time: the secret before signs, too
  absl::Time created_at;
  std::optional<absl::Time> deleted_at;
};

// Those that there are, deleted ones included; in no order.
absl::StatusOr<std::vector<Subscription>> ReadSubscriptions(pg::Tx& tx,
                                                            const std::vector<SubscriptionId>& ids);
// At most `limit` of a program's behind `after`, by id, without those deleted.
absl::StatusOr<std::vector<Subscription>> ListSubscriptions(pg::Tx& tx, int32_t program,
                                                            const SubscriptionId& after,
                                                            int32_t limit);
// At most `limit` of all programs, without those paused or deleted.
absl::StatusOr<std::vector<Subscription>> ListLiveSubscriptions(pg::Tx& tx, int32_t limit);
void WriteSubscription(pg::Tx& tx, const Subscription& subscription);

using SubscriptionCursors = std::map<SubscriptionId, ledger::Cursor>;
absl::StatusOr<SubscriptionCursors> ReadSubscriptionCursors(pg::Tx& tx,
                                                            const std::vector<SubscriptionId>& ids);
// Of these partitions those that nobody else moves just now, locked; none of one that is paused or
// deleted.
absl::StatusOr<ledger::Cursor> LockSubscriptionCursors(pg::Tx& tx, const SubscriptionId& id,
                                                       const std::vector<int32_t>& partitions);
void WriteSubscriptionCursors(pg::Tx& tx, const SubscriptionId& id, const ledger::Cursor& cursor);

// How many of a subscription's deliveries wait; counted up to `limit`.
absl::StatusOr<int64_t> CountWaiting(pg::Tx& tx, const SubscriptionId& id, int32_t limit);
// What waits is due now, and tried until `give_up_at` at least.
void ExtendWaiting(pg::Tx& tx, const SubscriptionId& id, absl::Time now, absl::Time give_up_at);

}  // namespace gratis::messages
