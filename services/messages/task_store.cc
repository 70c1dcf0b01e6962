#include "services/messages/task_store.h"

#include "common/status/macros.h"
#include "services/messages/messages_sql.h"

namespace gratis::messages {

void InsertTask(pg::Tx& tx, int32_t partition, const MessageId& id, const MemberId& member,
                std::string_view store, std::string_view purchase, const TaskCause& cause,
                absl::Time now) {
  tx.Send(sql::kInsertTask, partition, id, member, store, purchase, now, cause.marketing,
          cause.by_profile);
}

void EndTasks(pg::Tx& tx, int32_t partition, const MemberId& member, Why why, absl::Time now) {
  tx.Send(sql::kEndTasks, partition, member, static_cast<int16_t>(why), now);
}

absl::StatusOr<std::vector<Task>> LockTasks(pg::Tx& tx, int32_t partition,
                                            absl::Span<const MessageId> ids) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kLockTasks, partition, ids));
  std::vector<Task> tasks;
  for (const pg::Row row : rows) {
    tasks.push_back({.id = row.Get<MessageId>(0),
                     .member = row.Get<MemberId>(1),
                     .store = row.Get<std::string>(2),
                     .state = static_cast<TaskState>(row.Get<int16_t>(3)),
                     .staff = row.Get<std::string>(4),
                     .taken_at = row.Get<std::optional<absl::Time>>(5)});
  }
  return tasks;
}

void WriteTask(pg::Tx& tx, int32_t partition, const Task& task) {
  tx.Send(sql::kWriteTask, partition, task.id, static_cast<int16_t>(task.state), task.staff,
          task.taken_at, task.ended_at);
}

absl::StatusOr<std::vector<ListedTask>> ListTasks(pg::Tx& tx, const ledger::Program& program,
                                                  const MessageId& after,
                                                  absl::Span<const std::string> stores,
                                                  int16_t state, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListTasks, program.first_partition, program.last_partition(), after,
                          stores, state, static_cast<int64_t>(limit)));
  std::vector<ListedTask> tasks;
  for (const pg::Row row : rows) {
    ListedTask listed{.task = {.id = row.Get<MessageId>(1),
                               .member = row.Get<MemberId>(2),
                               .store = row.Get<std::string>(3),
                               .purchase = row.Get<std::string>(4),
                               .state = static_cast<TaskState>(row.Get<int16_t>(5)),
                               .staff = row.Get<std::string>(6),
                               .created_at = row.Get<absl::Time>(7),
                               .taken_at = row.Get<std::optional<absl::Time>>(8),
                               .ended_at = row.Get<std::optional<absl::Time>>(9)}};
    const auto key = row.Get<std::optional<pg::Bytes>>(10);
    const auto sealed = row.Get<std::optional<pg::Bytes>>(11);
    if (key && sealed) listed.text = SealedText{{key->value}, sealed->value};
    tasks.push_back(std::move(listed));
  }
  return tasks;
}

absl::StatusOr<std::vector<InboxEntry>> ListInbox(
    pg::Tx& tx, absl::Span<const std::pair<int32_t, MemberId>> parts, const MessageId& before,
    bool unread_only, int32_t limit) {
  std::vector<int32_t> partitions;
  std::vector<MemberId> members;
  for (const auto& [partition, member] : parts) {
    partitions.push_back(partition);
    members.push_back(member);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListInbox, partitions, members, before,
                                               unread_only, static_cast<int64_t>(limit)));
  std::vector<InboxEntry> entries;
  for (const pg::Row row : rows) {
    entries.push_back({.id = row.Get<MessageId>(0),
                       .sent_at = row.Get<absl::Time>(1),
                       .text = {{row.Get<pg::Bytes>(2).value}, row.Get<pg::Bytes>(3).value},
                       .read_at = row.Get<std::optional<absl::Time>>(4)});
  }
  return entries;
}

absl::StatusOr<std::vector<InboxOwner>> FindInboxMessages(pg::Tx& tx, int32_t partition,
                                                          absl::Span<const MessageId> ids) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindInboxMessages, partition, ids));
  std::vector<InboxOwner> found;
  for (const pg::Row row : rows) found.push_back({row.Get<MessageId>(0), row.Get<MemberId>(1)});
  return found;
}

void MarkRead(pg::Tx& tx, int32_t partition, absl::Span<const FirstReading> readings) {
  std::vector<MessageId> messages;
  std::vector<absl::Time> times;
  for (const FirstReading& reading : readings) {
    messages.push_back(reading.message);
    times.push_back(reading.read_at);
  }
  tx.Send(sql::kMarkRead, partition, messages, times);
}

}  // namespace gratis::messages
