#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/messages/message_rules.h"
#include "services/messages/message_seal.h"
#include "services/messages/task_rules.h"

// Tasks and what was read in inboxes, in schema gratis_messages; one function per query.
namespace gratis::messages {

// What may end a task before it is done: somebody's objection to marketing, or to being picked by
// what they bought and did.
struct TaskCause {
  bool marketing = false;
  bool by_profile = false;
};
void InsertTask(pg::Tx& tx, int32_t partition, const MessageId& id, const MemberId& member,
                std::string_view store, std::string_view purchase, const TaskCause& cause,
                absl::Time now);
// A member's tasks that nobody has done are cancelled, and withheld for `why`: kMemberState all,
// kObjection those of marketing, kNoProfiling those for whom they were picked by it. Under their
// partition's cursor.
void EndTasks(pg::Tx& tx, int32_t partition, const MemberId& member, Why why, absl::Time now);
// Those that are there, locked. Without purchase and times of making.
absl::StatusOr<std::vector<Task>> LockTasks(pg::Tx& tx, int32_t partition,
                                            absl::Span<const MessageId> ids);
void WriteTask(pg::Tx& tx, int32_t partition, const Task& task);

struct ListedTask {
  Task task;
  std::optional<SealedText> text;  // if it is kept
};
// At most `limit` behind `after`, oldest first; of these stores (none: of any); `state` 0: open and
// taken ones.
absl::StatusOr<std::vector<ListedTask>> ListTasks(pg::Tx& tx, const ledger::Program& program,
                                                  const MessageId& after,
                                                  absl::Span<const std::string> stores,
                                                  int16_t state, int32_t limit);

struct InboxEntry {
  MessageId id;
  absl::Time sent_at;
  SealedText text;
  std::optional<absl::Time> read_at;
};
// At most `limit` of a person's, newest first, before `before`; `parts`: as People::PartsOf.
absl::StatusOr<std::vector<InboxEntry>> ListInbox(
    pg::Tx& tx, absl::Span<const std::pair<int32_t, MemberId>> parts, const MessageId& before,
    bool unread_only, int32_t limit);
struct InboxOwner {
  MessageId id;
  MemberId member;
};
// Whose those are that are in an inbox.
absl::StatusOr<std::vector<InboxOwner>> FindInboxMessages(pg::Tx& tx, int32_t partition,
                                                          absl::Span<const MessageId> ids);
// Each was read; those that were before stay as they are.
struct FirstReading {
  MessageId message;
  absl::Time read_at;
};
void MarkRead(pg::Tx& tx, int32_t partition, absl::Span<const FirstReading> readings);

}  // namespace gratis::messages
