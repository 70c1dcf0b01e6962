#include "services/messages/subscription_store.h"

#include "common/status/macros.h"
#include "services/messages/messages_sql.h"

namespace gratis::messages {
namespace {

absl::StatusOr<std::vector<Subscription>> SubscriptionsIn(absl::StatusOr<pg::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<Subscription> subscriptions;
  for (const pg::Row row : *rows) {
    Subscription subscription{.program = row.Get<int32_t>(0),
                              .id = row.Get<SubscriptionId>(1),
                              .url = row.Get<std::string>(2),
                              .label = row.Get<std::string>(3),
                              .kinds = {},
                              .ordered = row.Get<bool>(5),
                              .max_in_flight = row.Get<int32_t>(6),
                              .paused = row.Get<bool>(7),
                              .generation = row.Get<int32_t>(8),
                              .previous_until = row.Get<std::optional<absl::Time>>(9),
                              .created_at = row.Get<absl::Time>(10),
                              .deleted_at = row.Get<std::optional<absl::Time>>(11)};
    for (const int16_t kind : row.Get<std::vector<int16_t>>(4)) {
      subscription.kinds.push_back(static_cast<ledger::FactKind>(kind));
    }
    subscriptions.push_back(std::move(subscription));
  }
  return subscriptions;
}

}  // namespace

absl::StatusOr<std::vector<Subscription>> ReadSubscriptions(
    pg::Tx& tx, const std::vector<SubscriptionId>& ids) {
  return SubscriptionsIn(tx.Run(sql::kReadSubscriptions, ids));
}

absl::StatusOr<std::vector<Subscription>> ListSubscriptions(pg::Tx& tx, int32_t program,
                                                            const SubscriptionId& after,
                                                            int32_t limit) {
  return SubscriptionsIn(
      tx.Run(sql::kListSubscriptions, program, after, static_cast<int64_t>(limit)));
}

absl::StatusOr<std::vector<Subscription>> ListLiveSubscriptions(pg::Tx& tx, int32_t limit) {
  return SubscriptionsIn(tx.Run(sql::kListLiveSubscriptions, static_cast<int64_t>(limit)));
}

void WriteSubscription(pg::Tx& tx, const Subscription& subscription) {
  std::vector<int16_t> kinds;
  for (const ledger::FactKind kind : subscription.kinds) {
    kinds.push_back(static_cast<int16_t>(kind));
  }
  tx.Send(sql::kWriteSubscription, subscription.program, subscription.id, subscription.url,
          subscription.label, kinds, subscription.ordered, subscription.max_in_flight,
          subscription.paused, subscription.generation, subscription.previous_until,
          subscription.created_at, subscription.deleted_at);
}

absl::StatusOr<SubscriptionCursors> ReadSubscriptionCursors(
    pg::Tx& tx, const std::vector<SubscriptionId>& ids) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadSubscriptionCursors, ids));
  SubscriptionCursors cursors;
  for (const pg::Row row : rows) {
    cursors[row.Get<SubscriptionId>(0)][row.Get<int32_t>(1)] = row.Get<int64_t>(2);
  }
  return cursors;
}

absl::StatusOr<ledger::Cursor> LockSubscriptionCursors(pg::Tx& tx, const SubscriptionId& id,
                                                       const std::vector<int32_t>& partitions) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kLockSubscriptionCursors, id, partitions));
  ledger::Cursor cursor;
  for (const pg::Row row : rows) cursor[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return cursor;
}

void WriteSubscriptionCursors(pg::Tx& tx, const SubscriptionId& id, const ledger::Cursor& cursor) {
  std::vector<int32_t> partitions;
  std::vector<int64_t> seqs;
  for (const auto& [partition, seq] : cursor) {
    partitions.push_back(partition);
    seqs.push_back(seq);
  }
  tx.Send(sql::kWriteSubscriptionCursors, id, partitions, seqs);
}

absl::StatusOr<int64_t> CountWaiting(pg::Tx& tx, const SubscriptionId& id, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kCountWaiting, id, static_cast<int64_t>(limit)));
  return rows[0].Get<int64_t>(0);
}

void ExtendWaiting(pg::Tx& tx, const SubscriptionId& id, absl::Time now, absl::Time give_up_at) {
  tx.Send(sql::kExtendDeliveries, id, now, give_up_at);
}

}  // namespace gratis::messages
