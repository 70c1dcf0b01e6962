#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "common/ledger/mutation.h"
#include "services/messages/task_rules.h"

// What staff do with tasks, and members with their inboxes: the changes.
namespace gratis::messages {

// What somebody of the staff wants with a task. `to`: kTaken, or what EndedBy takes.
struct TaskWish {
  MessageId task;
  TaskState to = TaskState::kTaken;
  std::string staff;
  std::string store;  // of the caller's key; empty: any
};

// Answers with TakeTaskResponse or EndTaskResponse. Posts kTaskDone when the task ends. Errors:
// TASK_NOT_FOUND, and as TakenBy and EndedBy.
class TaskChange final : public ledger::Mutation {
 public:
  // Errors: TASK_NOT_FOUND (the id leads to none of the program's partitions).
  static absl::StatusOr<std::unique_ptr<TaskChange>> Make(const ledger::Program& program,
                                                          TaskWish wish,
                                                          const TransactionId& transaction);

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class TaskChanges;
  TaskChange(TaskWish wish, const TransactionId& transaction);

  const TaskWish wish_;
  const TransactionId transaction_;
  std::shared_ptr<std::map<MessageId, Task>> tasks_;  // loaded; the set's own
  Task task_;                                         // decided
};

class TaskChanges final : public ledger::KindOf<TaskChange> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<TaskChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<TaskChange* const> set) override;
};

// A member read a message in their inbox, or in that of whoever became a part of them. Answers with
// MarkReadResponse. Errors: MESSAGE_NOT_FOUND (whatever there is, of who is restricted, deceased or
// closed), MEMBER_NOT_FOUND.
class ReadMark final : public ledger::Mutation {
 public:
  explicit ReadMark(const MemberId& member, const MessageId& message);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class ReadMarks;

  const MessageId message_;
  std::shared_ptr<std::map<MessageId, MemberId>> inbox_;  // loaded; whose each is by now
};

class ReadMarks final : public ledger::KindOf<ReadMark> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<ReadMark* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<ReadMark* const> set) override;
};

}  // namespace gratis::messages
