#include "services/messages/tasks.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/inbox.pb.h"
#include "gratis/messages/v1/tasks.pb.h"
#include "services/messages/message_rules.h"
#include "services/messages/people.h"
#include "services/messages/task_store.h"

namespace gratis::messages {
namespace {

absl::Status NoSuchTask(const MessageId& task) {
  return FieldError(Reason::kTaskNotFound, "task_id",
                    absl::StrCat("the program has no task ", task.ToString()));
}

bool EndsIt(TaskState state) { return state == TaskState::kDone || state == TaskState::kGivenUp; }

}  // namespace

absl::StatusOr<std::unique_ptr<TaskChange>> TaskChange::Make(const ledger::Program& program,
                                                             TaskWish wish,
                                                             const TransactionId& transaction) {
  const std::optional<int32_t> partition = ledger::PartitionOfId(program, wish.task.uuid);
  if (!partition) return NoSuchTask(wish.task);
  auto change = std::unique_ptr<TaskChange>(new TaskChange(
      std::move(wish), {ledger::InPartition(program, *partition, transaction.uuid)}));
  change->envelope.partition = *partition;
  change->envelope.of_merged = true;
  return change;
}

TaskChange::TaskChange(TaskWish wish, const TransactionId& transaction)
    : wish_(std::move(wish)), transaction_(transaction) {}

absl::StatusOr<std::string> TaskChange::Decide(ledger::Books& books) {
  const auto found = tasks_->find(wish_.task);
  if (found == tasks_->end()) return NoSuchTask(wish_.task);
  if (wish_.to == TaskState::kTaken) {
    ASSIGN_OR_RETURN(task_, TakenBy(found->second, wish_.staff, wish_.store, books.recorded_at()));
  } else {
    ASSIGN_OR_RETURN(
        task_, EndedBy(found->second, wish_.to, wish_.staff, wish_.store, books.recorded_at()));
  }
  if (wish_.to == TaskState::kTaken) {
    found->second = task_;
    v1::TakeTaskResponse response;
    response.set_staff(task_.staff);
    return response.SerializeAsString();
  }
  v1::EndTaskResponse response;
  response.set_state(static_cast<v1::TaskState>(task_.state));
  if (EndsIt(task_.state)) {
    const std::string outcome = task_.state == TaskState::kDone ? "done" : "given_up";
    RETURN_IF_ERROR(
        books
            .Post({.kind = ledger::FactKind::kTaskDone,
                   .transaction = transaction_,
                   .member = task_.member,
                   .effective_at = books.recorded_at(),
                   .source = task_.id.ToString(),
                   .detail = absl::StrCat("{\"task\":", base::JsonString(task_.id.ToString()),
                                          ",\"outcome\":", base::JsonString(outcome),
                                          ",\"staff\":", base::JsonString(task_.staff),
                                          ",\"store\":", base::JsonString(task_.store), "}")})
            .status());
    response.set_transaction_id(transaction_.ToString());
  }
  found->second = task_;
  return response.SerializeAsString();
}

absl::Status TaskChanges::LoadAll(pg::Tx& tx, absl::Span<TaskChange* const> set) {
  std::vector<MessageId> ids;
  for (const TaskChange* change : set) ids.push_back(change->wish_.task);
  ASSIGN_OR_RETURN(const std::vector<Task> found, LockTasks(tx, set.front()->envelope.home(), ids));
  const auto tasks = std::make_shared<std::map<MessageId, Task>>();
  std::vector<MemberId> members;
  for (const Task& task : found) members.push_back(task.member);
  // The journal may not have been read as far as what ends them yet.
  ASSIGN_OR_RETURN(const std::set<MemberId> silent,
                   FindSilent(tx, set.front()->envelope.program, members));
  for (const Task& task : found) {
    tasks->emplace(task.id, silent.contains(task.member) ? NoLongerWanted(task) : task);
  }
  for (TaskChange* change : set) change->tasks_ = tasks;
  return absl::OkStatus();
}

absl::Status TaskChanges::WriteAll(pg::Tx& tx, absl::Span<TaskChange* const> set) {
  for (const TaskChange* change : set) WriteTask(tx, change->envelope.home(), change->task_);
  return absl::OkStatus();
}

ReadMark::ReadMark(const MemberId& member, const MessageId& message) : message_(message) {
  envelope.member = member;
}

absl::StatusOr<std::string> ReadMark::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(books.RequireHolder(envelope.member));
  const auto found = inbox_->find(message_);
  const bool left_alone = IsLeftAlone(books.FindHolder(envelope.member)->state);
  if (left_alone || found == inbox_->end() || found->second != envelope.member) {
    return FieldError(Reason::kMessageNotFound, "message_id",
                      "the member's inbox has no message of this id");
  }
  return v1::MarkReadResponse().SerializeAsString();
}

absl::Status ReadMarks::LoadAll(pg::Tx& tx, absl::Span<ReadMark* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  // What was said to a duplicate lies where they are.
  std::map<int32_t, std::vector<MessageId>> ids;
  for (const ReadMark* mark : set) {
    const auto partition = ledger::PartitionOfId(program, mark->message_.uuid);
    if (partition) ids[*partition].push_back(mark->message_);
  }
  std::vector<InboxOwner> found;
  for (const auto& [partition, some] : ids) {
    ASSIGN_OR_RETURN(const std::vector<InboxOwner> there, FindInboxMessages(tx, partition, some));
    found.insert(found.end(), there.begin(), there.end());
  }
  std::vector<MemberId> owners;
  for (const InboxOwner& entry : found) owners.push_back(entry.member);
  ASSIGN_OR_RETURN(const People people, People::Read(tx, program, owners));
  const auto inbox = std::make_shared<std::map<MessageId, MemberId>>();
  for (const InboxOwner& entry : found) inbox->emplace(entry.id, people.Of(entry.member));
  for (ReadMark* mark : set) mark->inbox_ = inbox;
  return absl::OkStatus();
}

absl::Status ReadMarks::WriteAll(pg::Tx& tx, absl::Span<ReadMark* const> set) {
  // In the order of the partitions, so that no two wait for each other's counts.
  std::map<int32_t, std::vector<FirstReading>> readings;
  for (const ReadMark* mark : set) {
    const auto partition = ledger::PartitionOfId(mark->envelope.program, mark->message_.uuid);
    if (partition) readings[*partition].push_back({mark->message_, mark->envelope.now});
  }
  for (const auto& [partition, some] : readings) MarkRead(tx, partition, some);
  return absl::OkStatus();
}

}  // namespace gratis::messages
